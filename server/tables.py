"""Every room's tables, imported for their effect on `Base.metadata` (全部数据表)."""

from __future__ import annotations

import ca.acme.models
import ca.cmp.models
import ca.credentials.models
import ca.est.models
import ca.kmc.models
import ca.models
import ca.registration.models
import ca.revocation_models
import foundation.audit.models
import foundation.jobs
import foundation.web.models
import hsm.escrow.models
import hsm.life.models
import hsm.models
import licence.models
import seal.approval.cloud.models
import seal.approval.models
import seal.batches.models
import seal.drafts.models
import seal.exchange.models
import seal.hash_only.models
import seal.longlife.evidence.models
import seal.longlife.models
import seal.management.models
import seal.models
import seal.status_service.models
import sso.models
import verify.regions.models
import verify.reports.models
from foundation.database import Base

ROOMS = (
    foundation.audit.models,
    foundation.jobs,
    foundation.web.models,
    hsm.models,
    hsm.life.models,
    hsm.escrow.models,
    ca.models,
    ca.kmc.models,
    ca.registration.models,
    ca.credentials.models,
    ca.acme.models,
    ca.cmp.models,
    ca.est.models,
    ca.revocation_models,
    seal.models,
    seal.longlife.models,
    seal.longlife.evidence.models,
    seal.management.models,
    seal.status_service.models,
    seal.exchange.models,
    seal.drafts.models,
    seal.approval.models,
    seal.approval.cloud.models,
    seal.batches.models,
    seal.hash_only.models,
    verify.regions.models,
    licence.models,
    sso.models,
    verify.reports.models,
)
METADATA = Base.metadata

"""Every room's tables, imported for their effect on `Base.metadata` (全部数据表)."""

from __future__ import annotations

import ca.models
import foundation.audit.models
import foundation.jobs
import foundation.web.models
import hsm.models
import licence.models
import seal.models
import sso.models
from foundation.database import Base

ROOMS = (
    foundation.audit.models,
    foundation.jobs,
    foundation.web.models,
    hsm.models,
    ca.models,
    seal.models,
    licence.models,
    sso.models,
)
METADATA = Base.metadata

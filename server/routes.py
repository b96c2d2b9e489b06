"""Every API route of every room, floor by floor (接口清单): the app mounts them, `openapi.yaml` lists them."""

from __future__ import annotations

import ca.api
import ca.batch_api
import ca.credentials.api
import ca.kmc.api
import ca.registration.api
import ca.registration.office_api
import ca.revocation_api
import hsm.api
import licence.api
import seal.api
import seal.approval.api
import seal.approval.cloud.api
import seal.batches.api
import seal.detached.api
import seal.exchange.api
import seal.hash_only.api
import seal.longlife.evidence.api
import seal.management.api
import seal.status_service.api
import sso.api
import verify.api
import verify.regions.api
from foundation.web.api import Route

ROUTES: tuple[Route, ...] = (
    *hsm.api.ROUTES,
    *ca.api.ROUTES,
    *ca.batch_api.ROUTES,
    *ca.credentials.api.ROUTES,
    *ca.kmc.api.ROUTES,
    *ca.registration.api.ROUTES,
    *ca.registration.office_api.ROUTES,
    *ca.revocation_api.ROUTES,
    *seal.api.ROUTES,
    *seal.approval.api.ROUTES,
    *seal.approval.cloud.api.ROUTES,
    *seal.batches.api.ROUTES,
    *seal.longlife.evidence.api.ROUTES,
    *seal.management.api.ROUTES,
    *seal.status_service.api.ROUTES,
    *seal.detached.api.ROUTES,
    *seal.exchange.api.ROUTES,
    *seal.hash_only.api.ROUTES,
    *verify.api.ROUTES,
    *verify.regions.api.ROUTES,
    *licence.api.ROUTES,
    *sso.api.ROUTES,
)

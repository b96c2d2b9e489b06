"""Has the person agreed to what the client will be told?"""

from __future__ import annotations

from sqlalchemy import select

from sso.authorisation import AskConsent, Authorisation, Outcome, refuse
from sso.interactions import park
from sso.protocol_models import Consent
from sso.scopes import IDENTITY, OPENID, join


def check_consent(request: Authorisation) -> Outcome | None:
    """OpenID Connect Core 3.1.2.4, PIPL 29: asked for what is not agreed to yet; `identity` also of first parties."""
    wanted = needing_consent(request)
    if not wanted or (not _asked_anew(request) and wanted <= _agreed(request)):
        return None
    if request.silent:
        raise refuse("consent_required", "the person has to agree first")
    return AskConsent(park(request), request.client, tuple(sorted(wanted)))


def assign_consent(request: Authorisation, shown: frozenset[str]) -> None:
    """OpenID Connect Core 3.1.2.4: what the person agreed to is kept, on record, and asked for only once."""
    agreed = needing_consent(request) & shown
    if not agreed:
        return
    row = _row(request)
    if row is None:
        row = Consent(
            id=request.room.ground.ids.uuid7(),
            person_id=request.login.person_id,
            client_id=request.client.client_id,
            scopes=[],
            granted_at=request.now,
        )
        request.session.add(row)
    row.scopes = sorted({*row.scopes, *agreed})
    row.granted_at = request.now
    request.session.flush()
    request.room.ground.audit.record(
        request.session,
        request.principal,
        action="sso.consent",
        object=f"client:{request.client.client_id}",
        payload={"scope": join(agreed)},
    )


def needing_consent(request: Authorisation) -> frozenset[str]:
    wanted = frozenset(request.scopes) - {OPENID}
    return wanted & {IDENTITY} if request.client.consent_free else wanted


def _asked_anew(request: Authorisation) -> bool:
    """`prompt=consent` asks again even what was agreed; the answer given since then counts."""
    if "consent" not in request.prompt:
        return False
    row = _row(request)
    answered = row is not None and request.waiting is not None and row.granted_at >= request.waiting.created_at
    return not answered


def _agreed(request: Authorisation) -> frozenset[str]:
    row = _row(request)
    return frozenset(row.scopes) if row is not None else frozenset()


def _row(request: Authorisation) -> Consent | None:
    return request.session.scalars(
        select(Consent).where(
            Consent.person_id == request.login.person_id, Consent.client_id == request.client.client_id
        )
    ).one_or_none()

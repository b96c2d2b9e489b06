"""UserInfo (用户信息; OpenID Connect Core 5.3): the claims of the scopes the person agreed to, and no other."""

from __future__ import annotations

from foundation.principal import Kind, Principal
from sso import access, people, subjects
from sso.errors import OAuthError
from sso.room import SsoRoom
from sso.scopes import CLAIMS, IDENTITY, OPENID, split


def claims(room: SsoRoom, token: str, thumbprint: str | None) -> dict[str, str | bool]:
    """Raises `TokenRefused`, or `insufficient_scope` for a program's own token."""
    answer, caller, person = _read(room, token, thumbprint)
    if CLAIMS[IDENTITY][0] in answer:
        _record_disclosure(room, caller, person)
    return answer


def _read(room: SsoRoom, token: str, thumbprint: str | None) -> tuple[dict[str, str | bool], Principal, str]:
    ground = room.ground
    with ground.db.read() as session:
        row, client = access.find(session, token, thumbprint, ground.clock.now())
        scopes = split(row.scope)
        if row.person_id is None or OPENID not in scopes:
            raise OAuthError("insufficient_scope", "this token is not about a person", status=403)
        person = people.known(ground, session, row.person_id) if set(scopes) - {OPENID} else None
        answer: dict[str, str | bool] = {"sub": subjects.subject(room, client, row.person_id)}
    if person is not None:
        values: dict[str, str | bool] = {
            "name": person.name,
            "phone_number": f"+86{person.phone}",
            "phone_number_verified": True,
            "citizen_number": person.citizen_number,
        }
        answer |= {name: values[name] for scope in scopes if scope != OPENID for name in CLAIMS[scope]}
    caller = Principal(
        Kind.CLIENT, f"client:{client.client_id}", client_id=client.client_id, department=client.department
    )
    return answer, caller, people.label(row.person_id)


def _record_disclosure(room: SsoRoom, caller: Principal, person: str) -> None:
    """Every reading of a citizen number is on record, for the person to see (PIPL 45)."""
    with room.ground.db.begin() as session:
        room.ground.audit.record(session, caller, action="sso.disclose_identity", object=person, payload={})

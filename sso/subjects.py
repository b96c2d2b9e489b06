"""Pairwise names (成对标识): what a department may call a person and a session, different for each department.

OpenID Connect Core 8.1. The sector is the department's USCC: its own systems recognise a person, two departments
cannot put their tables side by side.
"""

from __future__ import annotations

from uuid import UUID

from foundation import base64url
from sso.records import ClientRecord
from sso.room import SsoRoom


def subject(room: SsoRoom, client: ClientRecord, person_id: UUID) -> str:
    message = f"{client.department}|{person_id}".encode()
    return base64url.encode(room.ground.mac.mac("sso.subject", message))


def sid(room: SsoRoom, client: ClientRecord, session_id: UUID) -> str:
    """The session as this client knows it (RP-Initiated and Back-Channel Logout)."""
    message = f"{client.client_id}|{session_id}".encode()
    return base64url.encode(room.ground.mac.mac("sso.sid", message))

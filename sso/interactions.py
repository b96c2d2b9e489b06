"""Requests that wait for a person (待续的授权请求): parked before a page, resumed after it, gone with the answer.

The handle is unguessable and lives in the page's address; it carries no rights: whoever resumes still needs his own
login, and the answer goes to the registered address of the client that asked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from foundation.text import Text
from sso import clients
from sso.authorisation import Authorisation, Parameters, Waiting
from sso.errors import PageError
from sso.protocol_models import Interaction
from sso.room import SsoRoom
from sso.secrets_at_rest import fingerprint


@dataclass(frozen=True)
class Purpose:
    client_name: Text
    redirect_uri: str
    login_hint: str


LIFE = timedelta(minutes=30)


def park(request: Authorisation) -> str:
    """Keep the request and give its handle; one that waits already keeps its own."""
    if request.waiting is not None:
        return request.waiting.handle
    room = request.room
    handle = room.ground.ids.token(32)
    key = fingerprint(handle)
    text = json.dumps(list(request.parameters.pairs), ensure_ascii=False)
    request.session.execute(
        insert(Interaction).values(
            handle_hash=key,
            client_id=request.client.client_id,
            parameters=room.ground.cipher.encrypt("oidc_interaction", "parameters", key, text),
            created_at=request.now,
            expires_at=request.now + LIFE,
        )
    )
    return handle


def resume(room: SsoRoom, session: Session, handle: str, now: datetime) -> tuple[Parameters, Waiting]:
    """The parked request. Raises a page when it is finished or too old."""
    row = session.scalars(
        select(Interaction).where(Interaction.handle_hash == fingerprint(handle), Interaction.expires_at > now)
    ).one_or_none()
    if row is None:
        raise gone()
    text = room.ground.cipher.decrypt("oidc_interaction", "parameters", row.handle_hash, row.parameters)
    pairs = tuple((str(name), str(value)) for name, value in json.loads(text))
    return Parameters(pairs), Waiting(handle, row.created_at)


def purpose(room: SsoRoom, handle: str) -> Purpose:
    """Which system the person is logging in to, and where the answer will go. Raises a page when it is gone."""
    with room.ground.db.read() as session:
        parameters, _ = resume(room, session, handle, room.ground.clock.now())
        client = clients.live(session, parameters.get("client_id") or "")
    uri = parameters.get("redirect_uri")
    if client is None or uri not in client.redirect_uris:
        raise gone()
    return Purpose(Text(client.name_zh, client.name_en), str(uri), parameters.get("login_hint") or "")


def finish(request: Authorisation) -> None:
    """One answer per parked request, also when two tabs resume it at once."""
    if request.waiting is None:
        return
    key = fingerprint(request.waiting.handle)
    statement = delete(Interaction).where(Interaction.handle_hash == key).returning(Interaction.handle_hash)
    if not request.session.execute(statement).all():
        raise gone()


def gone() -> PageError:
    return PageError(
        "sso.request_gone",
        Text(
            "这次登录请求已经完成或超过 30 分钟。请返回原来的网站，重新点击登录。",
            "This login request is finished or older than 30 minutes. Go back to the site you came from"
            " and start again.",
        ),
    )

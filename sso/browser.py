"""The browser of this request (浏览器会话): who is logged in, and where a person may be sent on."""

from __future__ import annotations

import re
from uuid import UUID

from flask import session

from foundation.web import sessions
from foundation.web.frame import language, room
from sso.authorisation import Browser
from sso.people import label, person_of
from sso.room import SsoRoom

_LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]*")
_PENDING = "login"


def browser() -> Browser | None:
    """The login of this browser, for the protocol."""
    current = sessions.current()
    person_id = person_of(current.subject) if current is not None else None
    if current is None or person_id is None or current.authenticated_at is None:
        return None
    return Browser(person_id, current.id, current.authenticated_at)


def local(path: str | None) -> str:
    """A path on this site, or the front page: never another site's address (RFC 9700 4.11)."""
    if path is None or len(path) > 500 or not _LOCAL.fullmatch(path) or path.startswith(("/login", "/logout")):
        return "/"
    return path


def expect_code(attempt_id: UUID, then: str) -> None:
    """Remember in the session which login waits for its code, and where the person wanted to go."""
    session[_PENDING] = {"attempt": str(attempt_id), "then": then}


def expected() -> tuple[UUID, str] | None:
    pending = session.get(_PENDING)
    return (UUID(pending["attempt"]), str(pending["then"])) if pending else None


def forget_expected() -> None:
    session.pop(_PENDING, None)


def resumption(handle: str) -> str:
    return f"/login/continue?i={handle}"


def handle_of(then: str) -> str | None:
    """The handle inside a resumption address."""
    return then.removeprefix("/login/continue?i=") if then.startswith("/login/continue?i=") else None


def issuer() -> SsoRoom:
    return room(SsoRoom)


def choose_language(ui_locales: str | None) -> str | None:
    """OpenID Connect Core 3.1.2.1 `ui_locales`: the first we speak, when it is not the page's language already."""
    for tag in (ui_locales or "").split(" "):
        main = tag.split("-")[0].lower()
        if main in ("zh", "en"):
            return main if main != language() else None
    return None


def same_person(person_id: UUID) -> bool:
    """Whether the browser is logged in as that person already: then proving again renews the session it has."""
    current = sessions.current()
    return current is not None and current.subject == label(person_id)

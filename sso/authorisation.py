"""What the steps of the authorisation endpoint read and fill in (授权请求)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.principal import Kind, Principal
from sso.errors import OAuthError, RedirectError
from sso.people import label
from sso.records import ClientRecord
from sso.room import SsoRoom


@dataclass(frozen=True)
class Browser:
    """The login of the browser that asks: who, since when, in which session."""

    person_id: UUID
    session_id: UUID
    auth_time: datetime


@dataclass(frozen=True)
class Waiting:
    """A request that came back from login or consent."""

    handle: str
    created_at: datetime


@dataclass(frozen=True)
class Parameters:
    """Decoded parameters in order of arrival. An empty value counts as absent (RFC 6749 3.1)."""

    pairs: Sequence[tuple[str, str]]

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.pairs if key == name and value), None)

    def repeated(self) -> str | None:
        """The name of a parameter that came twice."""
        seen: set[str] = set()
        for key, _ in self.pairs:
            if key in seen:
                return key
            seen.add(key)
        return None


@dataclass
class Authorisation:
    """One authorisation request on its way through `sso.authorize.STEPS`."""

    room: SsoRoom
    session: Session
    parameters: Parameters
    browser: Browser | None
    waiting: Waiting | None
    now: datetime
    redirect_uri: str | None = None
    """Set once it is proved to be the client's; errors go there from then on."""
    scopes: tuple[str, ...] = ()
    prompt: frozenset[str] = frozenset()
    max_age: int | None = None
    hinted_subject: str | None = None
    _client: ClientRecord | None = field(default=None)

    @property
    def client(self) -> ClientRecord:
        if self._client is None:
            raise RuntimeError("load_client has not run")
        return self._client

    @client.setter
    def client(self, client: ClientRecord) -> None:
        self._client = client

    @property
    def login(self) -> Browser:
        if self.browser is None:
            raise RuntimeError("check_login has not run")
        return self.browser

    @property
    def principal(self) -> Principal:
        return Principal(Kind.CITIZEN, label(self.login.person_id), person_id=self.login.person_id)

    @property
    def silent(self) -> bool:
        """`prompt=none`: no page may be shown."""
        return "none" in self.prompt


@dataclass(frozen=True)
class Redirect:
    """Back to the client with these parameters."""

    uri: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class ShowLogin:
    """The person logs in, then the request goes on under `handle`."""

    handle: str


@dataclass(frozen=True)
class AskConsent:
    """The person is asked about `scopes`, then the request goes on under `handle`."""

    handle: str
    client: ClientRecord
    scopes: tuple[str, ...]


Outcome = Redirect | ShowLogin | AskConsent


def refuse(error: str, description: str) -> OAuthError:
    """An error for the client to read."""
    return RedirectError(error, description)

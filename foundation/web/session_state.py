"""One request's view of its session (会话状态): read when first touched, compared with what was read at the end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask.sessions import SessionMixin

CSRF = "csrf_token"
"""Flask-WTF keeps its seed under this name."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A live session as it stands in the database."""

    id: UUID
    subject: str | None
    data: str
    agent: str
    created_at: datetime
    authenticated_at: datetime | None
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What a request did to its session; merged into the row, so two tabs do not undo each other."""

    put: dict[str, Any]
    dropped: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.put or self.dropped)

    def onto(self, text: str) -> str:
        data = {k: v for k, v in json.loads(text).items() if k not in self.dropped}
        return encode(data | self.put)


def encode(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


class BrowserSession(SessionMixin):
    """`flask.session`. `handle` is the cookie's value and never leaves this object except as a cookie."""

    def __init__(self, handle: str, loader: Callable[[str], Stored | None], fresh: Callable[[], str]) -> None:
        self.handle = handle
        self.set_cookie = False
        self.ended = False
        self.loaded = False
        self.saved = False
        self.stored: Stored | None = None
        self._loader = loader
        self._fresh = fresh
        self._data: dict[str, Any] = {}

    def load(self) -> None:
        if self.loaded:
            return
        self.loaded = True
        if self.handle:
            self.adopt(self._loader(self.handle))

    def adopt(self, stored: Stored | None) -> None:
        self.stored = stored
        self._data = json.loads(stored.data) if stored else {}

    def renew(self, stored: Stored, handle: str) -> None:
        """The session now lives under `handle`; the browser learns it with this response."""
        self.loaded, self.ended = True, False
        self.handle, self.set_cookie = handle, True
        self.adopt(stored)

    def close(self) -> None:
        self.loaded = self.ended = True
        self.adopt(None)

    def change(self) -> Change:
        before = json.loads(self.stored.data) if self.stored else {}
        put = {k: v for k, v in self._data.items() if k not in before or before[k] != v}
        return Change(put, frozenset(before.keys() - self._data.keys()))

    def seed(self) -> str:
        """CSRF seed: of the row, or of the bare cookie while there is no row (and then the cookie must be there)."""
        self.load()
        if CSRF in self._data:
            return str(self._data[CSRF])
        if not self.handle:
            self.handle, self.set_cookie = self._fresh(), True
        return hashlib.sha256(b"yinxin csrf|" + self.handle.encode()).hexdigest()

    def __getitem__(self, key: str) -> Any:
        if key == CSRF:
            return self.seed()
        self.load()
        return self._data[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.load()
        self._data[key] = value

    def __delitem__(self, key: str) -> None:
        self.load()
        del self._data[key]

    def __contains__(self, key: object) -> bool:
        self.load()
        return key == CSRF or key in self._data

    def __iter__(self) -> Iterator[str]:
        self.load()
        return iter([key for key in self._data if key != CSRF])

    def __len__(self) -> int:
        return sum(1 for _ in self)

"""The plainest question, answered from the table (预签应答快速查找): shared by the web front and the listener."""

from __future__ import annotations

from ca.chain import authorities
from ca.ocsp_lookup import lookup
from ca.ocsp_request import Forms, forms, quick
from ca.ocsp_store import Stored
from ca.profiles import Role
from ca.revocation_metrics import OCSP_ANSWERS
from ca.room import CaRoom

PREFIX = "/ocsp/"
REQUEST, ANSWER = "application/ocsp-request", "application/ocsp-response"


class Quick:
    """One per process. What it does not find is not refused: the long way decides."""

    def __init__(self, room: CaRoom) -> None:
        self._room = room
        self._lookup = lookup(room)
        self._forms: dict[str, Forms] = {}
        self._stored = OCSP_ANSWERS.labels("stored")

    def find(self, slug: str, question: bytes) -> Stored | None:
        known = self._forms.get(slug) or self._learn(slug)
        asked = quick(question, known) if known else None
        found = None if asked is None else self._lookup.find(slug, *asked)
        if found is not None:
            self._stored.inc()
        return found

    def seconds(self) -> int:
        return self._lookup.seconds()

    def _learn(self, slug: str) -> Forms | None:
        """Of our own CAs only, so that invented names fill no memory."""
        for authority in authorities(self._room):
            if authority.slug == slug and authority.role is Role.ISSUING:
                return self._forms.setdefault(slug, forms(self._room, authority))
        return None

"""Signs beside a file in a process that dies on the way (`tests.dying`)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from ca.suites import Suite
from foundation.clock import FixedClock
from hsm.digests import Digest
from seal.detached.orders import DetachedOrder, Digests, Shape
from seal.detached.signing import sign_detached
from tests.seal.conftest import build, clerk

CONTENT = b"a file of some kind\r\n" * 40
BY_DIGEST = Digests(Digest.SHA256.of(CONTENT), len(CONTENT), Digest.SM3.of(CONTENT))
KINDS: dict[str, dict[str, Any]] = {
    "cms": {"content": CONTENT},
    "gm": {"content": BY_DIGEST, "shape": Shape.GM_CMS},
    "jws": {"content": CONTENT, "shape": Shape.JWS, "suite": Suite.RSA, "attached": True},
    "jws-digest": {"content": BY_DIGEST, "shape": Shape.JWS},
    "p256": {"content": CONTENT, "suite": Suite.P256},
}


def order_of(kind: str, seal: UUID, key: str) -> DetachedOrder:
    return DetachedOrder(seal_id=seal, order_key=key, **KINDS[kind])


def live(home: str, url: str, at: str, department: str, seal: str, key: str, kind: str) -> None:
    room = build(Path(home), url, FixedClock(datetime.fromisoformat(at)))
    sign_detached(room, clerk(department), order_of(kind, UUID(seal), key))

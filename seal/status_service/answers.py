"""The signed answer about one seal (单枚印章状态答复): online, fresh, and nothing in it but code, states and times.

Signed once and given again until it is half over or the seal moved on, so that a flood of questions is not a flood of
signatures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from foundation.errors import NotFound
from foundation.glances import glance
from foundation.text import Text
from hsm.digests import sha256
from seal.management.models import SealFile
from seal.room import SealRoom
from seal.status_service import signing, wire
from seal.status_service.models import SealStatusAnswer
from seal.status_service.register import periods
from seal.status_service.wire import Period, Statement

LIFE = timedelta(minutes=10)


class NoSuchSeal(NotFound):
    def __init__(self) -> None:
        super().__init__(
            "seal.code_unknown",
            Text(
                "本区域没有发布过这个印章编码，请核对编码。",
                "No seal of this code was ever published here. Check the code.",
            ),
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """What the register says of a seal now: its public states, oldest first."""

    code: str
    periods: tuple[Period, ...]
    moves: int


_PUBLIC = select(SealFile.public, SealFile.moves).where(SealFile.code == bindparam("code"), SealFile.public != "[]")


def standing(room: SealRoom, code: str) -> Standing | None:
    """Of one of this region's seals; None when there is none of that code."""
    found = glance(room.ground.db, _PUBLIC, code=code)
    return None if found is None else Standing(code, periods(found.public), found.moves)


def answer(room: SealRoom, code: str) -> bytes:
    """The signed answer; raises `NoSuchSeal`."""
    known = standing(room, code)
    if known is None:
        raise NoSuchSeal
    now = room.ground.clock.now().replace(microsecond=0)
    with room.ground.db.read() as session:
        row = session.get(SealStatusAnswer, code)
    if row is not None and row.octets is not None and row.moves == known.moves and now < row.this_update + LIFE / 2:
        return row.octets.encode("ascii")
    return _sign(room, known, now)


def _sign(room: SealRoom, known: Standing, now: datetime) -> bytes:
    by = signing.publisher(room)
    content = wire.payload(Statement(None, now, now + LIFE, {known.code: known.periods}))
    _record(room, known, now, sha256(content).hex())
    octets = signing.signed(by, wire.ANSWER, content, f"seal-status:{known.code}:{int(now.timestamp())}")
    with room.ground.db.begin() as session:
        session.execute(
            update(SealStatusAnswer)
            .where(SealStatusAnswer.code == known.code, SealStatusAnswer.payload_sha256 == sha256(content).hex())
            .values(octets=octets.decode("ascii"))
        )
    return octets


def _record(room: SealRoom, known: Standing, now: datetime, digest: str) -> None:
    values = {
        "moves": known.moves, "this_update": now, "next_update": now + LIFE, "payload_sha256": digest, "octets": None,
    }  # fmt: skip
    try:
        with room.ground.db.begin() as session:
            changed = session.execute(
                update(SealStatusAnswer)
                .where(SealStatusAnswer.code == known.code)
                .values(**values)
                .returning(SealStatusAnswer.code)
            ).first()
            if changed is None:
                session.add(SealStatusAnswer(code=known.code, **values))
    except IntegrityError:  # the first two questions at once: the other answer is as good
        return

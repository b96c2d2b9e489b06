"""Numbers and status indexes (证照编号, 状态序号) are given once, and every gap has a row that says why.

A serial is taken inside the transaction that writes the intent: if that does not commit, the serial was never taken.
The status index is a keyed permutation of a counter, so its order tells nothing about the order of issue, and a shard
of 2^20 fills without collisions (facts/licence §2.4). What a number looks like is `numbering`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.errors import Conflict
from foundation.ground import Ground
from foundation.secrets import Mac
from foundation.text import Text
from licence.catalogue import LicenceType
from licence.kinds import half_width
from licence.models import LicenceCounter, LicenceIntent, LicenceNumber

SHARD_BITS = 20
_HALF = SHARD_BITS // 2
_LOW = (1 << _HALF) - 1
_STATUS = "status-index"


class NumberTaken(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "licence.number_taken",
            Text(
                "该证照编号已被使用。请核对编号；如需换发，请先注销原证照。",
                "This licence number is in use. Check it; to replace a licence, revoke the old one first.",
            ),
        )


def take(session: Session, series: str) -> int:
    """The next serial of `series`, from 1. The counter's row lock makes takers wait for each other's commit."""
    bump = (
        update(LicenceCounter)
        .where(LicenceCounter.series == series)
        .values(next=LicenceCounter.next + 1)
        .returning(LicenceCounter.next)
        .execution_options(synchronize_session=False)
    )
    taken = session.execute(bump).scalar_one_or_none()
    if taken is None:
        with suppress(IntegrityError), session.begin_nested():  # another taker may start the series meanwhile
            session.add(LicenceCounter(series=series, next=1))
        taken = session.execute(bump).scalar_one()
    return int(taken) - 1


def take_status_index(session: Session, mac: Mac) -> int:
    """An index no licence has. A collision can only follow a change of the MAC key; the next counter value is tried."""
    while True:
        index = scramble(mac, take(session, _STATUS) - 1)
        if session.scalar(select(LicenceIntent.id).where(LicenceIntent.status_index == index)) is None:
            return index


def scramble(mac: Mac, position: int) -> int:
    """A four-round Feistel permutation of the low 20 bits; the shard number above them stays."""
    shard, low = divmod(position, 1 << SHARD_BITS)
    left, right = low >> _HALF, low & _LOW
    for turn in range(4):
        digest = mac.mac("licence.status-index", b"%d/%d/%d" % (shard, turn, right))
        left, right = right, left ^ (int.from_bytes(digest[:2], "big") & _LOW)
    return shard << SHARD_BITS | left << _HALF | right


def take_number(
    session: Session,
    ground: Ground,
    *,
    intent: UUID,
    kind: LicenceType,
    data: Mapping[str, str],
    brought: str | None = None,
) -> str:
    """The number of a new licence: brought along with stock, a field of its data, or the next of its series.

    A number in use is `NumberTaken`. A serial whose number came along with stock is skipped, and its row says so.
    """
    region = ground.settings.region.code
    rule = kind.number_rule
    series = rule.series(data, region)
    if brought is not None or series is None:
        number = half_width(brought) if brought is not None else rule.make(data, region, 0)
        rule.verify(number)
        _record(session, ground, intent, kind.slug, number, None, None)
        return number
    series = f"{kind.slug}:{series}"
    while True:
        serial = take(session, series)
        number = rule.make(data, region, serial)
        if not _occupied(session, ground, kind.slug, number):
            _record(session, ground, intent, kind.slug, number, series, serial)
            return number
        row = LicenceNumber(id=ground.ids.uuid7(), type_slug=kind.slug, series=series, serial=serial, intent_id=intent)
        row.void_reason, row.taken_at = "number-in-stock", ground.clock.now()
        session.add(row)


def release(session: Session, intent: UUID, reason: str) -> None:
    """The number carries no licence any more. One of our series is never given again; one brought along may be."""
    for row in session.scalars(select(LicenceNumber).where(_carrying(intent))):
        row.void_reason = reason
        if row.series is None:
            row.number_slot = None


def release_if_brought(session: Session, intent: UUID, reason: str) -> None:
    """After a revocation: a number brought along (a credit code, a paper number) may serve the licence's successor."""
    for row in session.scalars(select(LicenceNumber).where(_carrying(intent), LicenceNumber.series.is_(None))):
        row.void_reason, row.number_slot = reason, None


def _carrying(intent: UUID) -> ColumnElement[bool]:
    return and_(LicenceNumber.intent_id == intent, LicenceNumber.number_slot.is_not(None))


def _slot(ground: Ground, type_slug: str, number: str) -> str:
    """Keyed digest of a number: some types use the citizen's own number as the licence number."""
    return ground.mac.mac("licence.number", f"{type_slug}\n{number}".encode()).hex()


def _occupied(session: Session, ground: Ground, type_slug: str, number: str) -> bool:
    query = select(LicenceNumber.id).where(LicenceNumber.number_slot == _slot(ground, type_slug, number))
    return session.scalar(query) is not None


def _record(
    session: Session,
    ground: Ground,
    intent: UUID,
    type_slug: str,
    number: str,
    series: str | None,
    serial: int | None,
) -> None:
    row = LicenceNumber(
        id=ground.ids.uuid7(),
        type_slug=type_slug,
        number_slot=_slot(ground, type_slug, number),
        series=series,
        serial=serial,
        intent_id=intent,
        taken_at=ground.clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        if not _occupied(session, ground, type_slug, number):
            raise
        raise NumberTaken from error

"""Renewing stored OCSP answers (刷新预签应答) at half of their life, in small transactions and bounded time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy import and_, delete, func, select
from sqlalchemy.orm import aliased

from ca import ocsp_store
from ca.chain import authorities
from ca.models import CaCertificate, State
from ca.ocsp_build import responder_of
from ca.profiles import Role
from ca.reading.ocsp import CertStatus
from ca.revocation_metrics import OCSP_SECONDS_LEFT
from ca.revocation_models import CaOcspAnswer
from ca.room import Authority, CaRoom
from ca.status import statuses
from hsm.service.errors import PolicyRefused

CHUNK = 250
USUAL_FORM = "sha1"
"""What RFC 5019 2.1.1 has every client ask with; answers are pre-signed for all in this form if that is wanted."""


def refresh(room: CaRoom, budget: timedelta = timedelta(seconds=20)) -> int:
    """Sign anew what is past half of its life, forget what is of expired certificates; how many were signed.

    Stops when the time is up: the next run goes on where this one ended, the oldest first.
    """
    began, signed = room.ground.clock.steady(), 0
    rows: Sequence[tuple[str, str, str]] = ()
    while room.ground.clock.steady() - began < budget.total_seconds():
        before, rows = rows, _stale(room)
        if not rows or rows == before:  # another process stores the same: it will not stay stale
            break
        for slug, group in groupby(rows, key=lambda row: row[0]):
            signed += _renew(room, room.authority(slug), [(serial, form) for _, serial, form in group])
    if room.ground.settings.ca.presign_all:
        left = budget.total_seconds() - (room.ground.clock.steady() - began)
        signed += presign(room, timedelta(seconds=max(0.0, left)))
    _observe(room)
    return signed


def _stale(room: CaRoom) -> Sequence[tuple[str, str, str]]:
    table, half = CaOcspAnswer, int((room.ground.clock.now() - ocsp_store.LIFE / 2).timestamp())
    query = select(table.authority, table.serial, table.form).where(table.made <= half).order_by(table.made)
    with room.ground.db.read() as session:
        return sorted(session.execute(query.limit(CHUNK)).all())


def _renew(room: CaRoom, above: Authority, wanted: Sequence[tuple[str, str]]) -> int:
    """Sign these again by the present status. Of an expired certificate nobody needs to know."""
    now = room.ground.clock.now().replace(microsecond=0)
    alive = _alive(room, above.slug, {serial for serial, _ in wanted}, now)
    gone = {serial for serial, _ in wanted} - alive
    if gone:
        with room.ground.db.begin() as session:
            session.execute(
                delete(CaOcspAnswer).where(CaOcspAnswer.authority == above.slug, CaOcspAnswer.serial.in_(gone))
            )
    return _sign(room, above, [pair for pair in wanted if pair[0] in alive], now)


def _alive(room: CaRoom, authority: str, serials: Iterable[str], now: datetime) -> set[str]:
    query = select(CaCertificate.serial).where(
        CaCertificate.authority == authority, CaCertificate.serial.in_(serials), CaCertificate.not_after >= now
    )
    with room.ground.db.read() as session:
        return set(session.scalars(query))


def _sign(room: CaRoom, above: Authority, wanted: Sequence[tuple[str, str]], now: datetime) -> int:
    if not wanted:
        return 0
    said = statuses(room, above.slug, [int(serial, 16) for serial, _ in wanted])
    responder = responder_of(room, above)
    made = []
    for serial, form in wanted:
        status = said[int(serial, 16)]
        if status.status is not CertStatus.UNKNOWN:
            with suppress(PolicyRefused):  # revoked since we looked: its answer is gone, and made when asked for
                made.append(ocsp_store.sign(room, above, serial, form, status, now, responder))
    return ocsp_store.store(room, above.slug, made)


def presign(room: CaRoom, budget: timedelta) -> int:
    """An answer for every valid certificate that has none yet, so that the first who asks does not wait either."""
    began, signed = room.ground.clock.steady(), 0
    for above in authorities(room):
        after: UUID | None = None
        while above.role is Role.ISSUING and room.ground.clock.steady() - began < budget.total_seconds():
            rows = _unsigned(room, above.slug, after)
            if not rows:
                break
            after = rows[-1][0]
            now = room.ground.clock.now().replace(microsecond=0)
            signed += _sign(room, above, [(serial, USUAL_FORM) for _, serial in rows], now)
    return signed


def _unsigned(room: CaRoom, authority: str, after: UUID | None) -> Sequence[tuple[UUID, str]]:
    answer = aliased(CaOcspAnswer)
    mine = and_(
        answer.authority == CaCertificate.authority, answer.serial == CaCertificate.serial, answer.form == USUAL_FORM
    )
    query = (
        select(CaCertificate.id, CaCertificate.serial)
        .outerjoin(answer, mine)
        .where(
            CaCertificate.authority == authority,
            CaCertificate.state == State.ISSUED,
            CaCertificate.not_after >= room.ground.clock.now(),
            answer.serial.is_(None),
        )
    )
    if after is not None:
        query = query.where(CaCertificate.id > after)
    with room.ground.db.read() as session:
        return session.execute(query.order_by(CaCertificate.id).limit(CHUNK)).all()


def _observe(room: CaRoom) -> None:
    now = room.ground.clock.now().timestamp()
    for authority, until in oldest(room).items():
        OCSP_SECONDS_LEFT.labels(authority).set(until - now)


def oldest(room: CaRoom) -> dict[str, int]:
    """When the first stored answer of each CA is over, in Unix time."""
    query = select(CaOcspAnswer.authority, func.min(CaOcspAnswer.until)).group_by(CaOcspAnswer.authority)
    with room.ground.db.read() as session:
        return dict(session.execute(query).all())

"""Lists and keys against the audit tree (撤销列表与密钥复查), and events whose object is gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.models import CaCertificate, CaCrl
from ca.recheck.report import Report
from ca.recheck.trail import AT_ONCE, events, of_version
from ca.room import CaRoom
from foundation.audit.models import AuditRow
from hsm.digests import sha256
from hsm.keys import State
from hsm.models import HsmKey

_AROUND = timedelta(hours=1)
_MADE = ("hsm.key.generate", "hsm.key.restored")
_RETIRED = ("hsm.key.retire", "hsm.key.retired")
_DESTROYED = ("hsm.key.destroyed",)


def check_lists(room: CaRoom, report: Report, since: datetime | None) -> None:
    """Every published list has its event, with its number and digest."""
    for rows in _pages(room, since):
        known = set(_published(room, rows))
        for row in rows:
            report.lists += 1
            if (row.number, row.sha256) not in known:
                report.add(
                    "list_unrecorded",
                    f"list:{row.scope}/{row.number}",
                    "撤销列表没有对应的审计记录",
                    "the list has no event in the audit tree",
                )


def _pages(room: CaRoom, since: datetime | None) -> Iterator[Sequence[CaCrl]]:
    after = ("", -1)
    while True:
        query = select(CaCrl).where(
            CaCrl.sha256.is_not(None),
            (CaCrl.scope > after[0]) | ((CaCrl.scope == after[0]) & (CaCrl.number > after[1])),
        )
        if since is not None:
            query = query.where(CaCrl.this_update >= since)
        with room.ground.db.read() as session:
            rows = session.scalars(query.order_by(CaCrl.scope, CaCrl.number).limit(AT_ONCE)).all()
        if not rows:
            return
        yield rows
        after = (rows[-1].scope, rows[-1].number)


def _published(room: CaRoom, rows: Sequence[CaCrl]) -> Iterator[tuple[int, str]]:
    """(number, digest) of the events about these lists.

    A CA publishes every few minutes, so only events of their time are read: identifiers are in the order of time.
    Lists signed offline are few, and taken in whenever somebody brings them.
    """
    slugs = {f"authority:{row.scope.split('/')[0]}" for row in rows}
    begin, end = min(row.this_update for row in rows), max(row.this_update for row in rows)
    made = (AuditRow.action == "ca.crl.publish") & AuditRow.id.between(_at(begin - _AROUND), _at(end + _AROUND))
    query = select(AuditRow).where(AuditRow.object.in_(slugs), made | (AuditRow.action == "ca.crl.install"))
    with room.ground.db.read() as session:
        for row in session.scalars(query.execution_options(yield_per=AT_ONCE)):
            if room.ground.audit.fits(row):
                payload = json.loads(row.payload)
                yield payload["number"], payload["sha256"]


def _at(moment: datetime) -> UUID:
    """The first identifier of that millisecond (RFC 9562 5.7)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def check_keys(room: CaRoom, report: Report, since: datetime | None) -> None:
    """Every key was made on record, with this public half; every later state has its event."""
    after: UUID | None = None
    while True:
        query = select(HsmKey).order_by(HsmKey.id).limit(AT_ONCE)
        query = query if after is None else query.where(HsmKey.id > after)
        with room.ground.db.read() as session:
            rows = session.scalars(query if since is None else query.where(HsmKey.created_at >= since)).all()
        if not rows:
            return
        after = rows[-1].id
        objects = sorted({f"key:{row.name}" for row in rows})
        found = events(room, report, objects, (*_MADE, *_RETIRED, *_DESTROYED))
        for row in rows:
            report.keys += 1
            _check_key(report, row, of_version(found[f"key:{row.name}"], row.version))


def _check_key(report: Report, row: HsmKey, found: list[Any]) -> None:
    actions = {event.action for event in found}
    halves = {event.payload.get("spki_sha256") for event in found if event.action in _MADE}
    what = f"key:{row.name}#{row.version}"
    if sha256(row.spki).hex() not in halves:
        report.add("key_unrecorded", what, "密钥没有对应的生成记录", "no event says that this key was made")
    needed = {State.RETIRED: _RETIRED, State.DESTROYED: _DESTROYED}.get(State(row.state), ())
    if needed and not actions & set(needed):
        report.add("key_state_unrecorded", what, "密钥状态变更没有审计记录", "no event says how this key ended")


def check_vanished(room: CaRoom, report: Report, since: datetime | None) -> None:
    """Events of certificates and keys whose row is gone: rows are never deleted."""
    _vanished(room, since, "ca.certificate.record", _missing_certificates, report)
    _vanished(room, since, "hsm.key.generate", _missing_keys, report)


Missing = Callable[[Session, Sequence[AuditRow]], Iterator[tuple[str, str, str, str]]]


def _vanished(room: CaRoom, since: datetime | None, action: str, missing: Missing, report: Report) -> None:
    after: UUID | None = None
    while True:
        query = select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.id).limit(AT_ONCE)
        query = query if after is None else query.where(AuditRow.id > after)
        query = query if since is None else query.where(AuditRow.at >= since)
        with room.ground.db.read() as session:
            rows = session.scalars(query).all()
            gone = list(missing(session, [row for row in rows if room.ground.audit.fits(row)]))
        for fault in gone:
            report.add(*fault)
        if not rows:
            return
        after = rows[-1].id


def _missing_certificates(session: Session, rows: Sequence[AuditRow]) -> Iterator[tuple[str, str, str, str]]:
    wanted = {UUID(row.object.removeprefix("certificate:")): row.object for row in rows}
    there = set(session.scalars(select(CaCertificate.id).where(CaCertificate.id.in_(wanted))))
    for identifier, what in wanted.items():
        if identifier not in there:
            yield "certificate_vanished", what, "证书的登记行已不存在", "the row of this certificate is gone"


def _missing_keys(session: Session, rows: Sequence[AuditRow]) -> Iterator[tuple[str, str, str, str]]:
    names = {row.object.removeprefix("key:") for row in rows}
    query = select(HsmKey.name, HsmKey.version).where(HsmKey.name.in_(names))
    there = {(name, version) for name, version in session.execute(query)}
    for row in rows:
        name, version = row.object.removeprefix("key:"), json.loads(row.payload).get("version")
        if (name, version) not in there:
            yield "key_vanished", f"{row.object}#{version}", "密钥的登记行已不存在", "the row of this key is gone"

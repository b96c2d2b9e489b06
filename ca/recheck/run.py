"""The recheck itself (复查): page by page in the order of issue, with memory for one page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from ca.models import CaCertificate, State
from ca.recheck.others import check_keys, check_lists, check_vanished
from ca.recheck.report import Report
from ca.recheck.steps import STEPS, Subject, Wrong, opened_certificate
from ca.recheck.trail import AT_ONCE, Event, events
from ca.recover import GRACE
from ca.room import CaRoom

_ACTIONS = ("ca.certificate.record", "ca.certificate.issue", "ca.authority.install")


def recheck(room: CaRoom, *, since: datetime | None = None) -> Report:
    """Every certificate, list and key recorded since then, or ever."""
    report = Report()
    for rows in _pages(room, since):
        objects = [*(_object(row) for row in rows), *{f"authority:{_installed_as(row)}" for row in rows}]
        found = events(room, report, objects, _ACTIONS)
        for row in rows:
            _check(room, report, row, found)
    check_lists(room, report, since)
    check_keys(room, report, since)
    check_vanished(room, report, since)
    return report


def _pages(room: CaRoom, since: datetime | None) -> Iterator[Sequence[CaCertificate]]:
    after: UUID | None = None
    while True:
        query = select(CaCertificate).order_by(CaCertificate.id).limit(AT_ONCE)
        query = query if after is None else query.where(CaCertificate.id > after)
        query = query if since is None else query.where(CaCertificate.recorded_at >= since)
        with room.ground.db.read() as session:
            rows = session.scalars(query).all()
        if not rows:
            return
        yield rows
        after = rows[-1].id


def _object(row: CaCertificate) -> str:
    return f"certificate:{row.id}"


def _installed_as(row: CaCertificate) -> str:
    """The CA a certificate of a CA is for; its request key says so."""
    return row.request_key.removeprefix("ca.authority:")


def _check(room: CaRoom, report: Report, row: CaCertificate, found: dict[str, list[Event]]) -> None:
    report.certificates += 1
    what = _object(row)
    if row.state == State.RECORDED:
        if room.ground.clock.now() - row.recorded_at > GRACE:
            report.add("unfinished", what, "签发意向长时间未完成", "an intent was not finished in time")
        else:
            report.unfinished += 1
        return
    installed = _is_installed(row, found)
    try:
        made = opened_certificate(room, row)
        subject = Subject(room, row, made, installed)
        for step in STEPS:
            step(subject)
    except Wrong as wrong:
        report.add(wrong.code, what, wrong.zh, wrong.en)
    if not installed:
        _check_events(report, row, found[what])


def _is_installed(row: CaCertificate, found: dict[str, list[Event]]) -> bool:
    if not row.request_key.startswith("ca.authority:"):
        return False
    taken_in = found.get(f"authority:{_installed_as(row)}", [])
    return any(
        event.action == "ca.authority.install" and event.payload.get("sha256") == row.fingerprint for event in taken_in
    )


def _check_events(report: Report, row: CaCertificate, found: list[Event]) -> None:
    """Recorded once and issued once, under this CA, serial, profile and, in the end, with these octets."""
    facts: dict[str, object] = {"authority": row.authority, "serial": row.serial, "profile": row.profile}
    wanted = {
        "ca.certificate.record": facts | {"version": row.profile_version},
        "ca.certificate.issue": facts | {"sha256": row.fingerprint},
    }
    for action, payload in wanted.items():
        same = [event for event in found if event.action == action]
        if not same:
            report.add("event_missing", _object(row), f"缺少审计记录 {action}", f"the event {action} is missing")
        elif len(same) > 1 or not payload.items() <= same[0].payload.items():
            report.add("event_differs", _object(row), f"审计记录 {action} 与登记不一致", f"the event {action} differs")

"""Applications in bulk (批量申请): a file is checked whole first, then its good lines become applications.

Nothing is half done: by default one faulty line keeps the file out. Each line has a keyed digest, so the same file
again, or a job taken up after a crash, files no line twice. The job only files; people still look at each application.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ca.profiles import Profile
from ca.registration import apply, evidence, filing, machine, policy, rows, sheet
from ca.registration.filing import Application
from ca.registration.models import CaRegistration, CaRegistrationBulk
from ca.registration.policy import Channel
from ca.registration.room import RegistrationRoom
from ca.registration.rows import Fault, Row
from ca.registration.states import Kind, Step
from ca.suites import Suite
from foundation.errors import InvalidInput
from foundation.failpoints import reach
from foundation.principal import Kind as PrincipalKind
from foundation.principal import Principal
from foundation.text import Text

JOB = "ca.registration.bulk"
TABLE = "ca_registration_bulk"
CHECKING, REFUSED, FILING, DONE = "checking", "refused", "filing", "done"
_CHUNK, _PROGRESS = 100, 500
MOST_FAULTS = 1000
"""Kept and shown; the count goes on."""


def upload(
    room: RegistrationRoom,
    principal: Principal,
    octets: bytes,
    *,
    profile: str,
    suite: Suite,
    channel: Channel,
    partial: bool = False,
) -> UUID:
    """Take a file and leave it to a job. What is wrong with the file as such is refused here."""
    kind = policy.open_profile(room.ca, profile)
    filing.check_channel(principal, kind, channel)
    if channel not in (Channel.DEPARTMENT, Channel.COUNTER):
        raise InvalidInput(
            "ca.registration.bulk_channel",
            Text("批量申请须由部门或注册窗口提交。", "Departments and RA officers apply in bulk, nobody else."),
        )
    rows.columns(sheet.peek(octets))
    ground = room.ground
    identifier = ground.ids.uuid7()
    key, place = evidence.seal_file(ground, f"ca/registration/bulk/{identifier}", octets, str(identifier))
    with ground.db.begin() as session:
        session.add(
            CaRegistrationBulk(
                id=identifier,
                state=CHECKING,
                filer=principal.label,
                filer_person=principal.person_id,
                channel=channel,
                department=principal.department,
                profile=kind.name,
                suite=suite,
                partial=partial,
                object_key=place,
                data_key=ground.cipher.encrypt(TABLE, "data_key", identifier, key),
                mac=ground.mac.mac("ca.registration.bulk", octets),
                lines=0,
                checked=0,
                filed=0,
                already=0,
                faulty=0,
                faults="[]",
                created_at=ground.clock.now(),
                finished_at=None,
            )
        )
        ground.jobs.enqueue(session, JOB, str(identifier), {"bulk": str(identifier)})
        ground.audit.record(
            session,
            principal,
            action="ca.registration.bulk",
            object=f"bulk:{identifier}",
            payload={"profile": kind.name, "octets": len(octets)},
        )
    return identifier


def work(room: RegistrationRoom, payload: dict[str, Any]) -> None:
    """The job: check every line, then file the good ones. Taken up again it ends the same."""
    row = _row(room, UUID(payload["bulk"]))
    if row.state in (REFUSED, DONE) or row.data_key is None:
        return
    key = room.ground.cipher.decrypt(TABLE, "data_key", row.id, row.data_key)
    octets = evidence.open_file(room.ground, row.object_key, key, str(row.id))
    try:
        table = sheet.read(octets)
        good, faults = _checked(room, row, table)
    except InvalidInput as error:  # beyond the first lines the file as such is wrong
        _end(room, row.id, REFUSED, [Fault(0, 0, error.detail)], lines=0)
        return
    if faults and not row.partial:
        _end(room, row.id, REFUSED, faults, lines=len(table.lines))
        return
    _note(room, row.id, state=FILING, lines=len(table.lines), checked=len(table.lines))
    reach("ca.registration.bulk_checked")
    for start in range(0, len(good), _CHUNK):
        _file(room, row, good[start : start + _CHUNK])
        reach("ca.registration.bulk_chunk")
        _note(room, row.id, filed=_filed(room, row.id))
    _end(room, row.id, DONE, faults, lines=len(table.lines), good=len(good))


def _checked(
    room: RegistrationRoom, row: CaRegistrationBulk, table: sheet.Table
) -> tuple[list[tuple[int, str, Application]], list[Fault]]:
    """Good lines with their keys, and every fault."""
    named, profile = rows.columns(table), room.ca.profile(row.profile)
    good: list[tuple[int, str, Application]] = []
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for count, line in enumerate(table.lines, 1):
        one = rows.row(line, named, profile, Suite(row.suite), Channel(row.channel), row.department)
        found = list(one.faults) or _linted(room, profile, one)
        if one.wanted is not None and not found:
            key = row_key(room, row, one.wanted)
            earlier = seen.setdefault(key, line.number)
            if earlier == line.number:
                good.append((line.number, key, one.wanted))
            else:
                found = [Fault(line.number, 0, Text(f"与第 {earlier} 行完全相同。", f"The same as line {earlier}."))]
        faults += found
        if count % _PROGRESS == 0:
            _note(room, row.id, state=CHECKING, lines=len(table.lines), checked=count)
    return good, faults


def _linted(room: RegistrationRoom, profile: Profile, one: Row) -> list[Fault]:
    """The lints of issuing have the last word on a line that looks right."""
    if one.wanted is None:
        return []
    try:
        filing.rehearse(room, profile, one.wanted.suite, one.wanted.content, room.ground.clock.now())
    except InvalidInput as error:
        return [Fault(one.line, 0, error.detail)]
    return []


def row_key(room: RegistrationRoom, row: CaRegistrationBulk, wanted: Application) -> str:
    """What the line says and for whom it is said, keyed: the same line of the same office is the same application."""
    said = [row.profile, row.suite, row.channel, row.department, wanted.delivery, wanted.content.plain()]
    text = json.dumps(said, ensure_ascii=False, sort_keys=True)
    return room.ground.mac.mac("ca.registration.row", text.encode()).hex()


def _file(room: RegistrationRoom, row: CaRegistrationBulk, part: list[tuple[int, str, Application]]) -> None:
    """One transaction of lines. A line filed by another worker this moment makes it start over, and skip it."""
    for attempt in range(3):
        try:
            with room.ground.db.begin() as session:
                _file_within(room, session, row, part)
        except IntegrityError:
            if attempt == 2:
                raise
        else:
            return


def _file_within(
    room: RegistrationRoom, session: Session, row: CaRegistrationBulk, part: list[tuple[int, str, Application]]
) -> None:
    keys = [key for _, key, _ in part]
    known = set(session.scalars(select(CaRegistration.row_key).where(CaRegistration.row_key.in_(keys))))
    ground, profile = room.ground, room.ca.profile(row.profile)
    kind = PrincipalKind.CLIENT if row.filer_person is None else PrincipalKind.OFFICIAL
    filer = Principal(kind, row.filer, department=row.department, person_id=row.filer_person)
    for number, key, wanted in part:
        if key in known:
            continue
        made = apply.new_row(room, row.filer, row.filer_person, wanted, wanted.content, policy.approvals(profile))
        made.row_key, made.bulk_id, made.line = key, row.id, number
        apply.add(room, session, filer, made)
        if not policy.evidence(Kind.NEW, wanted.channel):  # otherwise it waits as a draft for its evidence
            machine.move(ground, session, made, filer, machine.way(made, Step.SUBMIT), asker=True)


def _filed(room: RegistrationRoom, identifier: UUID) -> int:
    with room.ground.db.read() as session:
        query = select(func.count()).select_from(CaRegistration).where(CaRegistration.bulk_id == identifier)
        return session.scalar(query) or 0


def _row(room: RegistrationRoom, identifier: UUID) -> CaRegistrationBulk:
    with room.ground.db.read() as session:
        return session.get_one(CaRegistrationBulk, identifier)


def _note(room: RegistrationRoom, identifier: UUID, **values: object) -> None:
    with room.ground.db.begin() as session:
        session.execute(update(CaRegistrationBulk).where(CaRegistrationBulk.id == identifier).values(**values))


def _end(
    room: RegistrationRoom, identifier: UUID, state: str, faults: list[Fault], *, lines: int, good: int = 0
) -> None:
    """The result, and the file forgotten: what it said stands in the applications now, or nowhere."""
    filed = _filed(room, identifier)
    kept = [[one.line, one.column, one.reason.zh, one.reason.en] for one in faults[:MOST_FAULTS]]
    _note(
        room,
        identifier,
        state=state,
        data_key=None,
        lines=lines,
        checked=lines,
        filed=filed,
        already=good - filed,
        faulty=len({one.line for one in faults}),
        faults=json.dumps(kept, ensure_ascii=False),
        finished_at=room.ground.clock.now(),
    )

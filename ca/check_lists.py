"""Lists against rows (核对列表): every entry of every published list, octet for octet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.crl_names import Kind, ListName, lists_of
from ca.crl_state import published
from ca.crl_store import stored
from ca.findings import Findings
from ca.models import CaAuthority, CaCrl, CaRevocation
from ca.reading.crl import CertificateList, read_crl
from ca.revocation_models import CaRelease
from ca.room import Authority, CaRoom
from ca.signatures import check_crl
from foundation import der
from foundation.der import DerError
from hsm.errors import BadSignature

_LONGEST = 4096


@dataclass
class _Published:
    """One list as relying parties have it; entries are taken out as they are recognised."""

    name: ListName
    row: CaCrl
    entries: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Change:
    """One revocation, hold or lifting, as its row has it."""

    serial: str
    shard: int | None
    seq: int | None
    not_after: datetime
    changed: datetime | None
    entry: bytes
    lifted: bool


def check_lists(room: CaRoom, authority: Authority, findings: Findings) -> None:
    found = [one for name in _names(room, authority) if (one := _load(room, authority, name, findings))]
    grace = timedelta(seconds=2 * room.ground.settings.ca.lists_seconds)
    late = room.ground.clock.now() - grace
    with room.ground.db.read() as session:
        for change in _changes(session, authority.slug):
            for one in found:
                _compare(one, change, late, findings)
        for one in found:
            for serial in one.entries:
                findings.add("entry_extra", one.name.scope, serial)
            _check_base(session, one, findings)


def _names(room: CaRoom, authority: Authority) -> list[ListName]:
    with room.ground.db.read() as session:
        shards = session.scalar(select(CaAuthority.shards).where(CaAuthority.slug == authority.slug))
    return lists_of(authority, shards or 0)


def _load(room: CaRoom, authority: Authority, name: ListName, findings: Findings) -> _Published | None:
    now = room.ground.clock.now()
    with room.ground.db.read() as session:
        row = published(session, name)
    if row is None:
        findings.add("list_missing", name.scope)
        return None
    if row.next_update <= now:
        findings.add("list_expired", name.scope)
    elif now >= row.this_update + (row.next_update - row.this_update) * 3 / 4:
        findings.add("list_late", name.scope)
    room.kept.pop(("crl", name.scope), None)  # what lies in the store, not what this process remembers
    octets = stored(room, name, row)
    crl = None if octets is None else _read(authority, octets)
    if crl is None or crl.number != row.number:
        findings.add("list_damaged", name.scope)
        return None
    return _Published(name, row, dict(_entries(crl)))


def _read(authority: Authority, octets: bytes) -> CertificateList | None:
    try:
        crl = read_crl(octets)
        check_crl(crl, authority.certificate.spki)
    except (DerError, BadSignature):
        return None
    return crl


def _entries(crl: CertificateList) -> Iterator[tuple[str, bytes]]:
    for serial, at in crl.places():
        yield serial.hex().lstrip("0"), der.parse(crl.der[at : at + _LONGEST], trailing=True).raw


def _changes(session: Session, authority: str) -> Iterator[_Change]:
    table = CaRevocation
    rows = select(table.serial, table.shard, table.seq, table.not_after, table.changed_at, table.entry)
    for row in session.execute(rows.where(table.authority == authority), execution_options={"yield_per": 5000}):
        yield _Change(*row, lifted=False)
    gone = CaRelease
    lifted = select(gone.serial, gone.shard, gone.seq, gone.not_after, gone.released_at, gone.entry)
    for row in session.execute(lifted.where(gone.authority == authority)):
        yield _Change(*row, lifted=True)


def _compare(one: _Published, change: _Change, late: datetime, findings: Findings) -> None:
    """Recognise the entry, or say what is wrong with it. What the list could not know yet is in time, or late."""
    name, number = one.name, one.row.number
    if name.kind is Kind.SHARD and change.shard != name.shard:
        return
    known = change.seq is not None and change.seq <= number
    entry = one.entries.pop(change.serial, None)
    if not known:
        hurried = name.kind is not Kind.FULL
        if hurried and change.changed is not None and change.changed < late and entry != change.entry:
            findings.add("change_late", name.scope, change.serial)
        return
    wanted = _belongs(one, change)
    if entry is None:
        if wanted and change.not_after >= one.row.this_update:
            findings.add("entry_missing", name.scope, change.serial)
    elif not wanted:
        findings.add("entry_extra", name.scope, change.serial)
    elif entry != change.entry:
        findings.add("entry_differs", name.scope, change.serial)


def _belongs(one: _Published, change: _Change) -> bool:
    if one.name.kind is Kind.DELTA:
        return change.seq is not None and one.row.base is not None and change.seq > one.row.base
    return not change.lifted


def _check_base(session: Session, one: _Published, findings: Findings) -> None:
    if one.name.kind is not Kind.DELTA:
        return
    query = select(CaCrl.sha256).where(CaCrl.scope == one.name.authority, CaCrl.number == one.row.base)
    if session.scalar(query) is None:
        findings.add("base_missing", one.name.scope)

"""Learning again what a restore lost (补记丢失的签发): from the signer's journal, from exported audit rows, from lists.

Afterwards every serial that was ever signed is known and can be revoked, revocations made since the backup stand again,
and no list number is used twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from ca import crl
from ca.chain import authorities
from ca.lost import Lost, Withdrawn, enter_lost, number_lists_beyond, withdraw_again, withdrawn_in
from ca.reading.crl import Reason
from ca.room import CaRoom
from foundation.audit.exporting import ExportedRow, read_export
from foundation.principal import SYSTEM
from hsm.keys import Purpose
from hsm.service.records import SIGN, Record
from hsm.service.segments import read_all


@dataclass
class Known:
    """What outside sources say was issued and withdrawn."""

    lost: dict[tuple[str, str], Lost] = field(default_factory=dict)
    withdrawn: dict[tuple[str, str], Withdrawn] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def issued(self, one: Lost) -> None:
        self.lost.setdefault((one.authority, one.serial), one)

    def list_number(self, slug: str, number: int) -> None:
        self.numbers[slug] = max(number, self.numbers.get(slug, 0))


@dataclass(frozen=True, slots=True)
class Relearnt:
    certificates: int
    revocations: int
    lists: int


def relearn(
    room: CaRoom, *, journal: Path | None = None, audit: Path | None = None, lists: Iterable[Path] = ()
) -> Relearnt:
    """Idempotent: run it again when another source turns up."""
    known = Known()
    if journal is not None and journal.is_dir():
        _from_journal(known, read_all(journal))
    if audit is not None:
        _from_audit(known, read_export(audit, room.ground.audit))
    ours = {one.slug for one in authorities(room)}
    _from_lists(known, room, ours, lists)
    lost = [one for one in known.lost.values() if one.authority in ours]
    entered = enter_lost(room, SYSTEM, lost)
    again = withdraw_again(room, SYSTEM, known.withdrawn.values())
    number_lists_beyond(room, known.numbers)
    fresh = [one for one in authorities(room) if not one.offline]
    for authority in fresh:
        crl.publish(room, authority.slug)  # beyond every number that was ever out
    return Relearnt(entered, again, len(fresh))


def _from_journal(known: Known, records: Iterable[Record]) -> None:
    for record in records:
        entry = record.entry
        if entry.kind != SIGN:
            continue
        slug = entry.key.rpartition("#")[0].removeprefix("ca/")
        if entry.what == Purpose.CERTIFICATE and "serial" in entry.facts:
            serial, profile = str(entry.facts["serial"]), str(entry.facts["profile"])
            known.issued(Lost(UUID(entry.intent), slug, serial, profile, entry.stated or record.at))
        elif entry.what == Purpose.CRL and "number" in entry.facts:
            known.list_number(slug, int(entry.facts["number"]))


def _from_audit(known: Known, found: Iterable[ExportedRow]) -> None:
    for row in found:
        payload: dict[str, Any] = json.loads(row.payload)
        if row.action == "ca.certificate.record":
            identifier = UUID(row.object.removeprefix("certificate:"))
            known.issued(Lost(identifier, payload["authority"], payload["serial"], payload["profile"], row.at))
        elif row.action == "ca.certificate.revoke":
            place = payload["authority"], payload["serial"]
            known.withdrawn[place] = Withdrawn(*place, Reason[payload["reason"].upper()], _second(row.at))
        elif row.action == "ca.certificate.hold":
            place = payload["authority"], payload["serial"]
            known.withdrawn[place] = Withdrawn(*place, Reason.CERTIFICATE_HOLD, _second(row.at))
        elif row.action == "ca.certificate.release":
            known.withdrawn.pop((payload["authority"], payload["serial"]), None)
        elif row.action == "ca.crl.publish" and "/" not in row.object:
            known.list_number(row.object.removeprefix("authority:"), int(payload["number"]))


def _from_lists(known: Known, room: CaRoom, ours: set[str], lists: Iterable[Path]) -> None:
    """Files named as we publish them: `<ca>.crl`, at best the newest copy some relying party kept."""
    for path in lists:
        slug = path.name.removesuffix(".crl")
        if slug not in ours:
            continue
        number, found = withdrawn_in(room, slug, path.read_bytes())
        known.list_number(slug, number)
        for one in found:
            known.withdrawn.setdefault((slug, one.serial), one)


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def serials_in(journal: Path) -> Iterator[tuple[str, str]]:
    """(CA, serial) of every certificate the signer ever signed."""
    for record in read_all(journal):
        entry = record.entry
        if entry.kind == SIGN and entry.what == Purpose.CERTIFICATE and "serial" in entry.facts:
            yield entry.key.rpartition("#")[0].removeprefix("ca/"), str(entry.facts["serial"])

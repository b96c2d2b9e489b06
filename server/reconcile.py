"""Journal against database (签名日志核对): every signature the signer ever made is accounted for, and no other exists.

Three sets are compared: what the journal says was signed, what the database says was meant to be signed, and what it
says was signed. A signature without an intent, or a result without a record, is a difference; a record whose result is
not stored yet is an intent that recovery will finish.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foundation.database import Database, open_database
from foundation.settings import Settings
from hsm.keys import Purpose
from hsm.service.records import KEY, SIGN, Record
from hsm.service.segments import read_all
from server import reconcile_sources as sources
from server.reconcile_sources import Meant

UNCOUNTED = frozenset(
    {
        Purpose.OCSP,
        Purpose.TOKEN,
        Purpose.CMP,
        Purpose.KEY_CENTRE,
        Purpose.TRANSCRIPT,
        Purpose.SEAL_STATUS,
        Purpose.TRUST_LIST,
    }
)
"""No row for each signature: statuses restate rows, spent codes are purged, messages and transcripts lie elsewhere."""
_SHOWN = 20


@dataclass
class Compared:
    """One purpose. Differences are named by their intents."""

    purpose: str
    journal: int = 0
    database: int = 0
    unfinished: int = 0
    """Meant, and either not signed yet or not stored yet."""
    without_intent: list[str] = field(default_factory=list)
    without_record: list[str] = field(default_factory=list)
    other_content: list[str] = field(default_factory=list)

    @property
    def differences(self) -> list[str]:
        return [*self.without_intent, *self.without_record, *self.other_content]


@dataclass
class Report:
    records: int = 0
    compared: list[Compared] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)

    @property
    def difference(self) -> int:
        return sum(len(one.differences) for one in self.compared)

    @property
    def sound(self) -> bool:
        return self.difference == 0

    def as_dict(self) -> dict[str, Any]:
        rows = [
            {
                "purpose": one.purpose,
                "journal": one.journal,
                "database": one.database,
                "unfinished": one.unfinished,
                "without_intent": one.without_intent,
                "without_record": one.without_record,
                "other_content": one.other_content,
            }
            for one in self.compared
        ]
        return {
            "records": self.records,
            "difference": self.difference,
            "sound": self.sound,
            "purposes": rows,
            "counted_only": self.counted,
        }

    def lines(self) -> list[str]:
        lines = [f"签名日志 / journal: {self.records} 条 records"]
        for one in self.compared:
            lines.append(
                f"{'✓' if not one.differences else '✗'} {one.purpose:<12} 日志 journal {one.journal:>6}"
                f"  数据库 database {one.database:>6}  未完成 unfinished {one.unfinished}"
            )
            lines += [f"    日志有签名、数据库无意向 / signed without intent: {i}" for i in one.without_intent[:_SHOWN]]
            lines += [f"    数据库有结果、日志无记录 / stored without record: {i}" for i in one.without_record[:_SHOWN]]
            lines += [f"    内容不一致 / other content: {i}" for i in one.other_content[:_SHOWN]]
        for purpose, count in self.counted.items():
            lines.append(f"· {purpose:<12} 日志 journal {count:>6}  数据库不留逐笔记录 / no row in the database")
        lines.append(f"差集 / set difference: {self.difference}")
        return lines


@dataclass
class _Signed:
    """What the journal says of one intent."""

    contents: set[str] = field(default_factory=set)
    signatures: set[str] = field(default_factory=set)


def reconcile(settings: Settings, folders: Iterable[Path] = ()) -> Report:
    """Over one journal, or over the journals of several machines that share the database."""
    db = open_database(settings)
    try:
        return compare(db, list(folders) or [settings.journal_dir])
    finally:
        db.dispose()


def compare(db: Database, folders: list[Path]) -> Report:
    report, counts = Report(), Counter[str]()
    signed: dict[str, dict[str, _Signed]] = {}
    for folder in folders:
        for record in read_all(folder):
            report.records += 1
            _take_in(record, signed, counts)
    for purpose, meant in sources.everything(db):
        report.compared.append(_compare(purpose, signed.pop(purpose, {}), meant))
    report.counted = {purpose: counts[purpose] for purpose in sorted(counts) if purpose in UNCOUNTED}
    for purpose in sorted(signed.keys() - UNCOUNTED):
        unknown = Compared(purpose, journal=len(signed[purpose]))
        unknown.without_intent = sorted(signed[purpose])
        report.compared.append(unknown)
    return report


def _take_in(record: Record, signed: dict[str, dict[str, _Signed]], counts: Counter[str]) -> None:
    entry = record.entry
    if entry.kind == SIGN:
        purpose, name = entry.what, entry.intent
        counts[purpose] += 1
    elif entry.kind == KEY and entry.what == "generate" and not entry.key.startswith("escrow/"):
        purpose, name = sources.KEYS, entry.key
    else:
        return
    place = signed.setdefault(purpose, {}).setdefault(name, _Signed())
    place.contents.add(entry.content)
    if entry.signature:
        place.signatures.add(entry.signature)


def _compare(purpose: str, signed: dict[str, _Signed], meant: Iterable[Meant]) -> Compared:
    found = Compared(purpose, journal=len(signed))
    for one in meant:
        record = signed.pop(one.intent, None)
        found.database += 1
        if not one.stored:
            found.unfinished += 1
        if record is None:
            if one.stored:
                found.without_record.append(one.intent)
            continue
        wrong_content = one.content is not None and one.content not in record.contents
        wrong_signature = one.signature is not None and one.signature not in record.signatures
        if wrong_content or wrong_signature:
            found.other_content.append(one.intent)
    if purpose in sources.MAY_STAY_BEHIND:
        found.unfinished += len(signed)
    else:
        found.without_intent = sorted(signed)
    return found

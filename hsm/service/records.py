"""Records of the signing journal (签名日志记录): one JSON line each, chained by SM3 over the line before.

`content` and `signature` are SHA-256 digests, because the database keeps SHA-256 of the same octets and the two are
compared; the chain itself is SM3 (GB/T 32905). A record names keys and intents, never a person and never the content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hsm.digests import sm3
from hsm.service.errors import JournalBroken

SIGN, KEY, EVENT = "sign", "key", "event"
START = "start"
RESTORE = "restore"
"""The database was brought back from a backup: checkpoints begin again from there, and this record says so."""
FIRST = "0" * 64
MOST_LINE = 8 * 1024
_FIELDS = {"seq", "at", "kind", "what", "key", "intent", "content", "signature", "stated", "facts", "prev"}
Facts = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written down. `what` is the purpose of a signature, or the name of an event."""

    kind: str
    what: str
    key: str = ""
    intent: str = ""
    content: str = ""
    signature: str = ""
    stated: datetime | None = None
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    seq: int
    at: datetime
    entry: Entry
    prev: str
    hash: str


def line_of(entry: Entry, seq: int, at: datetime, prev: str) -> bytes:
    """One line, always spelled the same way, without its line feed."""
    members = {
        "seq": seq,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "kind": entry.kind,
        "what": entry.what,
        "key": entry.key,
        "intent": entry.intent,
        "content": entry.content,
        "signature": entry.signature,
        "stated": entry.stated.astimezone(UTC).isoformat() if entry.stated else None,
        "facts": dict(entry.facts),
        "prev": prev,
    }
    line = json.dumps(members, ensure_ascii=True, separators=(",", ":")).encode()
    if len(line) > MOST_LINE:
        raise ValueError("a journal record is longer than 8 KiB")
    return line


def read_line(line: bytes, where: str) -> Record:
    """Raises `JournalBroken`, naming `where`, for a line this signer would not have written."""
    try:
        members = json.loads(line)
        if not isinstance(members, dict) or set(members) != _FIELDS:
            raise ValueError("members")  # noqa: TRY301 - told as a break below
        stated = members["stated"]
        entry = Entry(
            members["kind"],
            members["what"],
            members["key"],
            members["intent"],
            members["content"],
            members["signature"],
            datetime.fromisoformat(stated) if stated else None,
            members["facts"],
        )
        at, seq, prev = datetime.fromisoformat(members["at"]), members["seq"], members["prev"]
        if line_of(entry, seq, at, prev) != line:
            raise ValueError("spelling")  # noqa: TRY301
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise JournalBroken(where, "a line that is no record") from error
    return Record(seq, at, entry, prev, sm3(line).hex())


def follows(record: Record, seq: int, prev: str, where: str) -> None:
    """`record` comes right after number `seq` whose hash is `prev`."""
    if record.seq != seq + 1:
        raise JournalBroken(where, f"record {record.seq} stands where {seq + 1} belongs")
    if record.prev != prev:
        raise JournalBroken(where, f"record {record.seq} does not continue the record before it")

"""What the signer remembers of its journal (签名记忆): which content an intent already had, and when it was running.

Bounded: the newest signatures only. What is older is found by `yinxin signer reconcile`, which reads everything.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hsm.service.records import EVENT, RESTORE, SIGN, START, Record

MOST_INTENTS = 200_000


@dataclass(slots=True)
class Memory:
    contents: OrderedDict[tuple[str, str], tuple[str, ...]] = field(default_factory=OrderedDict)
    """(key, intent) → digests of what was signed under it."""
    checkpoint: tuple[int, str] = (0, "")
    """Size and root of the largest checkpoint signed."""
    floors: dict[str, int] = field(default_factory=dict)
    """Highest version of rules signed under, by what they are the rules of (facts `policy` and `policy_of`)."""
    looks: dict[str, str] = field(default_factory=dict)
    """How a seal showed when it was first used under approvals (fact `look`), by what the rules are of."""
    gaps: list[tuple[datetime, datetime]] = field(default_factory=list)
    """When no signer ran: last record before, and the start after."""
    _last: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, record: Record) -> None:
        entry = record.entry
        with self._lock:
            if entry.kind == EVENT and entry.what == START and self._last is not None:
                self.gaps.append((self._last, record.at))
                del self.gaps[:-1000]
            self._last = record.at
            if entry.kind == EVENT and entry.what == RESTORE:
                self.checkpoint = (0, "")
                self.floors.clear()
            if entry.kind != SIGN:
                return
            place = (entry.key, entry.intent)
            known = self.contents.pop(place, ())
            self.contents[place] = known if entry.content in known else (*known, entry.content)
            if len(self.contents) > MOST_INTENTS:
                self.contents.popitem(last=False)
            version, of = entry.facts.get("policy"), entry.facts.get("policy_of")
            if isinstance(version, int) and isinstance(of, str):
                self.floors[of] = max(version, self.floors.get(of, 0))
            look = entry.facts.get("look")
            if isinstance(look, str) and isinstance(of, str):
                self.looks.setdefault(of, look)
            size = entry.facts.get("size")
            if entry.what == "checkpoint" and isinstance(size, int) and size >= self.checkpoint[0]:
                self.checkpoint = (size, str(entry.facts.get("root", "")))

    def signed_under(self, key: str, intent: str) -> tuple[str, ...]:
        return self.contents.get((key, intent), ())

    def earliest(self, now: datetime, late: timedelta) -> datetime:
        """`late` ago, counting only time in which the signer ran: what a crash left may wait out the outage."""
        at, left = now, late
        for before, after in reversed(self.gaps):
            if at - after >= left:
                break
            left -= max(at - after, timedelta())
            at = before
        return at - left

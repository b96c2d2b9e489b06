"""What a recheck says (复查报告): counts, and the first thousand faults by name."""

from __future__ import annotations

from dataclasses import dataclass, field

from foundation.text import Text

MOST_FAULTS = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """`object` says which: `certificate:<id>`, `list:<scope>/<number>`, `key:<name>#<version>`."""

    code: str
    object: str
    text: Text


@dataclass(slots=True)
class Report:
    certificates: int = 0
    unfinished: int = 0
    """Intents younger than the grace of recovery: no fault."""
    lists: int = 0
    keys: int = 0
    waiting: int = 0
    """Audit rows not yet in the tree; the next checkpoint takes them in."""
    found: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return self.found == 0

    def add(self, code: str, what: str, zh: str, en: str) -> None:
        self.found += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(code, what, Text(zh, en)))

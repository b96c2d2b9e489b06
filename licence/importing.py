"""Issuing from a file (批量签发): every row comes out issued, already issued, or refused with all its reasons.

A row's request key is a keyed digest of what it says, so the same file again, or the same file with its bad rows put
right, never issues a licence twice. Stopped anywhere, it is simply run again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ca.suites import Suite
from foundation.errors import InvalidInput, Unavailable, YinxinError
from foundation.principal import Permission, Principal
from foundation.text import Text
from licence import register, sheet
from licence.catalogue import LicenceType, licence_type
from licence.intents import IssueRequest
from licence.issue import issue_once
from licence.room import LicenceRoom
from licence.sheet import NUMBER, Row


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not issued, with every reason at once."""

    line: int
    cells: tuple[str, ...] = field(repr=False)
    reasons: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """Every row of the file is in exactly one of the four."""

    issued: int = 0
    already: int = 0
    refused: int = 0
    untried: int = 0
    """Rows left when something stopped the run; the same command again goes on with them."""

    @property
    def rows(self) -> int:
        return self.issued + self.already + self.refused + self.untried


@dataclass(frozen=True, slots=True)
class Outcome:
    headers: tuple[str, ...]
    tally: Tally
    refused: tuple[Refused, ...]
    stopped: Text | None = None
    """Why the run ended early."""


Progress = Callable[[Tally], None]


@dataclass(frozen=True, slots=True)
class _Job:
    room: LicenceRoom
    principal: Principal
    kind: LicenceType
    suites: tuple[Suite, ...]


def import_file(
    room: LicenceRoom,
    principal: Principal,
    data: bytes,
    *,
    type_slug: str,
    suites: tuple[Suite, ...] = (Suite.SM2,),
    progress: Progress | None = None,
) -> Outcome:
    """Issue every row of a CSV. Only what concerns the whole file is raised; the rest is in the outcome."""
    principal.require(Permission.LICENCE_ISSUE)
    register.department_of(principal)
    job = _Job(room, principal, licence_type(type_slug), suites)
    table = sheet.read(data, job.kind)
    tally, refused = Tally(untried=len(table.rows)), []
    try:
        for result in _results(job, table.rows):
            tally = replace(tally, untried=tally.untried - 1)
            if isinstance(result, Refused):
                refused.append(result)
                tally = replace(tally, refused=tally.refused + 1)
            elif result:
                tally = replace(tally, issued=tally.issued + 1)
            else:
                tally = replace(tally, already=tally.already + 1)
            if progress is not None:
                progress(tally)
    except Unavailable as error:
        return Outcome(table.headers, tally, tuple(refused), error.detail)
    return Outcome(table.headers, tally, tuple(refused))


def _results(job: _Job, rows: tuple[Row, ...]) -> Iterator[Refused | bool]:
    """For each row: why not, or whether it is new."""
    lines: dict[str, int] = {}
    for row in rows:
        if row.reasons:
            yield Refused(row.line, row.cells, row.reasons)
            continue
        key = request_key(job.room, job.kind, row)
        earlier = lines.setdefault(key, row.line)
        if earlier != row.line:
            same = Text(f"与第 {earlier} 行完全相同。", f"The same as line {earlier}.")
            yield Refused(row.line, row.cells, (same,))
        else:
            yield _issue(job, row, key)


def _issue(job: _Job, row: Row, key: str) -> Refused | bool:
    data: dict[str, object] = {name: value for name, value in row.values.items() if name != NUMBER}
    request = IssueRequest(job.kind.slug, data, key, job.suites, row.values.get(NUMBER))
    try:
        return issue_once(job.room, job.principal, request).new
    except Unavailable:
        raise
    except InvalidInput as error:
        return Refused(row.line, row.cells, tuple(fault.detail for fault in error.faults) or (error.detail,))
    except YinxinError as error:
        return Refused(row.line, row.cells, (error.detail,))


def request_key(room: LicenceRoom, kind: LicenceType, row: Row) -> str:
    """Keyed: a plain digest of a name and a number could be guessed from the database."""
    said = json.dumps(row.values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "import:" + room.ground.mac.mac("licence.import-row", f"{kind.slug}\n{said}".encode()).hex()

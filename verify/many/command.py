"""`yinxin verify` over folders, lists and streams (批量核验命令): the worst verdict is the exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from verify.context import Context
from verify.many import gathering
from verify.many.gathering import Item
from verify.many.interruption import Interruption
from verify.many.refusals import refused
from verify.many.running import run
from verify.many.telling import Form, teller
from verify.report import Verdict
from verify.sandbox.pool import shared

STREAM = "-"
INTERRUPTED = 130
_EXITS = ((Verdict.NOT_GENUINE, 1), (Verdict.CANNOT_TELL, 2))


def asked_for(things: tuple[str, ...]) -> bool:
    return any(thing == STREAM or _is_folder(thing) for thing in things)


def form_of(as_json: bool, as_lines: bool) -> Form:  # noqa: FBT001 - click flags
    return "jsonl" if as_lines else "json" if as_json else "table"


def verify(things: tuple[str, ...], context: Context, form: Form, summary: Path | None) -> NoReturn:
    """Ends the process: 0 all genuine, 1 one is not, 2 one cannot be told (or nothing came), 130 interrupted."""
    seen: set[Verdict] = set()
    interruption = Interruption()
    try:
        with interruption.watched(), teller(form, summary, context.clock) as tell:
            for report in run(_items(things, context), context, shared()):
                seen.add(report.verdict)
                with interruption.whole():
                    tell(report)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(next((code for verdict, code in _EXITS if verdict in seen), 0 if seen else 2))


def _items(things: tuple[str, ...], context: Context) -> Iterator[Item]:
    for thing in things:
        if thing == STREAM:
            yield from gathering.stream(sys.stdin.buffer, context)
        elif _is_folder(thing):
            yield from gathering.folder(Path(thing), context, f"{thing.rstrip('/')}/")
        elif len(thing) <= gathering.MOST_PATH:
            yield gathering.file(Path(thing), thing, context)
        else:
            yield Item(thing[:80], answer=refused(thing[:80], "file.unreadable", context, "path too long"))


def _is_folder(thing: str) -> bool:
    try:
        return len(thing) <= gathering.MOST_PATH and Path(thing).is_dir()
    except (OSError, ValueError):
        return False

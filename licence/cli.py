"""`yinxin licence …` (证照命令): import a file, recover after a crash. `server` opens the room and plugs it in."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ca.suites import Suite
from foundation.principal import Kind, Permission, Principal
from licence import authority
from licence.catalogue import catalogue
from licence.importing import Outcome, Tally, import_file
from licence.room import LicenceRoom
from licence.sheet import LINE, REASONS, escaped

OpenRoom = Callable[[], AbstractContextManager[LicenceRoom]]

SOME_REFUSED, STOPPED = 1, 2
"""Exit codes beside 0 (every row issued); click itself answers 2 to misuse."""


def group(open_room: OpenRoom) -> click.Group:
    """The commands over a room that `open_room` opens and closes."""

    @click.group("licence")
    def licence() -> None:
        """电子证照 / electronic licences."""

    @licence.command("import")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--type", "type_slug", required=True, type=click.Choice(sorted(catalogue())), help="证照类型 / type")
    @click.option(
        "--department",
        help="颁发部门的统一社会信用代码；只有一个部门可颁发时可省略 / the issuing department's credit code",
    )
    @click.option("--dual", is_flag=True, help="PDF 同时加盖 SM2 与 RSA 签章 / seal PDFs with SM2 and RSA")
    @click.option("--json", "as_json", is_flag=True, help="机器可读 / for programs")
    def import_(file: Path, type_slug: str, department: str | None, *, dual: bool, as_json: bool) -> None:
        """由 CSV 批量签发 / issue a licence for every row of a CSV; run it again to go on after a stop."""
        suites = (Suite.SM2, Suite.RSA) if dual else (Suite.SM2,)
        with open_room() as room, _bar(quiet=as_json) as bar:
            issuer = department or authority.only_department(room, type_slug)
            principal = Principal(Kind.SYSTEM, "cli:licence-import", frozenset(Permission), department=issuer)
            task = bar.add_task("签发 / issuing", total=None)

            def show(tally: Tally) -> None:
                bar.update(task, total=tally.rows, completed=tally.rows - tally.untried)

            outcome = import_file(room, principal, file.read_bytes(), type_slug=type_slug, suites=suites, progress=show)
        sys.exit(_report(file, outcome, as_json=as_json))

    @licence.command("recover")
    def recover_() -> None:
        """续办或撤销中断的签发 / finish or undo what a crash left unfinished."""
        from licence.recovery import recover

        with open_room() as room:
            done = recover(room)
        click.echo(
            f"续办 {len(done.finished)}，撤销 {len(done.undone)}，待办 {len(done.waiting)} / "
            f"finished {len(done.finished)}, undone {len(done.undone)}, waiting {len(done.waiting)}"
        )
        if done.waiting:
            sys.exit(STOPPED)

    return licence


def _bar(*, quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), disable=quiet)


def _report(file: Path, outcome: Outcome, *, as_json: bool) -> int:
    """Tell the counts, write the faults file, and choose the exit code."""
    faults = write_faults(file, outcome) if outcome.refused else None
    tally = outcome.tally
    if as_json:
        click.echo(json.dumps(_summary(outcome, faults), ensure_ascii=False, indent=2))
    else:
        click.echo(
            f"新签发 {tally.issued}，先前已签发 {tally.already}，有误 {tally.refused}，未处理 {tally.untried} / "
            f"issued {tally.issued}, issued before {tally.already}, refused {tally.refused}, untried {tally.untried}"
        )
        for row in outcome.refused[:20]:
            click.echo(
                f"  第 {row.line} 行 / line {row.line}: " + " ".join(reason.zh for reason in row.reasons), err=True
            )
        if faults:
            click.echo(f"有误的行及原因已写入 / rows in error, with reasons: {faults}", err=True)
        if outcome.stopped:
            click.echo(f"{outcome.stopped.zh} 重新运行同一命令即可续办。\n{outcome.stopped.en}", err=True)
    if outcome.stopped:
        return STOPPED
    return SOME_REFUSED if outcome.refused else 0


def _summary(outcome: Outcome, faults: Path | None) -> dict[str, object]:
    tally = outcome.tally
    return {
        "rows": tally.rows,
        "issued": tally.issued,
        "already": tally.already,
        "refused": tally.refused,
        "untried": tally.untried,
        "stopped": outcome.stopped.en if outcome.stopped else None,
        "faults_file": str(faults) if faults else None,
        "faults": [
            {"line": row.line, "reasons_zh": [r.zh for r in row.reasons], "reasons_en": [r.en for r in row.reasons]}
            for row in outcome.refused
        ],
    }


def write_faults(file: Path, outcome: Outcome) -> Path:
    """The refused rows as they stood, with line and reasons in front, ready to be put right and imported again."""
    target = file.with_name(f"{file.stem}.faults.csv")
    with target.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow([LINE, REASONS, *map(escaped, outcome.headers)])
        for row in outcome.refused:
            reasons = " ".join(reason.zh for reason in row.reasons)
            writer.writerow([row.line, reasons, *map(escaped, row.cells)])
    target.chmod(0o600)  # it holds people's data
    return target

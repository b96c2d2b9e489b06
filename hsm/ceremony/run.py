"""Holding the ceremony (举行仪式): the checklist, the witnesses, the steps in order, and the transcript at the end.

A step that fails ends the ceremony; what was done until then is written down all the same, with the failure as its
last event, so that a broken ceremony leaves evidence and not silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from foundation.clock import Clock
from foundation.errors import Conflict, YinxinError
from foundation.text import Text
from hsm.ceremony import approvals as approving
from hsm.ceremony.plan import Plan, Reviewed, Step
from hsm.ceremony.transcript import Record, Signature, Transcript, moment, put_new, signed_octets
from hsm.ceremony.words import CLOSING, OPENING, step_title

TRANSCRIPT = "transcript.json"


class Console(Protocol):
    """Whoever sits at the machine. A rehearsal answers for everybody and says so."""

    rehearsal: bool

    def say(self, text: str) -> None: ...

    def confirm(self, question: str, who: str) -> None:
        """Returns when `who` confirmed; raises `Stopped` when not."""
        ...

    def secret(self, prompt: str, *, new: bool) -> str: ...

    def hand_over(self, who: str, words: str) -> None:
        """Show `words` to one person only; they are never written down by us."""
        ...


class Stopped(Conflict):
    def __init__(self, who: str, question: str) -> None:
        super().__init__(
            "hsm.ceremony_stopped",
            Text(f"{who} 未予确认，仪式中止：{question}", f"{who} did not confirm, the ceremony stops: {question}"),
        )


@dataclass(slots=True)
class Done:
    """What a step took and made."""

    text: str
    inputs: dict[str, bytes] = field(default_factory=dict)
    outputs: dict[str, bytes] = field(default_factory=dict)


class Performer(Protocol):
    """Does the steps: the offline home with its keys. `server` makes it of `hsm` and `ca`."""

    def begin(self, console: Console) -> list[str]:
        """Open the home; lines for the transcript: which home, which libraries, whether a network is up."""
        ...

    def perform(self, step: Step, console: Console) -> Done: ...

    def sign(self, octets: bytes) -> tuple[Signature, ...]:
        """By every root key there is. Empty when none was made."""
        ...


def hold(
    reviewed: Reviewed,
    approvals: list[approving.Approval],
    performer: Performer,
    console: Console,
    clock: Clock,
    out: Path,
    tool: Mapping[str, str],
) -> Transcript:
    """The whole ceremony. Files and transcript go to `out`, which must be new or empty."""
    plan = reviewed.plan
    approving.demand(plan, reviewed.digest, approvals)
    if out.exists() and any(out.iterdir()):
        raise Conflict(
            "hsm.ceremony_out",
            Text(f"输出文件夹 {out} 不是空的。", f"The output folder {out} is not empty; outputs never replace files."),
        )
    record = Record(clock, _head(reviewed, approvals, tool, clock, rehearsal=console.rehearsal))
    try:
        _open(plan, record, performer, console)
        for number, step in enumerate(plan.steps, 1):
            _do(number, step, plan, record, performer, console, out)
        _check(plan, record, console, CLOSING)
    except YinxinError as error:
        record.event("failed", f"{error.detail.zh} {error.detail.en}")
        _finish(record, performer, out, complete=False)
        raise
    return _finish(record, performer, out, complete=True)


def _head(
    reviewed: Reviewed, approvals: list[approving.Approval], tool: Mapping[str, str], clock: Clock, *, rehearsal: bool
) -> dict[str, Any]:
    return {
        "title": reviewed.plan.title,
        "rehearsal": rehearsal,
        "plan": reviewed.octets.decode(),
        "plan_sha256": reviewed.digest,
        "approvals": [one.model_dump(mode="json") for one in approvals if one.digest == reviewed.digest],
        "tool": dict(tool),
        "started_at": moment(clock.now()),
    }


def _open(plan: Plan, record: Record, performer: Performer, console: Console) -> None:
    _say(record, console, f"{plan.title} · {plan.location}")
    if console.rehearsal:
        _say(record, console, "演练，不产生正式密钥 / REHEARSAL, no key of this run may be used")
    _check(plan, record, console, OPENING)
    for line in performer.begin(console):
        _say(record, console, line)


def _do(number: int, step: Step, plan: Plan, record: Record, performer: Performer, console: Console, out: Path) -> None:
    title = step_title(number, step)
    _say(record, console, title, step=number)
    console.confirm(f"执行 / go on: {title}", plan.people.operator)
    record.event("begun", title, step=number, by=plan.people.operator)
    done = performer.perform(step, console)
    for name, octets in done.inputs.items():
        record.took(name, octets)
    put_new(out, list(done.outputs.items()))
    for name, octets in done.outputs.items():
        record.gave(name, octets)
    _say(record, console, done.text, step=number)
    for witness in plan.people.witnesses:
        console.confirm(f"见证 / witnessed: {title}", witness)
        record.event("witnessed", title, step=number, by=witness)


def _check(plan: Plan, record: Record, console: Console, items: tuple[str, ...]) -> None:
    for item in items:
        console.confirm(item, plan.people.operator)
        record.event("checked", item, by=plan.people.operator)


def _say(record: Record, console: Console, text: str, *, step: int = 0) -> None:
    console.say(text)
    record.event("screen", text, step=step)


def _finish(record: Record, performer: Performer, out: Path, *, complete: bool) -> Transcript:
    body = {**record.body(), "complete": complete}
    transcript = Transcript(body, performer.sign(signed_octets(body)))
    put_new(out, [(TRANSCRIPT, transcript.octets())])
    return transcript

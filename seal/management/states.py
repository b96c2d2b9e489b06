"""The life of a seal (印章生命周期), as data: the one table, its drawing, and how to find a transition.

申请 → 审批 → 制作 → 备案 → 发放 → 使用 → 停用、恢复、变更 → 注销 → 销毁 (国办发〔2025〕33号; facts: standards 4.3).
Docs draw it, tests walk it, `machine.move` obeys it; nothing else in the house changes a state.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from foundation.principal import Permission
from foundation.text import Text
from seal.management import reasons
from seal.management.reasons import Reason


class State(StrEnum):
    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    MAKING = "making"
    MADE = "made"
    FILED = "filed"
    ISSUED = "issued"
    IN_USE = "in_use"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    DESTROYING = "destroying"
    DESTROYED = "destroyed"


FINAL = frozenset({State.REFUSED, State.WITHDRAWN, State.DESTROYED})
OVER = frozenset({State.REVOKED, State.SUPERSEDED, State.DESTROYING, State.DESTROYED})
"""Never to be used again; its certificates are revoked."""

WORDS: dict[State, Text] = {
    State.APPLIED: Text("待审批", "applied for"),
    State.REFUSED: Text("未批准", "refused"),
    State.WITHDRAWN: Text("已撤回", "withdrawn"),
    State.APPROVED: Text("已批准，待制作", "approved"),
    State.MAKING: Text("制作中", "being made"),
    State.MADE: Text("已制作，待备案", "made"),
    State.FILED: Text("已备案，待发放", "filed"),
    State.ISSUED: Text("已发放，待接收", "issued"),
    State.IN_USE: Text("在用", "in use"),
    State.SUSPENDED: Text("停用", "suspended"),
    State.REVOKED: Text("已注销", "revoked"),
    State.SUPERSEDED: Text("已变更替换", "replaced"),
    State.DESTROYING: Text("销毁中", "being destroyed"),
    State.DESTROYED: Text("已销毁", "destroyed"),
}


class Step(StrEnum):
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REFUSE = "refuse"
    BEGIN = "begin"
    MAKE = "make"
    FILE = "file"
    ISSUE = "issue"
    ACCEPT = "accept"
    SUSPEND = "suspend"
    RESUME = "resume"
    REPLACE = "replace"
    REVOKE = "revoke"
    RETIRE = "retire"
    DESTROY = "destroy"


STEP_WORDS: dict[Step, Text] = {
    Step.WITHDRAW: Text("撤回申请", "withdraw"),
    Step.APPROVE: Text("批准", "approve"),
    Step.REFUSE: Text("不予批准", "refuse"),
    Step.BEGIN: Text("开始制作", "begin making"),
    Step.MAKE: Text("制作", "make"),
    Step.FILE: Text("备案", "file"),
    Step.ISSUE: Text("发放", "issue"),
    Step.ACCEPT: Text("接收启用", "take into use"),
    Step.SUSPEND: Text("停用", "suspend"),
    Step.RESUME: Text("恢复", "resume"),
    Step.REPLACE: Text("变更替换", "replace"),
    Step.REVOKE: Text("注销", "revoke"),
    Step.RETIRE: Text("申请销毁", "begin destruction"),
    Step.DESTROY: Text("销毁", "destroy"),
}


class Who(StrEnum):
    KEEPER = "keeper"
    """A clerk of the seal's own department (`seal:apply`)."""
    APPROVER = "approver"
    """The approving authority (`seal:approve`), never who applied."""
    MAKER = "maker"
    """The making unit (`seal:make`), neither applicant nor approver."""
    REGISTRAR = "registrar"
    """Files and issues (`seal:file`); never the maker."""
    SYSTEM = "system"
    """Yinxin itself: what follows from another step, or finishes it."""


PERMISSIONS = {
    Who.KEEPER: Permission.SEAL_APPLY,
    Who.APPROVER: Permission.SEAL_APPROVE,
    Who.MAKER: Permission.SEAL_MAKE,
    Who.REGISTRAR: Permission.SEAL_FILE,
}


@dataclass(frozen=True, slots=True)
class Transition:
    step: Step
    source: State
    target: State
    who: frozenset[Who]
    reasons: frozenset[Reason]
    """One of these must be given; where there is one only, it goes without saying."""
    worded: bool = False
    """Must also say why in words."""


def _rows() -> tuple[Transition, ...]:
    keeper, approver = frozenset({Who.KEEPER}), frozenset({Who.APPROVER})
    maker, registrar, system = frozenset({Who.MAKER}), frozenset({Who.REGISTRAR}), frozenset({Who.SYSTEM})
    s, r = State, Reason

    def only(reason: Reason) -> frozenset[Reason]:
        return frozenset({reason})

    rows = [
        Transition(Step.WITHDRAW, s.APPLIED, s.WITHDRAWN, keeper, reasons.WITHDRAW),
        Transition(Step.APPROVE, s.APPLIED, s.APPROVED, approver, only(r.MEETS_RULES)),
        Transition(Step.REFUSE, s.APPLIED, s.REFUSED, approver, reasons.REFUSE, worded=True),
        Transition(Step.BEGIN, s.APPROVED, s.MAKING, maker, only(r.AS_APPROVED)),
        Transition(Step.MAKE, s.MAKING, s.MADE, maker | system, only(r.AS_APPROVED)),
        Transition(Step.FILE, s.MADE, s.FILED, registrar, only(r.AS_MADE)),
        Transition(Step.ISSUE, s.FILED, s.ISSUED, registrar, only(r.HANDED_OVER)),
        Transition(Step.ACCEPT, s.ISSUED, s.IN_USE, keeper, only(r.RECEIVED)),
        Transition(Step.SUSPEND, s.IN_USE, s.SUSPENDED, keeper | approver, reasons.SUSPEND, worded=True),
        Transition(Step.RESUME, s.SUSPENDED, s.IN_USE, approver, reasons.RESUME, worded=True),
    ]
    rows += [
        Transition(Step.REVOKE, source, s.REVOKED, keeper | approver, reasons.REVOKE, worded=True)
        for source in (s.APPROVED, s.MADE, s.FILED, s.ISSUED, s.IN_USE, s.SUSPENDED)
    ]
    rows += [
        Transition(Step.REPLACE, source, s.SUPERSEDED, system, only(r.SUPERSEDED)) for source in (s.IN_USE, s.SUSPENDED)
    ]
    rows += [
        Transition(Step.RETIRE, source, s.DESTROYING, maker, only(r.LIFE_OVER)) for source in (s.REVOKED, s.SUPERSEDED)
    ]
    rows.append(Transition(Step.DESTROY, s.DESTROYING, s.DESTROYED, maker | system, only(r.KEYS_DESTROYED)))
    return tuple(rows)


TRANSITIONS = _rows()


def transition(state: State, step: Step) -> Transition | None:
    """The one way `step` goes from here; None: it does not."""
    return next((row for row in TRANSITIONS if (row.source, row.step) == (state, step)), None)


def steps_from(state: State) -> tuple[Transition, ...]:
    return tuple(row for row in TRANSITIONS if row.source is state)


def drawing() -> str:
    """The table as a Mermaid state diagram; `docs/seals.md` carries it, a test compares."""
    lines = ["stateDiagram-v2", "  [*] --> applied: apply · keeper"]
    for row in TRANSITIONS:
        more = " (with words)" if row.worded else ""
        lines.append(f"  {row.source} --> {row.target}: {row.step} · {'/'.join(sorted(row.who))}{more}")
    lines += [f"  {state} --> [*]" for state in State if state in FINAL]
    return "\n".join(lines)


class Public(StrEnum):
    """What the status service tells of a seal (状态发布); an application that was never approved has no code."""

    NOT_IN_USE = "not_in_use"
    IN_USE = "in_use"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    DESTROYED = "destroyed"


PUBLIC: dict[State, Public | None] = {
    State.APPLIED: None,
    State.REFUSED: None,
    State.WITHDRAWN: None,
    State.APPROVED: Public.NOT_IN_USE,
    State.MAKING: Public.NOT_IN_USE,
    State.MADE: Public.NOT_IN_USE,
    State.FILED: Public.NOT_IN_USE,
    State.ISSUED: Public.NOT_IN_USE,
    State.IN_USE: Public.IN_USE,
    State.SUSPENDED: Public.SUSPENDED,
    State.REVOKED: Public.REVOKED,
    State.SUPERSEDED: Public.SUPERSEDED,
    State.DESTROYING: None,
    State.DESTROYED: Public.DESTROYED,
}
"""None changes nothing: a seal being destroyed is still revoked or replaced, and says so."""

"""The state machine of an application (申请状态机), as data: the one table, its drawing, and how to find a transition.

Docs draw it, tests walk it, `steps.py` obeys it; nothing else in the house changes a state (GM/T 0034 RA, 注册审核).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from foundation.text import Text


class Kind(StrEnum):
    """What is asked for."""

    NEW = "new"
    RENEW = "renew"
    REKEY = "rekey"
    CHANGE = "change"
    HOLD = "hold"
    RELEASE = "release"
    REVOKE = "revoke"


ISSUING = frozenset((Kind.NEW, Kind.RENEW, Kind.REKEY, Kind.CHANGE))
"""End with a certificate."""
ACTING = frozenset((Kind.HOLD, Kind.RELEASE, Kind.REVOKE))
"""End with another status of a certificate."""
EVERY = ISSUING | ACTING


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    ISSUING = "issuing"
    ISSUED = "issued"
    DELIVERED = "delivered"
    DONE = "done"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


FINAL = frozenset((State.DELIVERED, State.DONE, State.REJECTED, State.WITHDRAWN, State.EXPIRED))
DEAD = frozenset((State.REJECTED, State.WITHDRAWN, State.EXPIRED))
"""Over without effect: the same may be asked for again."""

WORDS: dict[State, Text] = {
    State.DRAFT: Text("草稿", "draft"),
    State.SUBMITTED: Text("已提交", "submitted"),
    State.RETURNED: Text("退回补正", "returned for correction"),
    State.REVIEWED: Text("已初审", "reviewed"),
    State.APPROVED: Text("已批准", "approved"),
    State.ISSUING: Text("签发中", "issuing"),
    State.ISSUED: Text("已签发", "issued"),
    State.DELIVERED: Text("已交付", "delivered"),
    State.DONE: Text("已执行", "done"),
    State.REJECTED: Text("已驳回", "rejected"),
    State.WITHDRAWN: Text("已撤回", "withdrawn"),
    State.EXPIRED: Text("已过期", "expired"),
}
KIND_WORDS: dict[Kind, Text] = {
    Kind.NEW: Text("新申请", "new certificate"),
    Kind.RENEW: Text("续期", "renewal"),
    Kind.REKEY: Text("换密钥", "new key"),
    Kind.CHANGE: Text("信息变更", "change of details"),
    Kind.HOLD: Text("冻结", "hold"),
    Kind.RELEASE: Text("解冻", "release"),
    Kind.REVOKE: Text("撤销", "revocation"),
}


class Step(StrEnum):
    SUBMIT = "submit"
    CHANGE = "change"
    RETURN = "return"
    REVIEW = "review"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    BEGIN = "begin"
    REPEAT = "repeat"
    REFUSE = "refuse"
    ISSUE = "issue"
    DELIVER = "deliver"
    ACT = "act"
    EXPIRE = "expire"


STEP_WORDS: dict[Step, Text] = {
    Step.SUBMIT: Text("提交", "submit"),
    Step.CHANGE: Text("修改", "change"),
    Step.RETURN: Text("退回", "return"),
    Step.REVIEW: Text("初审通过", "review"),
    Step.APPROVE: Text("复审批准", "approve"),
    Step.REJECT: Text("驳回", "reject"),
    Step.WITHDRAW: Text("撤回", "withdraw"),
    Step.BEGIN: Text("开始签发", "begin issuing"),
    Step.REPEAT: Text("重新领取", "collect anew"),
    Step.REFUSE: Text("无法执行", "refuse"),
    Step.ISSUE: Text("签发", "issue"),
    Step.DELIVER: Text("交付", "deliver"),
    Step.ACT: Text("执行", "carry out"),
    Step.EXPIRE: Text("过期", "expire"),
}


class Who(StrEnum):
    ASKER = "asker"
    """Who filed it, whoever may act for the same organisation, or the holder."""
    OFFICER = "officer"
    """A person with `ra:review` who is neither asker nor holder."""
    APPROVER = "approver"
    """A person with `ra:approve` who is neither asker, nor holder, nor the one who reviewed."""
    SYSTEM = "system"
    """Yinxin itself, after the approvals or when time is up."""


@dataclass(frozen=True, slots=True)
class Transition:
    step: Step
    source: State
    target: State
    who: frozenset[Who]
    kinds: frozenset[Kind] = EVERY
    needed: frozenset[int] = frozenset((0, 1, 2))
    """Of how many approvals the application must be for this way."""
    reasoned: bool = False
    """Must say why."""


def _rows() -> tuple[Transition, ...]:
    asker, system = frozenset((Who.ASKER,)), frozenset((Who.SYSTEM,))
    officer, approver = frozenset((Who.OFFICER,)), frozenset((Who.APPROVER,))
    either = officer | approver
    at_once, looked_at = frozenset((0,)), frozenset((1, 2))
    s = State
    rows = [
        Transition(Step.SUBMIT, s.DRAFT, s.SUBMITTED, asker, needed=looked_at),
        Transition(Step.SUBMIT, s.DRAFT, s.APPROVED, asker, ACTING, at_once),
        Transition(Step.SUBMIT, s.RETURNED, s.SUBMITTED, asker, needed=looked_at),
        Transition(Step.CHANGE, s.DRAFT, s.DRAFT, asker),
        Transition(Step.CHANGE, s.RETURNED, s.RETURNED, asker),
        Transition(Step.CHANGE, s.SUBMITTED, s.SUBMITTED, asker),
        Transition(Step.CHANGE, s.REVIEWED, s.SUBMITTED, asker),
        Transition(Step.REVIEW, s.SUBMITTED, s.APPROVED, officer, needed=frozenset((1,))),
        Transition(Step.REVIEW, s.SUBMITTED, s.REVIEWED, officer, needed=frozenset((2,))),
        Transition(Step.APPROVE, s.REVIEWED, s.APPROVED, approver, needed=frozenset((2,))),
        Transition(Step.RETURN, s.SUBMITTED, s.RETURNED, officer, reasoned=True),
        Transition(Step.RETURN, s.REVIEWED, s.RETURNED, either, reasoned=True),
        Transition(Step.REJECT, s.SUBMITTED, s.REJECTED, officer, reasoned=True),
        Transition(Step.REJECT, s.REVIEWED, s.REJECTED, either, reasoned=True),
        Transition(Step.BEGIN, s.APPROVED, s.ISSUING, system, ISSUING),
        Transition(Step.ISSUE, s.ISSUING, s.ISSUED, system, ISSUING),
        Transition(Step.REPEAT, s.ISSUING, s.APPROVED, system, ISSUING, reasoned=True),
        Transition(Step.REFUSE, s.ISSUING, s.RETURNED, system, ISSUING, reasoned=True),
        Transition(Step.DELIVER, s.ISSUED, s.DELIVERED, asker | system, ISSUING),
        Transition(Step.ACT, s.APPROVED, s.DONE, system, ACTING),
        Transition(Step.REFUSE, s.APPROVED, s.REJECTED, system, ACTING, reasoned=True),
    ]
    for source in (s.DRAFT, s.RETURNED, s.SUBMITTED, s.REVIEWED):
        rows.append(Transition(Step.WITHDRAW, source, s.WITHDRAWN, asker))
        waits_for_us = source in (s.SUBMITTED, s.REVIEWED)  # a revocation we were asked for never lapses
        rows.append(
            Transition(Step.EXPIRE, source, s.EXPIRED, system, EVERY - {Kind.REVOKE} if waits_for_us else EVERY)
        )
    rows.append(Transition(Step.WITHDRAW, s.APPROVED, s.WITHDRAWN, asker, ISSUING))
    rows.append(Transition(Step.EXPIRE, s.APPROVED, s.EXPIRED, system, ISSUING))
    return tuple(rows)


TRANSITIONS = _rows()


def transition(state: State, step: Step, kind: Kind, needed: int) -> Transition | None:
    """The one way `step` goes from here; None: it does not."""
    return next(
        (
            row
            for row in TRANSITIONS
            if (row.step, row.source) == (step, state) and kind in row.kinds and needed in row.needed
        ),
        None,
    )


def steps_from(state: State, kind: Kind, needed: int) -> tuple[Transition, ...]:
    return tuple(row for row in TRANSITIONS if row.source is state and kind in row.kinds and needed in row.needed)


_COUNTS = {frozenset((0,)): "takes effect at once", frozenset((1,)): "one person", frozenset((2,)): "two persons"}


def drawing() -> str:
    """The table as a Mermaid state diagram; `docs/registration.md` carries it, a test compares."""
    lines = ["stateDiagram-v2", "  [*] --> draft"]
    for row in TRANSITIONS:
        notes = [_COUNTS[row.needed]] if row.needed in _COUNTS else []
        if row.kinds == ACTING:
            notes.append("hold, release, revoke")
        elif row.kinds == EVERY - {Kind.REVOKE}:
            notes.append("not revoke")
        who = "/".join(sorted(row.who))
        more = f" ({'; '.join(notes)})" if notes else ""
        lines.append(f"  {row.source} --> {row.target}: {row.step} · {who}{more}")
    lines += [f"  {state} --> [*]" for state in State if state in FINAL]
    return "\n".join(lines)

"""The steps people take (办理动作): submit, review, approve, return, reject, withdraw. One verb, obeying the table.

A decision names the digest of what was looked at; if the application says something else by now, nothing happens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ca.registration import access, apply, content, evidence, filing, issuing, machine, policy
from ca.registration.errors import Changed, ReasonMissing
from ca.registration.models import CaRegistration, CaRegistrationEvidence
from ca.registration.policy import Channel, Evidence
from ca.registration.room import RegistrationRoom
from ca.registration.states import ISSUING, Kind, State, Step, Who
from foundation.errors import InvalidInput, YinxinError
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import same

TAKEN_BY_PEOPLE = frozenset((Step.SUBMIT, Step.REVIEW, Step.APPROVE, Step.RETURN, Step.REJECT, Step.WITHDRAW))
DECISIONS = frozenset((Step.REVIEW, Step.APPROVE, Step.RETURN, Step.REJECT))
_MOST_REASON = 500
MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True, repr=False)
class Taken:
    """A step for one of several applications."""

    id: UUID
    digest: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    id: UUID
    state: State | None
    error: YinxinError | None = None


def take(
    room: RegistrationRoom,
    principal: Principal,
    registration_id: UUID,
    step: Step,
    *,
    digest: str | None = None,
    reason: str | None = None,
) -> State:
    """Take a step; what follows from it (issuing, holding, revoking, sending a code) is carried out at once."""
    if step not in TAKEN_BY_PEOPLE:
        raise InvalidInput(
            "ca.registration.step", Text("没有这个操作。", f"Steps are {', '.join(sorted(TAKEN_BY_PEOPLE))}.")
        )
    own, ground = access.own_index(room, principal), room.ground
    reason = _said(reason)
    seen = _ready(room, principal, own, registration_id) if step is Step.SUBMIT else digest
    with ground.db.begin() as session:
        row = access.load(session, principal, own, registration_id, lock=True)
        way = machine.way(row, step)
        who = access.check(session, row, principal, own, way)
        if way.reasoned and reason is None:
            raise ReasonMissing
        present = content.digest(ground, row, content.attached(session, row))
        if (step in DECISIONS or step is Step.SUBMIT) and not (seen and same(seen.encode(), present.encode())):
            raise Changed
        if step in (Step.REVIEW, Step.APPROVE):
            machine.agree(ground, session, row, principal, step, present)
        machine.move(ground, session, row, principal, way, asker=who is Who.ASKER, reason=reason)
    if way.target is State.APPROVED:
        return issuing.carry_out(room, registration_id)
    return way.target


def take_many(
    room: RegistrationRoom, principal: Principal, chosen: Sequence[Taken], step: Step, *, reason: str | None = None
) -> list[Outcome]:
    """The same step for several, each on its own: one refusal stops no other."""
    if len(chosen) > MOST_AT_ONCE:
        raise InvalidInput(
            "ca.registration.too_many",
            Text(f"一次最多处理 {MOST_AT_ONCE} 份。", f"At most {MOST_AT_ONCE} applications at once."),
        )
    outcomes = []
    for one in chosen:
        try:
            state = take(room, principal, one.id, step, digest=one.digest, reason=reason)
            outcomes.append(Outcome(one.id, state))
        except YinxinError as error:
            outcomes.append(Outcome(one.id, None, error))
    return outcomes


def _ready(room: RegistrationRoom, principal: Principal, own: str | None, registration_id: UUID) -> str:
    """Complete, and lintable as it would be issued; returns the digest of what was checked."""
    ground = room.ground
    with ground.db.read() as session:
        row = access.load(session, principal, own, registration_id)
        machine.way(row, Step.SUBMIT)
        attached = content.attached(session, row)
        said, digest = content.opened(ground, row), content.digest(ground, row, attached)
    _check_evidence(row, attached)
    if Kind(row.kind) in ISSUING:
        profile = room.ca.profile(row.profile)
        filing.check(room, profile, apply.application(row, said), said, ground.clock.now())
    return digest


def _check_evidence(row: CaRegistration, attached: Sequence[CaRegistrationEvidence]) -> None:
    wanted = policy.evidence(Kind(row.kind), Channel(row.channel))
    if wanted and not wanted & {Evidence(one.kind) for one in attached}:
        raise evidence.missing(wanted)


def _said(reason: str | None) -> str | None:
    text = (reason or "").strip()
    if len(text) > _MOST_REASON:
        raise InvalidInput(
            "ca.registration.reason_length", Text("原因不能超过 500 字。", "A reason has 500 characters at most.")
        )
    return text or None

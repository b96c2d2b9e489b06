"""Moving an application (状态迁移): the one place that writes a state, each time with history and audit row.

Approvals are kept beside it, keyed, and counted again before anything is issued: a row edited in the database to
`approved` is not approved.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.registration import content, policy
from ca.registration.errors import NotNow
from ca.registration.models import CaRegistration, CaRegistrationApproval, CaRegistrationStep
from ca.registration.states import (
    DEAD,
    ISSUING,
    STEP_WORDS,
    WORDS,
    Kind,
    State,
    Step,
    Transition,
    transition,
)
from foundation.errors import Damaged
from foundation.ground import Ground
from foundation.principal import Kind as PrincipalKind
from foundation.principal import Permission, Principal
from foundation.text import Text
from hsm.digests import same

REGISTRAR = Principal(PrincipalKind.SYSTEM, "system:registration", permissions=frozenset(Permission))
"""Carries out what people decided; who decided stands in the history."""


def way(row: CaRegistration, step: Step) -> Transition:
    """The transition `step` means here; `NotNow` when there is none."""
    found = way_or_none(row, step)
    if found is None:
        raise NotNow(STEP_WORDS[step], WORDS[State(row.state)])
    return found


def way_or_none(row: CaRegistration, step: Step) -> Transition | None:
    return transition(State(row.state), step, Kind(row.kind), row.needed)


def move(
    ground: Ground,
    session: Session,
    row: CaRegistration,
    actor: Principal,
    taken: Transition,
    *,
    asker: bool = False,
    reason: str | None = None,
) -> None:
    """Go `taken`, which the caller has found and checked, in this transaction."""
    if row.state != taken.source:
        raise NotNow(STEP_WORDS[taken.step], WORDS[State(row.state)])
    now = ground.clock.now()
    row.state, row.changed_at, row.ends_at = taken.target, now, ends(row, taken, now)
    if taken.step is Step.CHANGE:
        row.round += 1
    if taken.target in DEAD:
        row.row_key = None  # the same line may be filed again
    if taken.step is Step.SUBMIT:
        row.submitted_at = row.submitted_at or now
    note(ground, session, row, actor, taken.step, taken.source, asker=asker, reason=reason)


def note(
    ground: Ground,
    session: Session,
    row: CaRegistration,
    actor: Principal,
    step: Step,
    source: State | None,
    *,
    asker: bool,
    reason: str | None = None,
) -> None:
    """One line of history and one audit row. The reason is in the history only: people write names into reasons."""
    identifier = ground.ids.uuid7()
    sealed = None if reason is None else ground.cipher.encrypt("ca_registration_step", "reason", identifier, reason)
    row.moves += 1
    session.add(
        CaRegistrationStep(
            id=identifier,
            registration_id=row.id,
            number=row.moves,
            step=step if source is not None else "file",
            source=source,
            target=row.state,
            actor=actor.label,
            asker=asker,
            at=ground.clock.now(),
            reason=sealed,
        )
    )
    ground.audit.record(
        session,
        actor,
        action=f"ca.registration.{step if source is not None else 'file'}",
        object=f"registration:{row.id}",
        payload={"kind": row.kind, "profile": row.profile, "state": row.state, "round": row.round},
    )


def ends(row: CaRegistration, taken: Transition, now: datetime) -> datetime:
    """When it lapses. Going round in a state does not make it live longer."""
    life = policy.LIVES.get(taken.target)
    return row.ends_at if life is None or taken.target is taken.source else now + life


# --- approvals -------------------------------------------------------------------------------------------------------


def agree(ground: Ground, session: Session, row: CaRegistration, actor: Principal, step: Step, digest: str) -> None:
    """Keep that `actor` agreed to what `digest` stands for, in this round."""
    session.add(
        CaRegistrationApproval(
            registration_id=row.id,
            round=row.round,
            step=step,
            actor=actor.label,
            digest=digest,
            at=ground.clock.now(),
            mac=_mac(ground, row, step, actor.label, digest),
        )
    )


def _mac(ground: Ground, row: CaRegistration, step: str, actor: str, digest: str) -> bytes:
    return ground.mac.mac("ca.registration.approval", f"{row.id}|{row.round}|{step}|{digest}|{actor}".encode())


def agreed(session: Session, row: CaRegistration) -> list[CaRegistrationApproval]:
    """Approvals of the present round, which are the only ones that count."""
    query = select(CaRegistrationApproval).where(
        CaRegistrationApproval.registration_id == row.id, CaRegistrationApproval.round == row.round
    )
    return list(session.scalars(query.order_by(CaRegistrationApproval.at)))


def check_agreed(ground: Ground, session: Session, row: CaRegistration) -> None:
    """Count again, from the evidence: enough persons, each a different one, none of the asking side, all to this text.

    Raises `Damaged`, because the application says it is approved and is not.
    """
    present = content.digest(ground, row, content.attached(session, row))
    askers = set(
        session.scalars(
            select(CaRegistrationStep.actor).where(
                CaRegistrationStep.registration_id == row.id, CaRegistrationStep.asker.is_(True)
            )
        )
    )
    sound = {
        one.actor
        for one in agreed(session, row)
        if same(one.mac, _mac(ground, row, one.step, one.actor, one.digest)) and one.digest == present
    }
    least = max(row.needed, 1 if Kind(row.kind) in ISSUING else 0)
    if len(sound - askers - {row.filer}) < least:
        raise Damaged(
            "ca.registration.approvals",
            Text(
                "申请的审批记录与内容不符，已停止办理。请审计人员核查。",
                "The approvals of this application do not fit what it says; nothing was done. Have it audited.",
            ),
        )

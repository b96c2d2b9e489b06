"""The table of transitions against itself, against its drawing, and against what the verbs really do."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from ca.registration import search, steps
from ca.registration.errors import NotNow, RegistrationUnknown
from ca.registration.models import CaRegistration
from ca.registration.states import (
    ACTING,
    FINAL,
    ISSUING,
    KIND_WORDS,
    STEP_WORDS,
    TRANSITIONS,
    WORDS,
    Kind,
    State,
    Step,
    Who,
    drawing,
    steps_from,
    transition,
)
from ca.registration.steps import TAKEN_BY_PEOPLE
from foundation.errors import YinxinError
from foundation.principal import Principal
from tests.ca.registration.desk import (
    APPROVER,
    AUDITOR,
    CITIZEN,
    NEIGHBOUR,
    OFFICER,
    PROGRAM,
    REGISTRAR,
    STRANGER,
    Desk,
)

DOCS = Path(__file__).resolve().parents[3] / "docs" / "registration.md"


def test_docs_draw_the_table() -> None:
    assert f"```mermaid\n{drawing()}\n```" in DOCS.read_text(encoding="utf-8")


def test_no_step_goes_two_ways() -> None:
    ways = Counter(
        (row.source, row.step, kind, needed) for row in TRANSITIONS for kind in row.kinds for needed in row.needed
    )
    assert max(ways.values()) == 1


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_ends_and_only_in_final_states(kind: Kind) -> None:
    for needed in (0, 1, 2) if kind in ACTING else (1, 2):
        reached, todo = {State.DRAFT}, [State.DRAFT]
        while todo:
            for row in steps_from(todo.pop(), kind, needed):
                if row.target not in reached:
                    reached.add(row.target)
                    todo.append(row.target)
        assert (State.DONE if kind in ACTING else State.DELIVERED) in reached
        for state in reached:
            assert bool(steps_from(state, kind, needed)) == (state not in FINAL), (kind, needed, state)


def test_nothing_is_issued_or_done_without_the_approvals_it_takes() -> None:
    """By the table alone: no way from a draft to an effect that passes fewer persons than needed."""
    for kind, needed in itertools.product(Kind, (0, 1, 2)):
        todo = [(State.DRAFT, frozenset[Step]())]
        seen = set(todo)
        while todo:
            state, agreed = todo.pop()
            if state in (State.APPROVED, State.ISSUING, State.ISSUED, State.DONE):
                assert len(agreed) >= needed, (kind, needed, state)
            for row in steps_from(state, kind, needed):
                then = agreed | {row.step} if row.step in (Step.REVIEW, Step.APPROVE) else agreed
                if row.step is Step.CHANGE:
                    then = frozenset()
                if (row.target, then) not in seen:
                    seen.add((row.target, then))
                    todo.append((row.target, then))
    assert all(row.needed.isdisjoint({0}) for row in TRANSITIONS if row.target is State.APPROVED and row.kinds & ISSUING
               and row.step is not Step.REPEAT)  # fmt: skip


def test_a_refusal_always_says_why() -> None:
    assert {row.step for row in TRANSITIONS if row.reasoned} == {Step.RETURN, Step.REJECT, Step.REPEAT, Step.REFUSE}


def test_everything_has_words() -> None:
    assert set(WORDS) == set(State)
    assert set(STEP_WORDS) == set(Step)
    assert set(KIND_WORDS) == set(Kind)


def put(desk: Desk, identifier: object, **values: object) -> None:
    with desk.room.ground.db.begin() as session:
        session.execute(update(CaRegistration).where(CaRegistration.id == identifier).values(**values))


def test_every_illegal_step_is_refused_and_changes_nothing(desk: Desk) -> None:
    identifier = desk.file(CITIZEN, desk.own())
    tried = 0
    for state, kind, needed in itertools.product(State, (Kind.NEW, Kind.HOLD, Kind.REVOKE), (0, 1, 2)):
        put(desk, identifier, state=state, kind=kind, needed=needed)
        for step in TAKEN_BY_PEOPLE:
            if transition(state, step, kind, needed) is None:
                who = CITIZEN if step in (Step.SUBMIT, Step.WITHDRAW) else OFFICER
                with pytest.raises(NotNow):
                    steps.take(desk.room, who, identifier, step, digest="0" * 64, reason="因")
                tried += 1
        assert desk.state(identifier) == state
    assert tried > 400
    with pytest.raises(YinxinError):
        steps.take(desk.room, CITIZEN, identifier, Step.ISSUE)
    put(desk, identifier, state=State.WITHDRAWN, kind=Kind.NEW, needed=1)


ACTORS: dict[str, tuple[Principal, frozenset[Who]]] = {
    "citizen": (CITIZEN, frozenset((Who.ASKER,))),
    "officer": (OFFICER, frozenset((Who.OFFICER,))),
    "approver": (APPROVER, frozenset((Who.APPROVER,))),
    "auditor": (AUDITOR, frozenset()),
    "neighbour": (NEIGHBOUR, frozenset()),
    "program": (PROGRAM, frozenset()),
    "stranger": (STRANGER, frozenset()),
    "registrar": (REGISTRAR, frozenset()),
}
MOVES = st.tuples(st.sampled_from(sorted(ACTORS)), st.sampled_from(sorted(TAKEN_BY_PEOPLE)))


def test_any_walk_follows_the_table(desk: Desk) -> None:
    """Whoever does whatever in whichever order: the state is what the table says, or nothing happened."""

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(moves=st.lists(MOVES, min_size=3, max_size=9), needed=st.sampled_from((1, 2)))
    def walk(moves: list[tuple[str, Step]], needed: int) -> None:
        identifier = desk.file(CITIZEN, desk.own())
        put(desk, identifier, needed=needed)
        state, agreed = State.DRAFT, set[str]()
        for name, step in moves:
            actor, roles = ACTORS[name]
            way = transition(state, Step(step), Kind.NEW, needed)
            legal = way is not None and bool(way.who & roles)
            try:
                desk.take(actor, identifier, Step(step), reason="因")
            except YinxinError:
                assert not legal, (state, name, step)
            else:
                assert legal, (state, name, step)
                assert way is not None
                if way.step in (Step.REVIEW, Step.APPROVE):
                    agreed.add(name)
                state = State.ISSUED if way.target is State.APPROVED else way.target
            assert desk.state(identifier) == state
        if state is State.ISSUED:
            assert len(agreed) == needed
        history = search.find(desk.room, CITIZEN, identifier).history
        assert [one.target for one in history][-1] == state
        assert all(a.target == b.source for a, b in itertools.pairwise(history))

    walk()


@pytest.mark.parametrize("who", ["neighbour", "program", "stranger", "registrar"])
def test_somebody_else_s_application_does_not_exist(desk: Desk, who: str) -> None:
    identifier = desk.submitted(CITIZEN, desk.own())
    actor = ACTORS[who][0]
    for verb in (search.find, search.read):
        with pytest.raises(RegistrationUnknown):
            verb(desk.room, actor, identifier)
    assert identifier not in {one.id for one in search.search(desk.room, actor, search.Query(limit=100)).items}

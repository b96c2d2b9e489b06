"""The table of transitions against itself, its drawing, and what the verbs really do; who may take which step."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from foundation.errors import Forbidden, YinxinError
from foundation.principal import Kind, Permission, Principal
from seal.kinds import KINDS, SealKind
from seal.management import finding, making, reasons, steps
from seal.management.errors import FileUnknown, NotApproved, NotNow, OwnApplication, PersonsOnly, ReasonNeeded
from seal.management.reasons import Reason
from seal.management.states import (
    FINAL,
    OVER,
    PUBLIC,
    STEP_WORDS,
    TRANSITIONS,
    WORDS,
    State,
    Step,
    drawing,
    steps_from,
)
from seal.management.steps import TAKEN_BY_PEOPLE, Given
from tests.seal.conftest import MARKET
from tests.seal.management.office import (
    APPROVER,
    AUDITOR,
    CALLERS,
    CITIZEN,
    CLERK,
    MAKER,
    OTHER_CLERK,
    PROGRAM,
    READER,
    REGISTRAR,
    WHY,
    Office,
    person,
)

DOCS = Path(__file__).resolve().parents[3] / "docs" / "seals.md"
P = Permission


# --- the table by itself ---------------------------------------------------------------------------------------------


def test_docs_draw_the_table() -> None:
    assert f"```mermaid\n{drawing()}\n```" in DOCS.read_text(encoding="utf-8")


def test_no_step_goes_two_ways_and_every_state_has_words() -> None:
    assert max(Counter((row.source, row.step) for row in TRANSITIONS).values()) == 1
    assert set(WORDS) == set(PUBLIC) == set(State)
    assert set(STEP_WORDS) == set(Step)
    assert set(reasons.WORDS) == set(Reason)
    assert set(KINDS) == set(SealKind)


def test_every_state_is_reached_and_only_final_ones_end() -> None:
    reached, todo = {State.APPLIED}, [State.APPLIED]
    while todo:
        for row in steps_from(todo.pop()):
            if row.target not in reached:
                reached.add(row.target)
                todo.append(row.target)
    assert reached == set(State)
    assert {state for state in State if not steps_from(state)} == FINAL


def test_no_way_to_use_that_passes_fewer_than_four_roles() -> None:
    """By the table alone: applicant, approver, maker and registrar each have their step on every way."""
    todo: list[tuple[State, tuple[Step, ...]]] = [(State.APPLIED, ())]
    ways = []
    while todo:
        state, taken = todo.pop()
        if state is State.IN_USE:
            ways.append(taken)
            continue
        todo += [(row.target, (*taken, row.step)) for row in steps_from(state) if row.step not in taken]
    assert ways == [(Step.APPROVE, Step.BEGIN, Step.MAKE, Step.FILE, Step.ISSUE, Step.ACCEPT)]
    assert not any(row.target in (State.IN_USE, State.SUSPENDED) for row in TRANSITIONS if row.source in OVER)


# --- the verbs obey it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state", [State.APPLIED, State.APPROVED, State.MADE, State.IN_USE, State.SUSPENDED, State.REVOKED, State.REFUSED]
)
def test_what_the_table_does_not_have_is_refused(one_office: Office, state: State) -> None:
    file = one_office.some(state)
    possible = {row.step for row in steps_from(state)}
    everything = Principal(Kind.SYSTEM, "system:test", frozenset(Permission))
    for step in sorted(TAKEN_BY_PEOPLE - possible):
        with pytest.raises(NotNow):
            steps.take(one_office.room, everything, file, step, WHY.get(step, Given()))
    if Step.BEGIN not in possible:
        with pytest.raises(NotNow):
            making.make(one_office.room, everything, file)
    assert one_office.row(file).state == state


@pytest.mark.parametrize("step", [Step.BEGIN, Step.MAKE, Step.REPLACE, Step.RETIRE, Step.DESTROY])
def test_steps_of_the_system_are_nobody_s_to_take(one_office: Office, step: Step) -> None:
    file = one_office.at(State.APPROVED)
    with pytest.raises(YinxinError, match="not one to be taken"):
        steps.take(one_office.room, MAKER, file, step)


@pytest.mark.parametrize(
    ("step", "given"),
    [
        (Step.REFUSE, Given()),
        (Step.REFUSE, Given(Reason.INCOMPLETE)),
        (Step.REFUSE, Given(Reason.INCOMPLETE, "  ")),
        (Step.REFUSE, Given(Reason.LOST, "不是这一步的原因")),
        (Step.REFUSE, Given(Reason.INCOMPLETE, "长" * 501)),
        (Step.WITHDRAW, Given()),
        (Step.APPROVE, Given(Reason.MISTAKE)),
    ],
)
def test_reasons_are_required_and_must_fit(one_office: Office, step: Step, given: Given) -> None:
    file = one_office.at(State.APPLIED)
    with pytest.raises(ReasonNeeded):
        steps.take(one_office.room, CLERK if step is Step.WITHDRAW else APPROVER, file, step, given)
    assert one_office.row(file).moves == 1


# --- who may ---------------------------------------------------------------------------------------------------------


def test_nobody_approves_makes_or_files_his_own(one_office: Office) -> None:
    every = (P.SEAL_APPLY, P.SEAL_APPROVE, P.SEAL_MAKE, P.SEAL_FILE, P.SEAL_READ)
    one, two, three = (person(number, MARKET, *every) for number in (31, 32, 33))
    file = one_office.apply(one)
    with pytest.raises(OwnApplication):
        one_office.take(file, Step.APPROVE, one)
    again = Principal(Kind.OFFICIAL, "person:another-account", frozenset(every), MARKET, one.person_id)
    with pytest.raises(OwnApplication):
        one_office.take(file, Step.APPROVE, again)
    with pytest.raises(OwnApplication):
        one_office.take(file, Step.REFUSE, one)
    one_office.take(file, Step.APPROVE, two)
    for somebody in (one, two):
        with pytest.raises(OwnApplication):
            one_office.take(file, Step.MAKE, somebody)
    one_office.take(file, Step.MAKE, three)
    for somebody in (one, three):
        with pytest.raises(OwnApplication):
            one_office.take(file, Step.FILE, somebody)
    one_office.take(file, Step.FILE, two)
    with pytest.raises(OwnApplication):
        one_office.take(file, Step.ISSUE, three)
    one_office.take(file, Step.ISSUE, two)
    with pytest.raises(OwnApplication):
        one_office.take(file, Step.ACCEPT, two)
    one_office.take(file, Step.ACCEPT, one)
    one_office.take(file, Step.SUSPEND, two)
    with pytest.raises(OwnApplication):
        one_office.take(file, Step.RESUME, two)
    assert one_office.take(file, Step.RESUME, three) == State.IN_USE


def test_programs_decide_nothing(one_office: Office) -> None:
    with pytest.raises(PersonsOnly):
        one_office.take(one_office.at(State.APPLIED), Step.APPROVE, PROGRAM)


def test_each_step_is_its_role_s_alone(one_office: Office) -> None:
    """Along one seal's life, before each step: everybody else is turned away, and who may is told so."""
    file = one_office.apply()
    for step, allowed in (
        (Step.APPROVE, {"approver"}),
        (Step.MAKE, {"maker"}),
        (Step.FILE, {"registrar"}),
        (Step.ISSUE, {"registrar"}),
        (Step.ACCEPT, {"clerk"}),
        (Step.SUSPEND, {"approver", "clerk"}),
        (Step.RESUME, {"approver"}),
        (Step.REVOKE, {"approver", "clerk"}),
    ):
        before = one_office.row(file).moves
        for name, who in CALLERS.items():
            shown = name not in {"citizen", "other_clerk"}
            steps_shown = finding.file(one_office.room, who, file).steps if shown else ()
            told = Step.BEGIN if step is Step.MAKE else step
            assert (told in steps_shown) == (name in allowed), (name, step)
            if name not in allowed:
                with pytest.raises((Forbidden, FileUnknown)):
                    one_office.take(file, step, who)
        assert one_office.row(file).moves == before
        one_office.take(file, step, CALLERS[max(allowed)])


@pytest.mark.parametrize(("step", "allowed"), [(Step.WITHDRAW, "clerk"), (Step.REFUSE, "approver")])
def test_an_application_is_ended_by_its_role_alone(one_office: Office, step: Step, allowed: str) -> None:
    file = one_office.apply()
    for name, who in CALLERS.items():
        if name != allowed:
            with pytest.raises((Forbidden, FileUnknown)):
                one_office.take(file, step, who)
    one_office.take(file, step)
    assert one_office.row(file).code is None, "no code was spent on it"


def test_somebody_else_s_file_is_not_found(one_office: Office) -> None:
    file = one_office.some(State.IN_USE)
    for stranger in (OTHER_CLERK, CITIZEN):
        with pytest.raises(FileUnknown):
            finding.file(one_office.room, stranger, file)
        with pytest.raises(FileUnknown):
            finding.history(one_office.room, stranger, file)
        with pytest.raises((FileUnknown, Forbidden)):
            one_office.take(file, Step.SUSPEND, stranger)
    seen = {one.id for one in finding.files(one_office.room, READER).items}
    assert file in seen
    assert finding.files(one_office.room, CITIZEN).items == ()
    with pytest.raises(Forbidden):
        one_office.apply(OTHER_CLERK)  # of the other department, for this one


def test_an_auditor_sees_that_and_when_but_no_names(one_office: Office) -> None:
    file = one_office.at(State.SUSPENDED, kind=SealKind.REPRESENTATIVE, ring_text="诸葛明远", custodian="诸葛明远")
    view = finding.file(one_office.room, AUDITOR, file)
    assert "明远" not in f"{view.ring_text}{view.custodian}"
    lines = finding.history(one_office.room, AUDITOR, file)
    assert lines[-1].step == Step.SUSPEND
    assert lines[-1].words is None
    assert view.steps == ()
    assert finding.file(one_office.room, CLERK, file).custodian == "诸葛明远"


def test_each_role_finds_what_waits_for_it(one_office: Office) -> None:
    waiting = {
        "approver": (APPROVER, one_office.at(State.APPLIED)),
        "maker": (MAKER, one_office.at(State.APPROVED)),
        "registrar": (REGISTRAR, one_office.at(State.MADE)),
        "clerk": (CLERK, one_office.at(State.ISSUED)),
    }
    for who, file in waiting.values():
        found = {one.id for one in finding.files(one_office.room, who, waiting=True, limit=200).items}
        assert file in found
        others = {other for _, other in waiting.values() if other != file}
        assert not found & others
    first = finding.files(one_office.room, APPROVER, limit=2)
    second = finding.files(one_office.room, APPROVER, limit=2, after=first.next)
    assert len({one.id for one in (*first.items, *second.items)}) == 4


# --- a hand in the database ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "forged",
    [
        {"ring_text": "印川市人民政府"},
        {"department_name": "印川市人民政府"},
        {"approver": "person:99"},
        {"approval_mac": b"\x00" * 32},
        {"approval_mac": None},
        {"custody": "ukey"},
        {"kind": "finance"},
    ],
    ids=lambda forged: min(forged) + ("-none" if None in forged.values() else ""),
)
def test_an_edited_file_is_not_made(one_office: Office, forged: dict[str, object]) -> None:
    file = one_office.at(State.APPROVED)
    one_office.forge(file, **forged)
    with pytest.raises(NotApproved):
        one_office.take(file, Step.MAKE)


def test_a_file_set_to_approved_by_hand_is_not_made(one_office: Office) -> None:
    file = one_office.at(State.APPLIED)
    one_office.forge(file, state="approved", code="21990009999901")
    with pytest.raises(NotApproved):
        one_office.take(file, Step.MAKE)

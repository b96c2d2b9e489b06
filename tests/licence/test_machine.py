"""The life of licences as a state machine: issue, repeat, die, recover, expire, revoke, in any order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from foundation.errors import Conflict
from licence import intents
from licence.intents import IssueRequest
from licence.issue import issue
from licence.life import State, today
from licence.recovery import recover
from licence.register import Licence
from licence.revoke import Reason, revoke
from licence.search import Query, search
from licence.status import LicenceStatusSource
from tests.licence.conftest import KINDS, Region
from tests.licence.region import MARKET_CLIENT
from tests.licence.samples import food

KEYS = st.integers(0, 7)


class Life(RuleBasedStateMachine):
    """The model: what was asked for by key, what came of it, and what was revoked."""

    make: Callable[[], Region]

    @initialize()
    def found(self) -> None:
        self.region = self.make()
        self.asked: dict[int, IssueRequest] = {}
        self.issued: dict[int, Licence] = {}
        self.revoked: dict[int, Reason] = {}

    def request(self, key: int, days: int) -> IssueRequest:
        last = today(self.region.clock) + timedelta(days=days)
        return IssueRequest("food-operation", food(key) | {"valid_to": last.isoformat()}, f"key-{key}")

    @rule(key=KEYS, days=st.integers(0, 40))
    def ask(self, key: int, days: int) -> None:
        """A new request, or the old one again, which answers with the old licence whatever day it is."""
        request = self.asked.setdefault(key, self.request(key, days))
        licence = issue(self.region.room, MARKET_CLIENT, request)
        known = self.issued.setdefault(key, licence)
        assert (licence.id, licence.number, licence.identifier) == (known.id, known.number, known.identifier)

    @rule(key=KEYS, days=st.integers(0, 40))
    def ask_and_die(self, key: int, days: int) -> None:
        """The process dies right after the request was accepted."""
        request = self.asked.setdefault(key, self.request(key, days))
        intents.accept(self.region.room, MARKET_CLIENT, request)

    @rule()
    def come_back(self) -> None:
        """A restart: memory is gone, the register is not; unfinished intents are finished."""
        self.region.room.ground.db.dispose()
        self.region.room = self.region.reopened()
        outcome = recover(self.region.room)
        assert not outcome.waiting
        assert not outcome.undone
        for key, request in self.asked.items():
            if key not in self.issued:
                self.issued[key] = issue(self.region.room, MARKET_CLIENT, request)

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def ask_for_something_else(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.asked)))
        other = IssueRequest("food-operation", food(key + 100), f"key-{key}")
        with pytest.raises(Conflict):
            issue(self.region.room, MARKET_CLIENT, other)

    @precondition(lambda self: self.issued)
    @rule(data=st.data(), reason=st.sampled_from(Reason))
    def revoke(self, data: st.DataObject, reason: Reason) -> None:
        key = data.draw(st.sampled_from(sorted(self.issued)))
        licence = self.issued[key]
        if self.revoked.setdefault(key, reason) is reason:
            assert revoke(self.region.room, MARKET_CLIENT, licence.id, reason=reason).state is State.REVOKED
        else:
            with pytest.raises(Conflict):
                revoke(self.region.room, MARKET_CLIENT, licence.id, reason=reason)

    @rule(days=st.integers(1, 20))
    def days_pass(self, days: int) -> None:
        self.region.clock.advance(days=days)

    def expected(self, key: int, day: date) -> State:
        last = self.issued[key].valid_to
        if key in self.revoked:
            return State.REVOKED
        return State.EXPIRED if last is not None and last < day else State.VALID

    @invariant()
    def the_register_says_what_happened(self) -> None:
        day, source = today(self.region.clock), LicenceStatusSource(self.region.room)
        listed = {one.id: one.state for one in search(self.region.room, MARKET_CLIENT, Query(limit=100)).items}
        assert listed == {one.id: self.expected(key, day) for key, one in self.issued.items()}
        for key, licence in self.issued.items():
            told = source.licence_status(licence.identifier)
            assert told is not None
            wanted = self.expected(key, day).value
            assert told.state.value == ("superseded" if self.revoked.get(key) is Reason.SUPERSEDED else wanted)

    @invariant()
    def nothing_is_given_twice(self) -> None:
        licences = list(self.issued.values())
        for fact in ("id", "number", "identifier", "status_index"):
            assert len({getattr(one, fact) for one in licences}) == len(licences), fact

    def teardown(self) -> None:
        self.region.room.ground.db.dispose()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_any_order_of_events_leaves_a_true_register(kind: str, make_region: Callable[[str], Region]) -> None:
    machine = type("LifeOn" + kind, (Life,), {"make": staticmethod(lambda: make_region(kind))})
    few = settings(
        max_examples=12, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    run_state_machine_as_test(machine, settings=few)

"""Issuing interrupted without a kill: a full disk, a seal withdrawn half-way, two processes at one intent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from foundation.errors import Conflict, NotFound, Unavailable
from foundation.storage import ObjectStorage, Stat, Storage
from foundation.text import Text
from licence import intents
from licence.intents import IssueRequest
from licence.issue import carry_on, issue
from licence.models import IntentState, LicenceIntent, LicenceNumber, LicenceRow
from licence.recovery import RECOVERY, Recovery, recover
from licence.room import LicenceRoom
from licence.status import LicenceStatusSource
from seal.models import SealRow, SealState
from tests.licence.conftest import Region
from tests.licence.region import MARKET_CLIENT
from tests.licence.samples import business, food
from verify.status import LicenceState

REQUEST = IssueRequest("food-operation", food(), "k")


class FullDisk:
    """A store that takes `room_for` more files, then has no space left."""

    def __init__(self, under: Storage, room_for: int) -> None:
        self._under = under
        self.room_for = room_for

    def put_new(self, key: str, data: bytes) -> None:
        if self.room_for == 0:
            raise Unavailable("storage.unavailable", Text("磁盘已满", "The disk is full"))
        self.room_for -= 1
        self._under.put_new(key, data)

    def open(self, key: str) -> bytes:
        return self._under.open(key)

    def stat(self, key: str) -> Stat:
        return self._under.stat(key)

    def list(self, prefix: str) -> list[str]:
        return self._under.list(prefix)

    def presign(self, key: str, seconds: int) -> str | None:
        return self._under.presign(key, seconds)


def on_full_disk(room: LicenceRoom, room_for: int) -> LicenceRoom:
    assert isinstance(room.ground.storage, ObjectStorage)
    ground = replace(room.ground, storage=FullDisk(room.ground.storage, room_for))
    return replace(room, ground=ground, seal=replace(room.seal, ground=ground))


def counts(region: Region) -> tuple[int, int, int]:
    with region.room.ground.db.read() as session:
        numbers = [
            session.scalar(select(func.count()).select_from(m)) for m in (LicenceIntent, LicenceNumber, LicenceRow)
        ]
    return numbers[0] or 0, numbers[1] or 0, numbers[2] or 0


@pytest.mark.parametrize("room_for", [0, 1])
def test_a_full_disk_leaves_nothing_half_done_and_is_recovered_later(region: Region, room_for: int) -> None:
    full = on_full_disk(region.room, room_for)
    for _ in range(3):
        with pytest.raises(Unavailable):
            issue(full, MARKET_CLIENT, REQUEST)
        full.ground.storage.room_for = 0  # type: ignore[attr-defined]
    assert counts(region) == (1, 1, 0), "asking again goes on with the same intent"
    waiting = recover(full)
    assert (len(waiting.waiting), waiting.finished, waiting.undone) == (1, (), ())
    assert recover(region.room) == Recovery(finished=waiting.waiting)
    licence = issue(region.room, MARKET_CLIENT, REQUEST)
    assert counts(region) == (1, 1, 1)
    assert licence.number.startswith("JY22199000000")
    assert recover(region.room) == Recovery()


def accepted(region: Region, request: IssueRequest = REQUEST) -> LicenceIntent:
    """An intent whose process died right after accepting it."""
    intent = intents.accept(region.room, MARKET_CLIENT, request)
    with region.room.ground.db.read() as session:
        return intents.load(session, region.room.ground, intent)


def withdraw_seals(region: Region) -> None:
    with region.room.ground.db.begin() as session:
        session.execute(update(SealRow).values(state=SealState.REVOKED))


def give_seals_back(region: Region) -> None:
    with region.room.ground.db.begin() as session:
        session.execute(update(SealRow).values(state=SealState.IN_USE))


def test_what_can_never_be_finished_is_undone_and_its_gap_explained(region: Region) -> None:
    intent = accepted(region)
    withdraw_seals(region)
    assert recover(region.room) == Recovery(undone=(intent.id,))
    with region.room.ground.db.read() as session:
        row = intents.load(session, region.room.ground, intent.id)
        number = session.scalars(select(LicenceNumber)).one()
    assert (row.state, row.reason, row.request_slot) == (IntentState.UNDONE, "seal.not_in_use", None)
    assert number.void_reason == "undone:seal.not_in_use"
    assert number.number_slot is not None, "a number of our series is not given again"
    told = LicenceStatusSource(region.room).licence_status(intent.identifier)
    assert told is not None
    assert (told.state, told.reason) == (LicenceState.REVOKED, "never-issued")
    with pytest.raises(Conflict) as refused:
        carry_on(region.room, RECOVERY, intent.id)
    assert refused.value.code == "licence.undone"


def test_an_undone_request_may_be_made_again_under_its_key(region: Region) -> None:
    accepted(region)
    withdraw_seals(region)
    with pytest.raises(Conflict):
        issue(region.room, MARKET_CLIENT, REQUEST)
    with pytest.raises(NotFound):
        issue(region.room, MARKET_CLIENT, REQUEST)
    give_seals_back(region)
    licence = issue(region.room, MARKET_CLIENT, REQUEST)
    assert licence.number[10:15] == "00002"
    assert counts(region) == (2, 2, 1)


def test_a_brought_number_of_an_undone_request_is_free_again(region: Region) -> None:
    request = IssueRequest("business-licence", business(), "b")
    accepted(region, request)
    withdraw_seals(region)
    recover(region.room)
    give_seals_back(region)
    assert issue(region.room, MARKET_CLIENT, request).number == business()["holder_code"]


def test_recovery_leaves_alone_what_may_still_be_at_work(region: Region) -> None:
    intent = accepted(region)
    assert recover(region.room, older_than=timedelta(minutes=2)) == Recovery()
    region.clock.advance(minutes=3)
    assert recover(region.room, older_than=timedelta(minutes=2)) == Recovery(finished=(intent.id,))


def test_two_processes_at_one_intent_make_one_licence(region: Region) -> None:
    rooms = [region.room, region.reopened()]
    for turn in range(6):
        intent = accepted(region, IssueRequest("food-operation", food(turn), f"k{turn}"))
        with ThreadPoolExecutor(2) as pool:
            ids = {one.licence.id for one in pool.map(lambda room, i=intent: carry_on(room, RECOVERY, i.id), rooms)}
        assert ids == {intent.licence_id}
    assert counts(region) == (6, 6, 6)


def test_a_frozen_intent_says_the_same_however_late_it_is_finished(region: Region) -> None:
    intent = accepted(region)
    region.clock.advance(days=40)
    recover(region.room)
    licence = issue(region.room, MARKET_CLIENT, REQUEST)
    assert (licence.identifier, licence.issued_on, licence.valid_to) == (
        intent.identifier,
        intent.issued_on,
        intent.valid_to,
    )

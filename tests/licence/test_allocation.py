"""Numbers are unique under threads, and every gap has its reason."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise

import pytest
from sqlalchemy import select

from foundation.ground import Ground
from licence import allocation
from licence.catalogue import licence_type
from licence.models import LicenceNumber
from tests.licence.samples import business, food

KIND = licence_type("food-operation")


class RolledBackError(Exception):
    pass


def _take(ground: Ground, fail_every: int, turn: int) -> str | None:
    """One transaction of a busy office; some are rolled back after they took their number."""

    def fail() -> None:
        raise RolledBackError

    with suppress(RolledBackError), ground.db.begin() as session:
        intent = ground.ids.uuid7()
        allocation.take_status_index(session, ground.mac)
        number = allocation.take_number(session, ground, intent=intent, kind=KIND, data=food(turn))
        session.flush()
        if turn % fail_every == 0:
            fail()
        return number
    return None


def test_eight_threads_never_share_a_number_and_leave_no_gap(ground: Ground) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = [n for n in pool.map(lambda turn: _take(ground, 5, turn), range(1, 161)) if n is not None]
    assert len(taken) == len(set(taken)) == 128
    with ground.db.read() as session:
        serials = sorted(session.scalars(select(LicenceNumber.serial)))
    assert serials == list(range(1, 129)), "a transaction that was rolled back never took a serial"


def test_a_serial_used_up_by_stock_is_skipped_and_its_row_says_so(ground: Ground) -> None:
    with ground.db.begin() as session:
        first = allocation.take_number(session, ground, intent=ground.ids.uuid7(), kind=KIND, data=food())
    second = KIND.number_rule.make(food(), ground.settings.region.code, 2)
    with ground.db.begin() as session:
        intent = ground.ids.uuid7()
        allocation.take_number(session, ground, intent=intent, kind=KIND, data=food(), brought=f" {second.lower()} ")
    with ground.db.begin() as session:
        third = allocation.take_number(session, ground, intent=ground.ids.uuid7(), kind=KIND, data=food())
    assert third == KIND.number_rule.make(food(), ground.settings.region.code, 3)
    assert len({first, second, third}) == 3
    with ground.db.read() as session:
        gap = session.scalars(select(LicenceNumber).where(LicenceNumber.serial == 2)).one()
    assert gap.void_reason == "number-in-stock"


def test_a_number_in_use_is_refused_until_it_is_released(ground: Ground) -> None:
    kind, data = licence_type("business-licence"), business()
    first, second = ground.ids.uuid7(), ground.ids.uuid7()
    with ground.db.begin() as session:
        allocation.take_number(session, ground, intent=first, kind=kind, data=data)
    with pytest.raises(allocation.NumberTaken), ground.db.begin() as session:
        allocation.take_number(session, ground, intent=second, kind=kind, data=data)
    with ground.db.begin() as session:
        allocation.release_if_brought(session, first, "revoked:superseded")
    with ground.db.begin() as session:
        allocation.take_number(session, ground, intent=second, kind=kind, data=data)


def test_a_number_of_our_series_is_never_given_again(ground: Ground) -> None:
    intent = ground.ids.uuid7()
    with ground.db.begin() as session:
        number = allocation.take_number(session, ground, intent=intent, kind=KIND, data=food())
    with ground.db.begin() as session:
        allocation.release(session, intent, "undone:seal.revoked")
        allocation.release_if_brought(session, intent, "revoked")
    with pytest.raises(allocation.NumberTaken), ground.db.begin() as session:
        allocation.take_number(session, ground, intent=ground.ids.uuid7(), kind=KIND, data=food(), brought=number)


def test_numbers_stand_only_as_keyed_digests(ground: Ground) -> None:
    with ground.db.begin() as session:
        number = allocation.take_number(session, ground, intent=ground.ids.uuid7(), kind=KIND, data=food())
    with ground.db.read() as session:
        row = session.scalars(select(LicenceNumber)).one()
    assert all(number not in str(getattr(row, column.key)) for column in LicenceNumber.__table__.columns)


def test_the_status_index_is_a_permutation_that_does_not_follow_the_order_of_issue(ground: Ground) -> None:
    mac = ground.mac
    size = 1 << allocation.SHARD_BITS
    first = [allocation.scramble(mac, position) for position in range(4000)]
    assert len(set(first)) == 4000
    assert all(0 <= index < size for index in first)
    assert all(size <= allocation.scramble(mac, size + position) < 2 * size for position in range(100))
    ascending = sum(a < b for a, b in pairwise(first))
    assert 1800 < ascending < 2200, "a random order rises about half the time"

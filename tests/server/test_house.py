"""The whole house on SQLite and on PostgreSQL: set up, restarted, kept up; the same sample region each time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from foundation.clock import FixedClock
from foundation.errors import Unavailable
from foundation.settings import Settings
from licence import files, search
from licence.files import Format
from licence.search import Query
from seal.find import seals_of
from server import sample, upkeep
from server.app import create_app
from server.house import House, open_house
from verify.report import Verdict


@pytest.fixture
def house(settings: Settings, clock: FixedClock) -> Iterator[House]:
    with open_house(settings, clock=clock) as opened:
        upkeep.start(opened)
        sample.establish(opened)
        yield opened


def _held(house: House, department: sample.Department) -> list[str]:
    found = search.search(house.licence, department.client(), Query())
    return sorted(licence.identifier for licence in found.items)


def test_a_region_set_up_twice_is_the_same_region(house: House, settings: Settings, clock: FixedClock) -> None:
    before = [_held(house, department) for department in sample.DEPARTMENTS[:2]]
    seals = [seals_of(house.seal, department.uscc) for department in sample.DEPARTMENTS]
    clock.advance(days=2)  # the next start is another day
    with open_house(settings, clock=clock) as again:
        upkeep.start(again)
        sample.establish(again)
        assert [_held(again, department) for department in sample.DEPARTMENTS[:2]] == before
        assert [seals_of(again.seal, department.uscc) for department in sample.DEPARTMENTS] == seals
    assert [len(part) for part in before] == [2, 1]


def test_every_periodic_work_runs_and_the_trail_is_sound_after_it(house: House, clock: FixedClock) -> None:
    clock.advance(hours=3)
    for name, (seconds, work) in upkeep.periodic(house).items():
        assert seconds > 0, name
        work()
    assert house.checkpoint() is None or house.checkpoint() is None
    assert house.verify_audit().sound


def test_a_licence_of_the_region_is_genuine_to_its_own_verifier_until_its_list_runs_out(
    house: House, clock: FixedClock
) -> None:
    department = sample.MARKET.client()
    licence = search.search(house.licence, department, Query()).items[0]
    for format_ in Format:
        document = files.file(house.licence, department, licence.id, format_).data
        assert house.verify.judge_file(document).verdict is Verdict.GENUINE
    clock.advance(days=40)  # lists are renewed as they are asked for
    assert house.verify.judge_file(document).verdict is Verdict.GENUINE


def test_the_app_is_ready_and_says_so(house: House) -> None:
    client = create_app(house).test_client()
    assert client.get("/readyz").status_code == 200
    assert client.get("/healthz").status_code == 200


def test_a_clock_that_went_back_signs_nothing(house: House, clock: FixedClock) -> None:
    clock.set(clock.now() - timedelta(days=1))
    from ca import timestamps
    from ca.suites import Suite
    from hsm.digests import Digest

    with pytest.raises(Unavailable):
        timestamps.token(house.ca, Suite.SM2, Digest.SM3, Digest.SM3.of(b"later than this"))

"""Licences live long by themselves (长期保存): extended by the job, judged by our own verifier, handed out extended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundation.settings import Settings
from licence import files, search
from licence.files import Format
from licence.search import Query
from seal.longlife.levels import ChainBroken
from server import long_life, sample, upkeep
from server.house import House, open_house
from server.sample import MARKET
from verify.report import Verdict


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With archives made within the minute."""
    home = tmp_path_factory.mktemp("long")
    with open_house(Settings(home=home, seal={"extend_to": "B-LTA", "extend_when": "at-once"}), upgrade=True) as opened:
        upkeep.start(opened)
        sample.establish(opened)
        yield opened


def licences(house: House) -> list[bytes]:
    found = search.search(house.licence, MARKET.client(), Query())
    return [files.file(house.licence, MARKET.client(), one.id, Format.PDF).data for one in found.items]


def test_what_is_sealed_is_archived_and_handed_out_so(house: House) -> None:
    before = licences(house)
    outcome = long_life.extend(house)
    assert outcome.extended >= len(before) > 0
    assert (outcome.refused, outcome.waiting) == (0, 0)
    for old, new in zip(before, licences(house), strict=True):
        assert new.startswith(old)
        report = house.verify.judge_file(new)
        assert report.verdict is Verdict.GENUINE
        assert [one.trusted for one in report.signatures if one.kind == "timestamp"] == [True]


def test_a_chain_that_was_touched_is_not_stamped_over(house: House) -> None:
    good = licences(house)[0]
    judged = long_life.Judged(house.verify)
    judged(good)
    at = good.rindex(b"/Contents <") + 400
    other = b"0" if good[at : at + 1] != b"0" else b"1"
    with pytest.raises(ChainBroken):
        judged(good[:at] + other + good[at + 1 :])

"""Licences live long by themselves (长期保存): extended by the job, judged by our own verifier, handed out extended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from foundation.settings import Settings
from hsm.digests import Digest
from licence import files, search
from licence.files import Format
from licence.search import Query
from seal.longlife.evidence.collecting import day_of
from seal.longlife.evidence.models import EvidenceFile, EvidenceStamp
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


def test_the_next_day_every_licence_has_its_record(house: House) -> None:
    """The OFD too; renewed when its stamps end soon, after our own verifier judged it."""
    long_life.archive(house)
    with house.ground.db.begin() as session:  # as if it were the day after
        session.execute(update(EvidenceFile).values(day=day_of(house.ground.clock.now()) - timedelta(days=1)))
    assert long_life.archive(house).stamped >= 2
    with house.ground.db.begin() as session:
        session.execute(update(EvidenceStamp).values(ends_at=house.ground.clock.now()))
    assert long_life.archive(house).renewed >= 2
    caller = MARKET.client()
    found = search.search(house.licence, caller, Query()).items[0]
    for form in Format:
        file = files.file(house.licence, caller, found.id, form).data
        for line in (Digest.SM3, Digest.SHA256):
            record = files.evidence(house.licence, caller, found.id, form, line).data
            report = house.verify.judge_file(file, content=record)
            assert report.verdict is Verdict.GENUINE
            assert report.has("evidence.valid")
            assert [one.trusted for one in report.signatures if one.format == "RFC 4998"] == [True, True]
            assert house.verify.judge_file(file[:-3] + b"xyz", content=record).verdict is Verdict.NOT_GENUINE


def test_a_chain_that_was_touched_is_not_stamped_over(house: House) -> None:
    good = licences(house)[0]
    judged = long_life.Judged(house.verify)
    judged(good)
    at = good.rindex(b"/Contents <") + 400
    other = b"0" if good[at : at + 1] != b"0" else b"1"
    with pytest.raises(ChainBroken):
        judged(good[:at] + other + good[at + 1 :])

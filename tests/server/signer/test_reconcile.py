"""`yinxin signer reconcile`: nothing where nothing is wrong, and each planted difference by its name."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select, update

from ca import crl, hierarchy, timestamps
from ca.frozen import freeze
from ca.models import CaAuthority, CaCertificate, CaCrl, CaStamp
from ca.suites import Suite
from foundation.clock import FixedClock
from foundation.settings import Settings
from hsm.digests import Digest
from hsm.keys import Algorithm, Purpose
from hsm.models import HsmKey
from hsm.service.errors import JournalBroken
from hsm.service.segments import segments
from server.cli import main as program
from server.house import House, open_house
from server.reconcile import Report, compare


@pytest.fixture
def house(settings: Settings, clock: FixedClock) -> Iterator[House]:
    with open_house(settings, clock=clock) as opened:
        freeze(opened.ca)
        hierarchy.establish(opened.ca, [Suite.SM2])
        crl.publish(opened.ca, "sm2-issuing")
        timestamps.token(opened.ca, Suite.SM2, Digest.SM3, Digest.SM3.of(b"x"))
        opened.checkpoint()
        yield opened


def _report(house: House) -> Report:
    return compare(house.ground.db, [house.settings.journal_dir])


def _differing(house: House) -> dict[str, tuple[list[str], list[str], list[str]]]:
    return {
        one.purpose: (one.without_intent, one.without_record, one.other_content)
        for one in _report(house).compared
        if one.differences
    }


def test_nothing_is_wrong_where_nothing_is_wrong(house: House) -> None:
    report = _report(house)
    assert report.sound, report.lines()
    by_purpose = {one.purpose: (one.journal, one.database) for one in report.compared}
    for purpose, least in (("key", 5), ("certificate", 4), ("crl", 1), ("timestamp", 1), ("checkpoint", 1)):
        journal, database = by_purpose[purpose]
        assert journal == database >= least


def test_a_certificate_taken_out_of_the_database_is_named(house: House) -> None:
    with house.ground.db.begin() as session:
        held = select(CaAuthority.certificate_id)
        row = session.scalars(select(CaCertificate).where(CaCertificate.id.not_in(held))).first()
        assert row is not None
        session.execute(delete(CaCertificate).where(CaCertificate.id == row.id))
    assert _differing(house) == {"certificate": ([str(row.id)], [], [])}


def test_a_certificate_and_a_key_that_no_signer_made_are_named(house: House) -> None:
    ids = house.ground.ids
    with house.ground.db.begin() as session:
        for model in (CaCertificate, HsmKey):
            old = session.scalars(select(model)).first()
            values = {column.key: getattr(old, column.key) for column in model.__mapper__.column_attrs}
            values |= {"id": ids.uuid7()}
            if model is CaCertificate:
                values |= {"serial": "beef", "request_key": "planted", "fingerprint": "00" * 32}
            else:
                values |= {"name": "planted"}
            session.add(model(**values))
    found = _differing(house)
    assert {purpose: len(parts[1]) for purpose, parts in found.items()} == {"certificate": 1, "key": 1}
    assert found["key"][1] == ["planted#1"]


def test_other_octets_under_a_known_intent_are_named(house: House) -> None:
    with house.ground.db.begin() as session:
        session.execute(update(CaCrl).where(CaCrl.scope == "sm2-issuing").values(tbs_hash="00" * 32))
        first, second = session.scalars(select(CaCertificate).limit(2)).all()
        first.der, first.fingerprint, second.fingerprint = second.der, "11" * 32, "22" * 32
    found = _differing(house)
    assert found["crl"] == ([], [], ["crl:sm2-issuing:1"])
    assert found["certificate"] == ([], [], [str(first.id)])


def test_a_stamp_taken_out_is_named_and_one_never_signed_is_only_unfinished(house: House) -> None:
    with house.ground.db.begin() as session:
        row = session.scalars(select(CaStamp)).one()
        values = {column.key: getattr(row, column.key) for column in CaStamp.__mapper__.column_attrs}
        session.delete(row)
        session.flush()
        session.add(CaStamp(**{**values, "serial": "beef"}))
    assert _differing(house) == {"timestamp": ([f"stamp:sm2:{row.serial}"], [], [])}


def test_a_journal_cut_off_shows_as_results_without_records(house: House) -> None:
    house.hsm.keys.ensure("k/late", Algorithm.SM2, {Purpose.CLIENT})
    path = segments(house.settings.journal_dir)[-1]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    assert _differing(house) == {"key": ([], ["k/late#1"], [])}


def test_a_broken_journal_is_no_report(house: House) -> None:
    path = segments(house.settings.journal_dir)[-1]
    path.write_bytes(path.read_bytes().replace(b"ca/sm2-root", b"ca/sm2-r00t", 1))
    with pytest.raises(JournalBroken):
        _report(house)


def test_journals_of_two_machines_are_taken_together(house: House, settings: Settings, clock: FixedClock) -> None:
    other = settings.model_copy(
        update={"signer": settings.signer.model_copy(update={"journal_dir": settings.home / "two"})}
    )
    with open_house(other, clock=clock) as second:
        second.hsm.keys.ensure("k/elsewhere", Algorithm.SM2, {Purpose.CLIENT})
    assert not _report(house).sound
    assert compare(house.ground.db, [settings.journal_dir, settings.home / "two"]).sound


def test_the_command_says_so_to_people_and_programs(house: House, settings: Settings) -> None:
    environment = {"YINXIN_HOME": str(settings.home), "YINXIN_DATABASE__URL": settings.database.url}
    told = CliRunner().invoke(program, ["signer", "reconcile"], env=environment)
    assert (told.exit_code, "set difference: 0" in told.output) == (0, True), told.output
    with house.ground.db.begin() as session:
        session.execute(delete(CaStamp))
    told = CliRunner().invoke(program, ["signer", "reconcile", "--json"], env=environment)
    assert (told.exit_code, json.loads(told.output)["difference"]) == (1, 1), told.output

"""The checker: silent when all agree, and it names each disagreement that is planted."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from ca import crl, crl_schedule, ocsp, revocation_check, revocation_jobs
from ca.crl_names import ListName
from ca.crl_store import kept as full_key
from ca.issue import IssuedCertificate
from ca.models import CaCertificate, CaCrl, CaRevocation
from ca.reading import Reason, read_crl, read_ocsp_response
from ca.revocation_models import CaOcspAnswer, CaPartialList, CaRevocationCheck
from ca.revocations import encode_entry
from ca.revoke import hold, release, revoke
from ca.suites import Suite
from foundation import metrics
from foundation.jobs import Worker
from foundation.principal import SYSTEM
from hsm.digests import sha256
from tests.bent import bent
from tests.ca.conftest import Region
from tests.ca.test_ocsp import request

CA = "sm2-issuing"


class Scene:
    """A region in which everything was said once: revoked, held, lifted, good; lists out, answers stored."""

    def __init__(self, region: Region) -> None:
        self.region, self.room = region, region.room
        self.gone = self.made()
        self.held, self.lifted, self.good = self.made(), self.made(), self.made()
        crl.publish(self.room, CA)  # the base
        revoke(self.room, SYSTEM, certificate_id=self.gone.id, reason=Reason.KEY_COMPROMISE)
        hold(self.room, SYSTEM, certificate_id=self.held.id)
        hold(self.room, SYSTEM, certificate_id=self.lifted.id)
        release(self.room, SYSTEM, certificate_id=self.lifted.id)
        self.publish()
        for one in (self.gone, self.held, self.lifted, self.good):
            ocsp.answer(self.room, CA, request(region, Suite.SM2, one.serial))

    def made(self) -> IssuedCertificate:
        return self.region.issue(Suite.SM2, "code-signer")

    def publish(self) -> None:
        self.region.clock.advance(minutes=3)
        crl.publish(self.room, CA)
        assert crl_schedule.refresh(self.room) == 0

    def shard(self, one: IssuedCertificate) -> str:
        with self.room.ground.db.read() as session:
            return f"{CA}/{session.get_one(CaCertificate, one.id).shard}"

    def found(self, *, thorough: bool = True) -> set[tuple[str, str, str | None]]:
        report = revocation_check.check(self.room, thorough=thorough)
        assert report.agrees is (not report.findings)
        return {(one.code, one.place, one.serial) for one in report.findings}

    def change(self, table: type, one: IssuedCertificate, **values: object) -> None:
        with self.room.ground.db.begin() as session:
            session.execute(update(table).where(table.serial == f"{one.serial:x}").values(**values))

    def replace(self, name: ListName, alter: Callable[[bytes], bytes], *, sign: bool = True) -> None:
        """Another list in place of the published one; signed by the CA's key, unless only the file was altered."""
        room = self.room
        with room.ground.db.read() as session:
            row = session.scalars(
                select(CaCrl)
                .where(CaCrl.scope == name.scope, CaCrl.sha256.is_not(None))
                .order_by(CaCrl.number.desc())
                .limit(1)
            ).one()
        octets = alter(crl.fetch(room, name))
        if sign:
            octets = self.signed(octets)
        with room.ground.db.begin() as session:
            where = (CaCrl.scope == name.scope, CaCrl.number == row.number)
            if sign:
                session.execute(update(CaCrl).where(*where).values(sha256=sha256(octets).hex()))
            if name.shard is not None or name.delta:
                session.execute(update(CaPartialList).where(CaPartialList.scope == name.scope).values(octets=octets))
        if name.shard is None and not name.delta:
            path = self.region.home / "objects" / full_key(name, row.number)
            path.write_bytes(octets)
        room.kept.clear()

    def signed(self, octets: bytes) -> bytes:
        from foundation import der
        from hsm.keys import Purpose
        from hsm.signing import ToBeSigned

        tbs = der.parse(octets).children()[0].raw
        authority = self.room.authority(CA)
        signature = self.room.keys.signer(authority.key_name).sign(ToBeSigned(Purpose.CRL, tbs, "planted"))
        return der.sequence(tbs, authority.suite.scheme.algorithm_identifier(), der.bit_string(signature))


@pytest.fixture
def scene(own_region: Region) -> Scene:
    return Scene(own_region)


def serial(one: IssuedCertificate) -> str:
    return f"{one.serial:x}"


def other_reason(one: IssuedCertificate, scene: Scene) -> tuple[bytes, bytes]:
    """The entry as it is, and one of the same length with another reason."""
    with scene.room.ground.db.read() as session:
        row = session.get_one(CaRevocation, (CA, serial(one)))
    other = encode_entry(one.serial, row.revoked_at, Reason.SUPERSEDED, None)
    assert len(other) == len(row.entry)
    return row.entry, other


def test_it_is_silent_when_all_agree(scene: Scene) -> None:
    assert scene.found() == set()
    report = revocation_check.run(scene.room)
    assert report.serials >= 7
    with scene.room.ground.db.read() as session:
        row = session.scalars(select(CaRevocationCheck)).one()
    assert (row.faults, json.loads(row.findings)) == (0, [])


def test_a_change_under_way_is_no_disagreement(scene: Scene) -> None:
    revoke(scene.room, SYSTEM, certificate_id=scene.good.id, reason=Reason.SUPERSEDED)
    release(scene.room, SYSTEM, certificate_id=scene.held.id)
    revoke(scene.room, SYSTEM, certificate_id=scene.lifted.id, reason=Reason.SUPERSEDED)
    assert scene.found() == set()
    scene.publish()
    assert scene.found() == set()


def test_a_change_that_does_not_arrive_is(scene: Scene) -> None:
    revoke(scene.room, SYSTEM, certificate_id=scene.good.id, reason=Reason.SUPERSEDED)
    scene.region.clock.advance(minutes=7)
    late = ("change_late", f"{CA}/delta", serial(scene.good))
    assert scene.found() == {late, ("change_late", scene.shard(scene.good), serial(scene.good))}


@pytest.mark.parametrize("place", ["full", "shard", "delta"])
@pytest.mark.parametrize("fault", ["entry_missing", "entry_extra", "entry_differs", "list_damaged"])
def test_each_list_is_compared_entry_by_entry(scene: Scene, place: str, fault: str) -> None:
    name = {"full": ListName(CA), "delta": ListName(CA, delta=True)}.get(place)
    name = name or ListName(CA, int(scene.shard(scene.gone).split("/")[1]))
    entry, other = other_reason(scene.gone, scene)
    stranger = scene.gone.serial ^ 0xFF
    if fault == "list_damaged":
        scene.replace(name, lambda octets: octets[:-1] + bytes([octets[-1] ^ 1]), sign=False)
        assert (fault, name.scope, None) in scene.found()
        return
    twin = entry.replace(scene.gone.serial.to_bytes(16, "big"), stranger.to_bytes(16, "big"))
    scene.replace(name, lambda octets: octets.replace(entry, other if fault == "entry_differs" else twin))
    expected = {(fault, name.scope, serial(scene.gone))}
    if fault != "entry_differs":
        expected = {("entry_missing", name.scope, serial(scene.gone)), ("entry_extra", name.scope, f"{stranger:x}")}
    assert scene.found() == expected


def test_a_released_certificate_on_a_full_list_is_an_extra_one(scene: Scene) -> None:
    entry, _ = other_reason(scene.gone, scene)
    lifted = scene.lifted.serial.to_bytes(16, "big")
    twin = entry.replace(scene.gone.serial.to_bytes(16, "big"), lifted)
    scene.replace(ListName(CA), lambda octets: octets.replace(entry, twin))
    assert ("entry_extra", CA, serial(scene.lifted)) in scene.found()


def test_an_entry_in_another_shard_is_found_twice(scene: Scene) -> None:
    number = int(scene.shard(scene.gone).split("/")[1])
    scene.change(CaRevocation, scene.gone, shard=1 - number)
    found = scene.found()
    assert ("certificate_differs", CA, serial(scene.gone)) in found
    assert ("entry_extra", f"{CA}/{number}", serial(scene.gone)) in found
    assert ("entry_missing", f"{CA}/{1 - number}", serial(scene.gone)) in found


def test_rows_against_certificates(scene: Scene) -> None:
    number = int(scene.shard(scene.good).split("/")[1])
    scene.change(CaCertificate, scene.good, shard=1 - number)
    assert scene.found(thorough=False) == set()  # only the revoked ones are looked into daily
    assert scene.found() == {("shard_differs", CA, serial(scene.good))}
    scene.change(CaCertificate, scene.good, shard=number)
    scene.change(CaCertificate, scene.gone, serial="1234")
    assert ("certificate_missing", CA, serial(scene.gone)) in scene.found()


def test_an_entry_that_is_not_what_its_row_says(scene: Scene) -> None:
    _, other = other_reason(scene.gone, scene)
    scene.change(CaRevocation, scene.gone, entry=other)
    found = scene.found()
    assert ("entry_damaged", CA, serial(scene.gone)) in found
    assert ("entry_differs", CA, serial(scene.gone)) in found


def test_stored_answers(scene: Scene) -> None:
    room = scene.room
    with room.ground.db.read() as session:
        rows = {row.serial: row.answer for row in session.scalars(select(CaOcspAnswer))}
    scene.change(CaOcspAnswer, scene.good, answer=rows[serial(scene.gone)])
    assert scene.found() == {("answer_damaged", CA, serial(scene.good))}
    whole = rows[serial(scene.good)]
    signature = read_ocsp_response(whole).signature
    for altered in (whole.replace(signature, bent(signature)), bent(whole)):
        scene.change(CaOcspAnswer, scene.good, answer=altered)
        assert scene.found() == {("answer_damaged", CA, serial(scene.good))}
        assert scene.found(thorough=False) == set()  # signatures are verified when there is time for it
    scene.change(CaOcspAnswer, scene.good, answer=rows[serial(scene.good)])
    assert scene.found() == set()
    revoke(room, SYSTEM, certificate_id=scene.good.id, reason=Reason.SUPERSEDED)
    with room.ground.db.begin() as session:
        made = int((scene.region.clock.now()).timestamp())
        row = CaOcspAnswer(authority=CA, serial=serial(scene.good), form="sha1", made=made, until=made + 43200)
        row.answer = rows[serial(scene.good)]
        session.add(row)
        session.add(CaOcspAnswer(authority=CA, serial="77", form="sha1", made=made, until=made + 9, answer=b""))
    assert scene.found() == {("answer_differs", CA, serial(scene.good)), ("answer_unissued", CA, "77")}


def test_lists_that_are_late_ended_or_never_were(scene: Scene) -> None:
    scene.region.clock.advance(hours=40)
    assert {code for code, _, _ in scene.found()} == {"list_late", "list_expired", "answer_late"}
    scene.region.clock.advance(days=30)
    assert ("list_expired", CA, None) in scene.found()
    with scene.room.ground.db.begin() as session:
        session.execute(delete(CaCrl).where(CaCrl.scope == f"{CA}/delta"))
    assert ("list_missing", f"{CA}/delta", None) in scene.found()


def test_a_delta_without_its_base(scene: Scene) -> None:
    delta = read_crl(crl.delta(scene.room, CA))
    with scene.room.ground.db.begin() as session:
        session.execute(update(CaCrl).where(CaCrl.scope == CA, CaCrl.number < (delta.number or 0)).values(sha256=None))
    assert ("base_missing", f"{CA}/delta", None) in scene.found()


def test_the_job_runs_once_a_day_and_raises_the_alarm(scene: Scene) -> None:
    room = scene.room
    worker = Worker(room.ground.db, room.ground.jobs, revocation_jobs.handlers(room))
    revocation_jobs.tick(room)
    assert worker.drain() == 2
    scene.region.clock.advance(minutes=1)
    revocation_jobs.tick(room)
    assert worker.drain() == 1  # the answers only
    assert b"yinxin_revocation_disagreements 0.0" in metrics.exposition()
    _, other = other_reason(scene.gone, scene)
    scene.change(CaRevocation, scene.gone, entry=other)
    scene.region.clock.advance(hours=23, minutes=59)
    crl_schedule.refresh(room)
    revocation_jobs.tick(room)
    worker.drain()
    with room.ground.db.read() as session:
        rows = session.scalars(select(CaRevocationCheck).order_by(CaRevocationCheck.at)).all()
    assert [row.faults for row in rows] == [0, 1]
    assert rows[1].at - rows[0].at >= timedelta(hours=23)
    assert b"yinxin_revocation_disagreements 1.0" in metrics.exposition()

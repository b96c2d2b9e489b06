"""The daily hash tree and its renewals: once each, whoever dies; a record for every sealed file, read a second way."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from ca.suites import Suite
from foundation.audit.models import AuditRow
from foundation.errors import NotFound
from hsm.digests import Digest
from seal.longlife.evidence import job
from seal.longlife.evidence.digesting import digests
from seal.longlife.evidence.exporting import NoRecord, record_of
from seal.longlife.evidence.handing_out import for_file, for_order
from seal.longlife.evidence.models import (
    EvidenceBatch,
    EvidenceDigest,
    EvidenceFile,
    EvidenceStamp,
    EvidenceTree,
)
from seal.longlife.evidence.record import read_record
from seal.longlife.levels import ChainBroken
from seal.orders import OfdOrder, Placement
from seal.room import SealRoom
from seal.stamp_ofd import stamp_ofd
from tests.seal import papers
from tests.seal.conftest import TRANSPORT, Region, clerk
from tests.seal.longlife.conftest import held_to, killed, publish, sealed
from tests.verify import records_oracle

DAY = timedelta(days=1)


def believe(record: bytes, known: dict[Digest, bytes]) -> None:
    assert read_record(record).chains
    assert known


def day(region: Region, room: SealRoom) -> job.Outcome:
    """The job on the day after."""
    region.clock.advance(hours=24)
    return job.run(room, believe)


def count(region: Region, what: type) -> int:
    with region.room.ground.db.read() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def holds(record: bytes, file: bytes) -> int:
    """How many stamps stand behind the file, by the second reading."""
    return len(records_oracle.tokens(record, file))


def ofd(region: Region) -> bytes:
    order = OfdOrder(papers.ofd(), region.seal_id, Placement(1, 150, 240), region.key())
    return stamp_ofd(region.room, region.principal, order).document


def name(file: bytes) -> str:
    return sha256(file).hexdigest()


def test_every_sealed_file_of_a_day_gets_its_record(own: Region, tmp_path: Path) -> None:
    files = [sealed(own)[0], sealed(own, Suite.RSA)[0], ofd(own)]
    room = own.room
    job.run(room, believe)
    for file in files:
        with pytest.raises(NoRecord):
            record_of(room, name(file))
    first = day(own, room)
    assert (first.planted, first.stamped) == (1, 2)
    assert job.run(room, believe) == job.Outcome()
    for file in files:
        for line in (Digest.SM3, Digest.SHA256):
            record = record_of(room, name(file), line)
            assert read_record(record).digests == (line.oid,)
            assert holds(record, file) == 1
            with pytest.raises(AssertionError):
                holds(record, file + b"!")
    token, imprint = records_oracle.tokens(record_of(room, name(files[0]), Digest.SHA256), files[0])[0]
    root = room.ca.authority("rsa-root").certificate.der
    at = int(own.clock.now().timestamp())
    assert "Verification: OK" in records_oracle.openssl_ts(tmp_path, token, imprint, root, at)
    assert "Verification: OK" not in records_oracle.openssl_ts(tmp_path, token, bytes(32), root, at)


def test_a_late_file_joins_a_further_part_of_its_day(own: Region) -> None:
    _, order = sealed(own)
    day(own, own.room)
    late, other = sealed(own)
    with own.room.ground.db.begin() as session:
        from seal.models import SealOrder

        session.get_one(SealOrder, UUID(other)).sealed_at = own.clock.now() - DAY
    job.run(own.room, believe)
    assert holds(record_of(own.room, name(late)), late) == 1
    with own.room.ground.db.read() as session:
        rows = session.execute(
            select(EvidenceBatch.day, EvidenceBatch.part)
            .join(EvidenceFile, EvidenceFile.batch_id == EvidenceBatch.id)
            .where(EvidenceFile.owner.in_([UUID(order), UUID(other)]))
            .order_by(EvidenceBatch.part)
        ).all()
    assert [part for _, part in rows] == [1, 2]
    assert len({one for one, _ in rows}) == 1


def test_two_workers_at_once_make_one_of_each(own: Region) -> None:
    files = [sealed(own)[0] for _ in range(3)]
    own.clock.advance(hours=24)
    before = [count(own, what) for what in (EvidenceBatch, EvidenceTree, EvidenceStamp)]
    workers = [Thread(target=job.run, args=(own.room, believe)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    job.run(own.room, believe)
    after = [count(own, what) for what in (EvidenceBatch, EvidenceTree, EvidenceStamp)]
    with own.room.ground.db.read() as session:
        known = session.scalars(select(EvidenceFile.batch_id).where(EvidenceFile.sha256.in_(map(name, files)))).all()
    batches = len(set(known))
    assert len(known) == 3
    assert [b - a for a, b in zip(before, after, strict=True)] == [batches, 2 * batches, 2 * batches]
    assert all(holds(record_of(own.room, name(file)), file) == 1 for file in files)


def test_killed_anywhere_nothing_is_missing_and_nothing_twice(own: Region) -> None:
    file, _ = sealed(own)
    sealed(own)
    own.clock.advance(hours=24)
    before = count(own, EvidenceStamp)
    killed(own, "evidence", "evidence.planted", "evidence.signed")
    job.run(own.room, believe)
    assert count(own, EvidenceStamp) == before + 2
    assert holds(record_of(own.room, name(file)), file) == 1


def test_a_swapped_file_is_never_stamped_over(own: Region) -> None:
    file, order = sealed(own)
    with own.room.ground.db.read() as session:
        from seal.models import SealOrder
        from seal.register import key

        place = own.home / "objects" / key("pdf", session.get_one(SealOrder, UUID(order)).result_sha256 or "")
    whole = place.read_bytes()
    place.write_bytes(whole[:-9] + b"!")
    day(own, own.room)
    place.write_bytes(whole)
    with pytest.raises(NoRecord):
        record_of(own.room, name(file))
    with own.room.ground.db.read() as session:
        actions = session.scalars(select(AuditRow.action).where(AuditRow.object == f"seal-order:{order}")).all()
    assert "seal.evidence.altered" in actions


def test_the_record_goes_to_the_department_that_ordered_the_seal(own: Region) -> None:
    file, order = sealed(own)
    day(own, own.room)
    handed = for_order(own.room, own.principal, UUID(order), Digest.SM3)
    assert (handed.file_sha256, holds(handed.record, file)) == (name(file), 1)
    assert for_file(own.room, file, Digest.SM3) == handed
    for caller, wanted in ((clerk(TRANSPORT), UUID(order)), (own.principal, UUID(int=7))):
        with pytest.raises(NotFound):
            for_order(own.room, caller, wanted, Digest.SM3)
    with pytest.raises(NoRecord):
        for_order(own.room, own.principal, UUID(order), Digest.SM3, "0" * 64)


# --- renewals --------------------------------------------------------------------------------------------------------


def ending(region: Region, days: int) -> None:
    """As if the authorities of all stamps so far ended in so many days."""
    with region.room.ground.db.begin() as session:
        session.execute(update(EvidenceStamp).values(ends_at=region.clock.now() + days * DAY))


def test_a_stamp_is_renewed_before_its_authority_ends(own: Region) -> None:
    file, _ = sealed(own)
    day(own, own.room)
    ending(own, 400)
    assert job.run(own.room, believe).renewed == 0
    ending(own, 30)

    def refuse(record: bytes, known: dict[Digest, bytes]) -> None:
        raise ChainBroken(f"{len(record)} octets, {len(known)} digests")

    assert job.run(own.room, refuse).renewed == 0
    trees = count(own, EvidenceTree)
    assert job.run(own.room, believe).renewed == trees
    assert job.run(own.room, believe).renewed == 0
    for line in (Digest.SM3, Digest.SHA256):
        assert holds(record_of(own.room, name(file), line), file) == 2


def test_a_weak_digest_gives_way_to_another_over_the_files_read_again(own: Region) -> None:
    file, _ = sealed(own)
    gone, order = sealed(own)
    day(own, own.room)
    with own.room.ground.db.read() as session:
        from seal.register import key

        place = own.home / "objects" / key("pdf", name(gone))
    whole = place.read_bytes()
    place.unlink()
    weak = {"evidence_weak": ["sha256", "sm3"]}
    killed(own, "evidence", "evidence.replanted", **weak)
    room = held_to(own.room, **weak)  # type: ignore[arg-type]
    job.run(room, believe)
    job.run(room, believe)
    assert job.run(room, believe) == job.Outcome()
    place.write_bytes(whole)
    for line in (Digest.SM3, Digest.SHA256):
        record = record_of(room, name(file), line)
        read = read_record(record)
        assert read.digests == (line.oid, Digest.SHA512.oid)
        assert holds(record, file) >= 2
        left = record_of(room, name(gone), line)
        assert [len(chain.stamps) for chain in read_record(left).chains] == [1], "it was gone when the tree was renewed"
    with own.room.ground.db.read() as session:
        assert session.scalar(select(func.count()).where(EvidenceDigest.value.is_(None))) == 1
        actions = session.scalars(select(AuditRow.action).where(AuditRow.object == f"seal-order:{order}")).all()
    assert "seal.evidence.altered" in actions


def test_a_large_file_is_digested_in_pieces(own: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes through the disk a megabyte at a time, and comes to the same."""
    storage, data = own.room.ground.storage, bytes(range(256)) * 40
    storage.put_new(f"probe/{own.key()}-large", data)
    place = next(one for one in storage.list("probe/") if one.endswith("-large"))
    monkeypatch.setattr("seal.longlife.evidence.digesting.LARGE", 100)
    monkeypatch.setattr("seal.longlife.evidence.digesting.PIECE", 999)
    monkeypatch.setattr(storage, "open", None)
    found = digests(storage, place, (Digest.SM3, Digest.SHA512))
    assert found == {Digest.SM3: Digest.SM3.of(data), Digest.SHA512: Digest.SHA512.of(data)}
    assert digests(storage, "probe/none", (Digest.SM3,)) is None


def test_switched_off_nothing_is_made(own: Region) -> None:
    publish(own)
    file, _ = sealed(own)
    room = held_to(own.room, evidence_digests=())
    own.clock.advance(hours=24)
    assert job.run(room, believe) == job.Outcome()
    with pytest.raises(NoRecord):
        record_of(room, name(file))

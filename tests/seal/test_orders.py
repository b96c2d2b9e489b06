"""Orders: once and only once, for the bytes that were approved, whoever dies in between."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from ca.suites import Suite
from foundation.audit.models import AuditRow
from foundation.clock import FixedClock
from foundation.errors import Damaged, InvalidInput
from foundation.principal import SYSTEM
from hsm.digests import sha256
from seal import register
from seal import stamp_pdf as pdf_half
from seal.errors import OrderTaken, SealedDiffers, SealExpired, SealNotInUse, SealUnknown, Swapped
from seal.make import make_seal
from seal.models import OrderState, SealOrder, SealRow, SealState
from seal.orders import OfdOrder, PdfOrder, Placement, SealRequest, Stamped
from seal.stamp import stamp_ofd, stamp_pdf
from tests.dying import killed
from tests.limits import calls
from tests.seal import papers
from tests.seal.conftest import MARKET, TRANSPORT, Region, build, clerk
from tests.seal.test_pdf import signatures

PLACE = Placement(1, 150, 240)


def pdf_order(region: Region, key: str, **changes: object) -> PdfOrder:
    terms = {"document": papers.pdf(), "seal_id": region.seal_id, "place": PLACE, "order_key": key, **changes}
    return PdfOrder(**terms)  # type: ignore[arg-type]


def rows(region: Region, key: str) -> list[SealOrder]:
    with region.room.ground.db.read() as session:
        return list(session.scalars(select(SealOrder).where(SealOrder.order_key == key)))


def actions(region: Region, row: SealOrder) -> list[str]:
    with region.room.ground.db.read() as session:
        query = select(AuditRow.action).where(AuditRow.object == f"seal-order:{row.id}")
        return sorted(session.scalars(query))


def test_the_same_order_twice_gives_the_same_file(region: Region) -> None:
    key = region.key()
    first = stamp_pdf(region.room, region.principal, pdf_order(region, key))
    again = stamp_pdf(region.room, region.principal, pdf_order(region, key))
    assert first == again
    (row,) = rows(region, key)
    assert (row.state, row.document_sha256) == (OrderState.SEALED, sha256(papers.pdf()).hex())
    assert row.result_sha256 == sha256(first.document).hex()
    assert actions(region, row) == ["seal.stamp", "seal.stamp.record"]


@pytest.mark.parametrize(
    "changes",
    [
        {"document": papers.pdf(2)},
        {"place": Placement(1, 151, 240)},
        {"suites": (Suite.RSA,)},
        {"reason": "其他事由"},
        {"closing": False},
    ],
)
def test_the_same_key_for_anything_else_is_a_conflict(one_region: Region, changes: dict[str, object]) -> None:
    key = one_region.key()
    stamp_pdf(one_region.room, one_region.principal, pdf_order(one_region, key))
    with pytest.raises(OrderTaken):
        stamp_pdf(one_region.room, one_region.principal, pdf_order(one_region, key, **changes))
    order = OfdOrder(papers.ofd(), one_region.seal_id, PLACE, key)
    with pytest.raises(OrderTaken):
        stamp_ofd(one_region.room, one_region.principal, order)


def test_departments_count_their_own_keys(one_region: Region) -> None:
    key = one_region.key()
    mine = stamp_pdf(one_region.room, one_region.principal, pdf_order(one_region, key))
    theirs = stamp_pdf(one_region.room, clerk(TRANSPORT), pdf_order(one_region, key, seal_id=one_region.transport.id))
    assert mine.order_id != theirs.order_id


@pytest.mark.parametrize("kind", ["pdf", "ofd"])
def test_eight_threads_with_one_order_get_one_result(region: Region, kind: str) -> None:
    key, barrier = region.key(), Barrier(8)
    done: list[Stamped] = []

    def run() -> None:
        barrier.wait()
        if kind == "pdf":
            done.append(stamp_pdf(region.room, region.principal, pdf_order(region, key)))
        else:
            order = OfdOrder(papers.ofd(), region.seal_id, PLACE, key)
            done.append(stamp_ofd(region.room, region.principal, order))

    threads = [Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 8
    assert len({(one.document, one.order_id) for one in done}) == 1
    (row,) = rows(region, key)
    assert actions(region, row) == ["seal.stamp", "seal.stamp.record"]


def test_two_processes_that_finish_one_order_agree_on_the_first(region: Region) -> None:
    """Without the lock of one process: both have signed, the row lets one of them win."""
    key = region.key()
    first = stamp_pdf(region.room, region.principal, pdf_order(region, key))
    (row,) = rows(region, key)
    another = b"another signature of the same order"
    digest = sha256(another).hex()
    late = register.finish(region.room, region.principal, row, "21990000000001", another, digest)
    assert late == first.document
    assert actions(region, row) == ["seal.stamp", "seal.stamp.record"]


# --- whose seal, and may it be used ----------------------------------------------------------------------------------


def test_another_departments_seal_is_not_found(region: Region) -> None:
    with pytest.raises(SealUnknown):
        stamp_pdf(region.room, clerk(TRANSPORT), pdf_order(region, region.key()))
    with pytest.raises(SealUnknown):
        stamp_ofd(region.room, clerk(TRANSPORT), OfdOrder(papers.ofd(), region.seal_id, PLACE, region.key()))


def test_a_seal_not_in_use_stamps_nothing_but_old_results_stay(one_region: Region) -> None:
    made = make_seal(
        one_region.room, SYSTEM, SealRequest(MARKET, "印川市市场监督管理局", "21990000000061", "印川市市场监督管理局")
    )
    key = one_region.key()
    done = stamp_pdf(one_region.room, one_region.principal, pdf_order(one_region, key, seal_id=made.id))
    with one_region.room.ground.db.begin() as session:
        session.execute(update(SealRow).where(SealRow.id == made.id).values(state=SealState.REVOKED))
    fresh = one_region.key()
    with pytest.raises(SealNotInUse):
        stamp_pdf(one_region.room, one_region.principal, pdf_order(one_region, fresh, seal_id=made.id))
    assert rows(one_region, fresh) == []
    assert stamp_pdf(one_region.room, one_region.principal, pdf_order(one_region, key, seal_id=made.id)) == done


def test_a_seal_out_of_its_validity_stamps_nothing(one_region: Region) -> None:
    later = FixedClock(one_region.clock.now() + timedelta(days=1200))
    room = build(one_region.home, one_region.url, later)
    with pytest.raises(SealExpired):
        stamp_pdf(room, one_region.principal, pdf_order(one_region, one_region.key()))
    room.ground.db.dispose()


def test_a_document_that_cannot_be_stamped_leaves_no_order(one_region: Region) -> None:
    key = one_region.key()
    with pytest.raises(InvalidInput):
        stamp_pdf(one_region.room, one_region.principal, pdf_order(one_region, key, document=b"%PDF-1.7\n%%EOF\n"))
    assert rows(one_region, key) == []


@pytest.mark.parametrize(
    "changes",
    [{"suites": (Suite.RSA, Suite.SM2)}, {"suites": ()}, {"reason": ""}, {"reason": "字" * 101}, {"reason": "a\nb"}],
)
def test_terms_that_make_no_sense_are_refused(one_region: Region, changes: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        stamp_pdf(one_region.room, one_region.principal, pdf_order(one_region, one_region.key(), **changes))
    with pytest.raises(InvalidInput):
        stamp_pdf(one_region.room, one_region.principal, pdf_order(one_region, "k" * 201))


# --- swapped documents (T16) -----------------------------------------------------------------------------------------


def test_a_document_swapped_between_record_and_sign_is_refused(
    one_region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attacker changes the recorded digest after the approval: the bytes at hand no longer fit it."""
    key, record = one_region.key(), register.record

    def swapped(*arguments: object, **named: object) -> SealOrder:
        row = record(*arguments, **named)  # type: ignore[arg-type]
        row.document_sha256 = sha256(papers.pdf(2)).hex()
        return row

    monkeypatch.setattr(register, "record", swapped)
    with pytest.raises(Swapped):
        stamp_pdf(one_region.room, one_region.principal, pdf_order(one_region, key))
    order = OfdOrder(papers.ofd(), one_region.seal_id, PLACE, key + "o")
    with pytest.raises(Swapped):
        stamp_ofd(one_region.room, one_region.principal, order)
    assert [row.state for row in rows(one_region, key)] == [OrderState.RECORDED]


@pytest.mark.parametrize("swap", ["before", "after"])
def test_other_bytes_out_of_the_writer_are_refused(
    one_region: Region, monkeypatch: pytest.MonkeyPatch, swap: str
) -> None:
    """The sealed file of another order, genuine in itself, does not pass as the result of this one."""
    other = papers.pdf(2) if swap == "before" else papers.pdf()
    foreign = stamp_pdf(
        one_region.room, one_region.principal, pdf_order(one_region, one_region.key(), document=other)
    ).document
    if swap == "after":
        foreign = foreign.replace(b"/Rect", b"/rect", 1)
    monkeypatch.setattr(pdf_half.pdf_sealing, "seal_document", lambda *_: foreign)
    key = one_region.key()
    with pytest.raises((Swapped, SealedDiffers)):
        stamp_pdf(one_region.room, one_region.principal, pdf_order(one_region, key))
    (row,) = rows(one_region, key)
    assert (row.state, row.result_sha256) == (OrderState.RECORDED, None)


def test_a_stored_result_that_was_replaced_is_noticed(one_region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    key = one_region.key()
    stamp_pdf(one_region.room, one_region.principal, pdf_order(one_region, key))
    monkeypatch.setattr(type(one_region.room.ground.storage), "open", lambda _self, _key: b"%PDF forged")
    with pytest.raises(Damaged):
        stamp_pdf(one_region.room, one_region.principal, pdf_order(one_region, key))


def test_orders_and_audit_hold_no_free_text(one_region: Region) -> None:
    key, secret = one_region.key(), "欧阳修文的执照"
    stamp_pdf(one_region.room, one_region.principal, pdf_order(one_region, key, reason=secret))
    (row,) = rows(one_region, key)
    with one_region.room.ground.db.read() as session:
        payloads = session.scalars(select(AuditRow.payload).where(AuditRow.object == f"seal-order:{row.id}")).all()
    assert secret not in row.terms
    assert all(secret not in payload for payload in payloads)


# --- the process dies ------------------------------------------------------------------------------------------------


def carry_out(home: str, url: str, at: str, seal: str, kind: str, key: str) -> None:
    """What the child does that is killed on its way."""
    room = build(Path(home), url, FixedClock(datetime.fromisoformat(at)))
    if kind == "make":
        make_seal(room, SYSTEM, SealRequest(MARKET, "印川市市场监督管理局", key, "印川市市场监督管理局"))
    elif kind == "ofd":
        stamp_ofd(room, clerk(MARKET), OfdOrder(papers.ofd(), UUID(seal), PLACE, key))
    else:
        suites = (Suite.SM2, Suite.RSA) if kind == "dual" else (Suite.SM2,)
        stamp_pdf(room, clerk(MARKET), PdfOrder(papers.pdf(), UUID(seal), PLACE, key, suites))


def die_at(region: Region, point: str, kind: str, key: str) -> None:
    words = (str(region.home), region.url, region.clock.now().isoformat(), str(region.seal_id), kind, key)
    killed("tests.seal.test_orders:carry_out", *words, point=point)


@pytest.mark.parametrize("kind", ["dual", "ofd"])
@pytest.mark.parametrize("point", ["seal.recorded", "seal.signed", "seal.stored"])
def test_a_killed_order_is_finished_by_running_it_again(region: Region, point: str, kind: str) -> None:
    key = region.key()
    die_at(region, point, kind, key)
    (row,) = rows(region, key)
    assert (row.state, row.result_sha256) == (OrderState.RECORDED, None)
    started = row.signing_time
    if kind == "ofd":
        order = OfdOrder(papers.ofd(), region.seal_id, PLACE, key)
        done, again = (stamp_ofd(region.room, region.principal, order) for _ in range(2))
    else:
        suites = (Suite.SM2, Suite.RSA) if kind == "dual" else (Suite.SM2,)
        wanted = pdf_order(region, key, suites=suites)
        done, again = (stamp_pdf(region.room, region.principal, wanted) for _ in range(2))
        assert len(signatures(done.document)) == len(suites)
    assert done == again
    assert done.signing_time == started
    (row,) = rows(region, key)
    assert (row.state, row.result_sha256) == (OrderState.SEALED, sha256(done.document).hex())
    assert actions(region, row) == ["seal.stamp", "seal.stamp.record"]


@pytest.mark.parametrize("point", ["seal.make_recorded", "seal.make_signed", "seal.make_stored"])
def test_a_killed_making_is_finished_by_running_it_again(region: Region, point: str) -> None:
    code = f"2199000001{['seal.make_recorded', 'seal.make_signed', 'seal.make_stored'].index(point):04d}"
    die_at(region, point, "make", code)
    wanted = SealRequest(MARKET, "印川市市场监督管理局", code, "印川市市场监督管理局")
    made = make_seal(region.room, SYSTEM, wanted)
    assert (made.state, make_seal(region.room, SYSTEM, wanted)) == (SealState.IN_USE, made)
    with region.room.ground.db.read() as session:
        assert session.scalar(select(func.count()).where(SealRow.code == code)) == 1
    order = pdf_order(region, region.key(), seal_id=made.id)
    assert stamp_pdf(region.room, region.principal, order).document


# --- figures ---------------------------------------------------------------------------------------------------------


def test_a_seal_costs_little(one_region: Region) -> None:
    """Calls for one SM2 seal with time stamp, register, audit and storage; seconds are measured by `bench`."""
    stamp_pdf(one_region.room, one_region.principal, pdf_order(one_region, one_region.key()))
    wanted = pdf_order(one_region, one_region.key())
    assert calls(lambda: stamp_pdf(one_region.room, one_region.principal, wanted)) < 30_000

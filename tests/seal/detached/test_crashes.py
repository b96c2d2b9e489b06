"""Detached signatures when processes die at each step, and when two sign at once: one order, one signature."""

from __future__ import annotations

import signal
from uuid import UUID

import pytest
from sqlalchemy import func, select

from ca.models import CaCertificate
from foundation.audit.models import AuditRow
from foundation.principal import SYSTEM
from hsm.digests import sha256
from seal import register
from seal.detached.signing import sign_detached
from seal.make import make_seal
from seal.models import OrderState, SealOrder
from seal.orders import SealRequest
from tests.dying import together
from tests.seal.conftest import MARKET, Region
from tests.seal.detached.crash_child import CONTENT, order_of
from tests.seal.detached.test_judged import verdict
from verify.report import Verdict

POINTS = ("seal.recorded", "seal.signed", "seal.stored")
KILLED, ENDED = -signal.SIGKILL, 0


def live(region: Region, kind: str, key: str, *points: str, seal: UUID | None = None) -> list[int]:
    """Processes that sign this order at the same time, each to die at its point; answers how they ended."""
    words = (str(region.home), region.url, region.clock.now().isoformat(), MARKET, str(seal or region.seal_id))
    return together("tests.seal.detached.crash_child:live", *words, key, kind, points=list(points))


def order_on_record(region: Region, key: str) -> SealOrder:
    with region.room.ground.db.read() as session:
        return session.scalars(select(SealOrder).where(SealOrder.order_key == key)).one()


def audited(region: Region, row: SealOrder) -> list[str]:
    with region.room.ground.db.read() as session:
        found = session.scalars(select(AuditRow.action).where(AuditRow.object == f"seal-order:{row.id}"))
        return sorted(found)


def check_done(region: Region, key: str, signature: bytes) -> None:
    """One order, one result, audited once; the register gives that result."""
    row = order_on_record(region, key)
    assert (row.state, row.result_sha256) == (OrderState.SEALED, sha256(signature).hex())
    assert audited(region, row) == ["seal.stamp", "seal.stamp.record"]
    assert register.result(region.room, row) == signature


@pytest.mark.parametrize("kind", ["cms", "gm", "jws"])
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_signature_is_finished_by_asking_again(region: Region, point: str, kind: str) -> None:
    key = region.key()
    assert live(region, kind, key, point) == [KILLED]
    row = order_on_record(region, key)
    assert (row.state, row.result_sha256) == (OrderState.RECORDED, None)
    wanted = order_of(kind, region.seal_id, key)
    done, again = (sign_detached(region.room, region.principal, wanted) for _ in range(2))
    assert done == again
    assert (done.order_id, done.signing_time) == (row.id, row.signing_time)
    check_done(region, key, done.document)
    report = verdict(region, done.document, None if kind == "jws" else CONTENT)
    assert report.verdict is Verdict.GENUINE, [item.code for item in report.findings]


@pytest.mark.parametrize(
    ("kind", "points", "ends"),
    [
        ("cms", ("none", "none"), [ENDED, ENDED]),
        ("jws-digest", ("none", "none", "none"), [ENDED] * 3),
        ("gm", ("seal.signed", "none"), [KILLED, ENDED]),
        ("jws", ("seal.stored", "seal.recorded"), [KILLED, KILLED]),
    ],
    ids=["two", "three", "one-dies", "both-die"],
)
def test_processes_that_sign_one_order_at_once(
    region: Region, kind: str, points: tuple[str, ...], ends: list[int]
) -> None:
    """SM2 values differ each time, so each process has made another signature: the first stored is everybody's."""
    key = region.key()
    ended = live(region, kind, key, *points)
    # who dies must have been there in time: a finished order is given back before any fail-point
    assert all(one in (wanted, ENDED) for one, wanted in zip(ended, ends, strict=True)), ended
    done = sign_detached(region.room, region.principal, order_of(kind, region.seal_id, key))
    check_done(region, key, done.document)


def test_a_certificate_made_for_a_signature_that_died_is_the_one_used(region: Region) -> None:
    """P-256 certificates come on demand: killed between issuing and the order, the seal has one and no other."""
    code = "21990000002001"
    seal = make_seal(region.room, SYSTEM, SealRequest(MARKET, "印川市市场监督管理局", code, "印川市市场监督管理局")).id
    key = region.key()
    assert live(region, "p256", key, "seal.certificate_issued", seal=seal) == [KILLED]
    with region.room.ground.db.read() as session:
        assert session.scalar(select(func.count()).where(SealOrder.order_key == key)) == 0, "nothing was ordered yet"
    done = sign_detached(region.room, region.principal, order_of("p256", seal, key))
    check_done(region, key, done.document)
    with region.room.ground.db.read() as session:
        made = session.scalar(
            select(func.count()).where(CaCertificate.request_key.startswith(f"seal.certificate:{code}:p256"))
        )
    assert made == 1

"""The P-256 certificate of a seal: one, whatever happens while it is being issued."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from ca.models import CaCertificate
from ca.status import statuses
from ca.suites import Suite
from foundation.principal import SYSTEM
from hsm.digests import sha256
from seal import on_demand
from seal.errors import SealNotInUse
from seal.find import row_of
from seal.make import make_seal
from seal.models import SealRow, SealState
from seal.orders import SealRequest
from tests.seal.conftest import MARKET, Region

NAME = "印川市市场监督管理局"


def fresh(region: Region, code: str) -> SealRow:
    made = make_seal(region.room, SYSTEM, SealRequest(MARKET, NAME, code, NAME))
    return row_of(region.room, SYSTEM, made.id)


def issued(region: Region, code: str) -> list[CaCertificate]:
    query = select(CaCertificate).where(CaCertificate.request_key == f"seal.certificate:{code}:p256")
    with region.room.ground.db.read() as session:
        return list(session.scalars(query))


def test_a_crash_after_issuing_loses_nothing(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    row = fresh(region, "21990000000081")

    def crash(_point: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(on_demand, "reach", crash)
        with pytest.raises(KeyboardInterrupt):
            on_demand.with_certificate(region.room, row, Suite.P256)
    found = on_demand.with_certificate(region.room, row, Suite.P256)
    (only,) = issued(region, row.code)
    assert found.p256_certificate is not None
    assert sha256(found.p256_certificate).hex() == only.fingerprint


def test_two_at_once_have_one_certificate(region: Region) -> None:
    row = fresh(region, "21990000000082")
    with ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(lambda _: on_demand.with_certificate(region.room, row, Suite.P256), range(2)))
    assert rows[0].p256_certificate == rows[1].p256_certificate
    assert len(issued(region, row.code)) == 1


def test_a_seal_stopped_meanwhile_keeps_no_certificate(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    row = fresh(region, "21990000000083")

    def stop(_point: str) -> None:
        with region.room.ground.db.begin() as session:
            session.execute(update(SealRow).where(SealRow.id == row.id).values(state=SealState.REVOKED))

    monkeypatch.setattr(on_demand, "reach", stop)
    with pytest.raises(SealNotInUse):
        on_demand.with_certificate(region.room, row, Suite.P256)
    assert row_of(region.room, SYSTEM, row.id).p256_certificate is None
    (only,) = issued(region, row.code)
    serial = int(only.serial, 16)
    assert statuses(region.room.ca, only.authority, [serial])[serial].revoked_at is not None

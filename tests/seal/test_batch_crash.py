"""`kill -9` of workers at every step of a batch, one and two at a time: nothing twice, nothing missing."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from foundation.audit.models import AuditRow
from hsm.digests import sha256
from seal.batches import load, report, run
from seal.batches.models import BatchState
from seal.models import OrderState, SealOrder
from tests.dying import KILLED, together
from tests.seal.conftest import Region
from tests.seal.test_batches import ME, pdfs, way
from tests.seal.test_pdf import signatures

ITEMS = 57
"""Three chunks, the last a short one: whoever dies, one is left for the next."""
POINTS = (
    ["seal.batch_launch"],
    ["seal.recorded:2"],
    ["seal.signed:2", "seal.stored:3"],
    ["seal.batch_stamped:3"],
    ["seal.batch_item:3", "seal.batch_item:4"],
    ["seal.stored:2", "seal.batch_stamped"],
    ["seal.recorded", "seal.signed"],
)
FEWER = (POINTS[2], POINTS[5])
"""On PostgreSQL: two at a time, in the middle and at the end of an item."""


def test_workers_die_at_every_step_and_each_document_is_sealed_once(region: Region) -> None:
    room = region.room
    batch = load.create(room, ME, way(region))
    load.add_files(room, ME, batch.id, pdfs(ITEMS, 5000))
    run.start(room, ME, batch.id)
    died = 0
    points = POINTS if room.ground.db.dialect == "sqlite" else FEWER
    for number, names in enumerate((*points, ["none", "none"]), 1):
        now = (region.clock.now() + timedelta(minutes=number * 5)).isoformat()
        codes = together("tests.seal.batch_worker:live", str(region.home), region.url, now, points=names)
        assert set(codes) <= {0, KILLED}
        died += codes.count(KILLED)
    assert died >= len(points)
    region.turn_back(region.clock.now())  # the workers were ahead
    stands = report.progress(room, ME, batch.id)
    assert (stands.batch.state, stands.sealed, stands.ready) == (BatchState.DONE, ITEMS, 0)
    with room.ground.db.read() as session:
        orders = session.scalars(select(SealOrder).where(SealOrder.order_key.startswith(f"batch:{batch.id}:"))).all()
        ids = [f"seal-order:{order.id}" for order in orders]
        stamped = session.scalar(select(func.count()).where(AuditRow.object.in_(ids), AuditRow.action == "seal.stamp"))
        results = {order.id: order.result_sha256 for order in orders}
    assert (len(orders), stamped) == (ITEMS, ITEMS)
    assert {order.state for order in orders} == {OrderState.SEALED}
    for item in report.items(room, ME, batch.id, limit=ITEMS):
        _, octets = report.result(room, ME, batch.id, item.number)
        assert item.order_id is not None
        assert results[item.order_id] == item.result_sha256 == sha256(octets).hex()
    assert len(signatures(octets)) == 1

"""Issuing survives kill -9 at every step: nothing doubled, nothing lost, nothing marked sealed that is not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from itertools import cycle
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from ca.suites import Suite
from foundation.audit.models import AuditRow
from licence.files import Format, file
from licence.issue import issue
from licence.models import IntentState, LicenceCounter, LicenceIntent, LicenceNumber, LicenceRow, LicenceVersionRow
from licence.recovery import RECOVERY, recover
from seal.models import OrderState, SealOrder
from tests.licence import standing
from tests.licence.conftest import Region
from tests.licence.crash_worker import request
from tests.licence.region import MARKET_CLIENT, TRANSPORT_CLIENT

POINTS = (
    "licence.accepted",
    "licence.code_signed",
    "licence.rendered",
    "seal.recorded",
    "seal.signed",
    "seal.stored",
    "licence.pdf_sealed",
    "seal.recorded:2",
    "seal.signed:2",
    "seal.stored:2",
    "licence.ofd_sealed",
    "licence.registered",
)
KILLS = {"sqlite": 36, "postgresql": 24}


class Office:
    """A caller that never gives up: it asks again, with the same key, for what was not acknowledged."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.wanted: list[tuple[str, int, str]] = []
        self.acknowledged: dict[str, UUID] = {}
        self.kills = 0
        command = [sys.executable, "-m", "tests.licence.crash_worker", str(region.settings.home)]
        self._worker = subprocess.Popen(
            [*command, region.settings.database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def life(self, point: str, number: int, *, with_recovery: bool) -> None:
        """One life of the server: it is killed at `point` while it serves."""
        self.wanted.append(("food-operation" if number % 2 else "road-transport", number, f"key-{number}"))
        open_ones = [one for one in self.wanted if one[2] not in self.acknowledged]
        order = {"failpoint": point, "recover": with_recovery, "requests": open_ones}
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        self._worker.stdin.write(json.dumps(order) + "\n")
        self._worker.stdin.flush()
        answer = json.loads(self._worker.stdout.readline())
        assert answer["status"] in (0, -signal.SIGKILL), answer
        self.kills += answer["status"] == -signal.SIGKILL
        for key, licence in answer["acknowledged"].items():
            assert self.acknowledged.setdefault(key, UUID(licence)) == UUID(licence)

    def close(self) -> None:
        self._worker.communicate(timeout=20)
        assert self._worker.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", KILLS)
def test_issuing_survives_kill_minus_nine_at_every_step(kind: str, make_region: Callable[[str], Region]) -> None:
    region = make_region(kind)
    region.clock.advance(hours=1)
    deaths: Counter[str] = Counter()
    with closing(Office(region)) as office:
        for number, point in enumerate(cycle(POINTS), 1):
            before = office.kills
            office.life(point, number, with_recovery=number % 2 == 0)
            deaths[point] += office.kills - before
            check_invariants(region, office)
            if office.kills >= KILLS[kind]:
                break
            assert number < 3 * KILLS[kind], deaths
    assert set(deaths) == set(POINTS)
    assert min(deaths.values()) >= 1
    # the server comes back for good: every request ends in exactly one licence, the acknowledged ones unchanged
    recover(region.room)
    for slug, number, key in office.wanted:
        client = MARKET_CLIENT if slug == "food-operation" else TRANSPORT_CLIENT
        licence = issue(region.room, client, request(slug, number, key))
        assert office.acknowledged.setdefault(key, licence.id) == licence.id
    assert len(set(office.acknowledged.values())) == len(office.wanted)
    check_whole(region, len(office.wanted))


def check_invariants(region: Region, office: Office) -> None:
    """After every death, before anybody tidies up."""
    room = region.room
    with room.ground.db.read() as session:
        rows = {row.id: row for row in session.scalars(select(LicenceRow))}
        intents = {row.id: row for row in session.scalars(select(LicenceIntent))}
        sealed = session.scalar(select(func.count()).select_from(SealOrder).where(SealOrder.state == OrderState.SEALED))
        versions = list(session.scalars(select(LicenceVersionRow)))
    assert set(office.acknowledged.values()) <= rows.keys(), "acknowledged but lost"
    assert len({row.intent_id for row in rows.values()}) == len(rows), "doubled"
    assert {row.intent_id for row in rows.values()} == {i.id for i in intents.values() if i.state == IntentState.DONE}
    assert len(rows) <= len(office.wanted)
    assert len(versions) == len(rows)
    assert sealed is not None
    assert sealed >= 2 * len(rows), "marked issued without its seals"
    for licence in sorted(rows)[-1:]:
        _check_files(region, licence)
    _check_numbers(region)


def check_whole(region: Region, wanted: int) -> None:
    """At the end: nothing unfinished, every file stands, the trail tells of each licence once."""
    with region.room.ground.db.read() as session:
        states = set(session.scalars(select(LicenceIntent.state)))
        licences = list(session.scalars(select(LicenceRow.id)))
        issued = Counter(session.scalars(select(AuditRow.object).where(AuditRow.action == "licence.issue")))
        orders = session.scalar(select(func.count()).select_from(SealOrder))
        open_orders = session.scalar(
            select(func.count()).select_from(SealOrder).where(SealOrder.state != OrderState.SEALED)
        )
    assert states == {IntentState.DONE}
    assert len(licences) == wanted
    assert issued == Counter(f"licence:{licence}" for licence in licences)
    assert (orders, open_orders) == (2 * wanted, 0), "a seal order without its licence, or the reverse"
    for licence in licences:
        _check_files(region, licence)


def _check_files(region: Region, licence: UUID) -> None:
    standing.check_pdf(file(region.room, RECOVERY, licence, Format.PDF).data, (Suite.SM2,))
    standing.check_ofd(file(region.room, RECOVERY, licence, Format.OFD).data)


def _check_numbers(region: Region) -> None:
    """No number and no status index twice; serials run without a gap, because every taken one was committed."""
    with region.room.ground.db.read() as session:
        slots = list(session.scalars(select(LicenceNumber.number_slot)))
        indexes = list(session.scalars(select(LicenceIntent.status_index)))
        series = session.execute(select(LicenceNumber.series, LicenceNumber.serial)).all()
        nexts = {row.series: row.next for row in session.scalars(select(LicenceCounter))}
        in_use = list(session.scalars(select(LicenceRow.number_index)))
    assert len(set(slots)) == len(slots) == len(indexes) == len(set(indexes))
    assert len(set(in_use)) == len(in_use)
    for name in {one for one, _ in series}:
        assert sorted(serial for one, serial in series if one == name) == list(range(1, nexts[name]))

"""One region on each database for all of these tests: its two hierarchies take longer to make than to use."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ca import crl
from ca.suites import Suite
from seal.orders import PdfOrder, Placement
from seal.room import SealRoom
from seal.stamp_pdf import stamp_pdf
from tests.seal import papers
from tests.seal.conftest import Region

HERE = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def own(request: pytest.FixtureRequest, make_region: Callable[[str], Region]) -> Region:
    """A region of their own: the jobs look at every order there is."""
    return make_region(request.param)


def held_to(room: SealRoom, level: str = "B-LT", when: str = "next-list", **more: object) -> SealRoom:
    """The same room under another setting."""
    seal = room.ground.settings.seal.model_copy(update={"extend_to": level, "extend_when": when, **more})
    settings = room.ground.settings.model_copy(update={"seal": seal})
    return replace(room, ground=replace(room.ground, settings=settings))


def sealed(region: Region, *suites: Suite) -> tuple[bytes, str]:
    order = PdfOrder(papers.pdf(), region.seal_id, Placement(1, 150, 240), region.key(), suites or (Suite.SM2,))
    done = stamp_pdf(region.room, region.principal, order)
    return done.document, str(done.order_id)


def publish(region: Region) -> None:
    for slug in ("sm2-issuing", "rsa-issuing", "sm2-root", "rsa-root"):
        crl.publish(region.room.ca, slug)


def killed(region: Region, job: str, *points: str, **settings: object) -> None:
    """Run the job in a process that is killed at each of these points, one after the other."""
    told = json.dumps(
        {
            "home": str(region.home),
            "url": region.url,
            "now": region.clock.now().isoformat(),
            "job": job,
            "points": points,
            "settings": settings,
        }
    )
    command = [sys.executable, "-m", "tests.seal.longlife.crash_child", told]
    died = subprocess.run(command, cwd=HERE, check=False, capture_output=True, text=True, timeout=120)
    assert died.stdout.splitlines() == [f"{point} -9" for point in points], died.stderr[-2000:]

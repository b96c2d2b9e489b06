"""One region on each database for all of these tests: its two hierarchies take longer to make than to use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ca import crl
from ca.suites import Suite
from seal.orders import PdfOrder, Placement
from seal.room import SealRoom
from seal.stamp_pdf import stamp_pdf
from tests import dying
from tests.seal import papers
from tests.seal.conftest import Region


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
    """Run the job in processes that are killed, one at each of these points after the other."""
    told = {
        "home": str(region.home),
        "url": region.url,
        "now": region.clock.now().isoformat(),
        "job": job,
        "settings": settings,
    }
    for point in points:
        dying.killed("tests.seal.longlife.crash_child:run", told, point=point)

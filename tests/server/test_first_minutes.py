"""The first minutes of a region: every list is published before the first request."""

from __future__ import annotations

from sqlalchemy import select

from ca.models import CaCrl
from foundation.database import open_database
from tests.region import Region


def test_lists_are_there_when_the_region_is(region: Region) -> None:
    db = open_database(region.settings)
    with db.read() as session:
        published = set(session.scalars(select(CaCrl.scope)))
    db.dispose()
    assert {"sm2-root", "rsa-root", "sm2-issuing", "sm2-issuing/0", "sm2-issuing/delta", "rsa-issuing"} <= published

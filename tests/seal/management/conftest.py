"""An office of its own on each database, for its tests move the clock; and the shared one on SQLite."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.seal.conftest import Region
from tests.seal.management.office import Office


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, make_region: Callable[[str], Region]) -> Office:
    return Office(make_region(request.param))


@pytest.fixture(scope="session")
def one_office(make_region: Callable[[str], Region]) -> Office:
    return Office(make_region("sqlite"))

"""One office on each database for a run, and one on SQLite for what needs no second."""

from __future__ import annotations

import pytest

from tests.seal.conftest import Region
from tests.seal.management.office import Office


@pytest.fixture
def office(region: Region) -> Office:
    return Office(region)


@pytest.fixture
def one_office(one_region: Region) -> Office:
    return Office(one_region)

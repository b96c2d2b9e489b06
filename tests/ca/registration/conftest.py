"""One registration desk on each database for a run; tests that move the clock take one of their own."""

from __future__ import annotations

import pytest

from ca.registration.room import RegistrationRoom
from hsm.delivery.keys import LocalOneTimeKeys
from tests.ca.conftest import Region
from tests.ca.registration.desk import Accounts, Desk, Inbox


def open_desk(region: Region) -> Desk:
    inbox, ground = Inbox(), region.room.ground
    one_time = LocalOneTimeKeys(ground.clock, ground.ids)
    return Desk(region, RegistrationRoom(region.room, Accounts(), inbox, one_time), inbox)


@pytest.fixture
def desk(region: Region) -> Desk:
    return open_desk(region)


@pytest.fixture
def own_desk(own_region: Region) -> Desk:
    return open_desk(own_region)

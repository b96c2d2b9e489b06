"""Issuing: once per request key, sealed, coded, registered, nothing personal in clear."""

from __future__ import annotations

from licence.intents import IssueRequest
from licence.issue import issue
from tests.licence.conftest import Region
from tests.licence.region import MARKET_CLIENT
from tests.licence.samples import food


def test_a_licence_is_numbered_coded_sealed_and_registered(region: Region) -> None:
    licence = issue(region.room, MARKET_CLIENT, IssueRequest("food-operation", food(), "one"))
    assert licence.number.startswith("JY2")

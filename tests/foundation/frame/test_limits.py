"""Limits: coarse classes in memory answer 429; exact counters in the database outlive restarts and rollbacks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from foundation.clock import FixedClock
from foundation.database import open_database
from foundation.errors import TooMany
from foundation.ground import Ground
from foundation.principal import ANONYMOUS, Kind, Principal
from foundation.web.limits import PER_MINUTE, Counters, Limits, network
from tests.foundation.frame.conftest import SQLITE
from tests.foundation.frame.small import small_app

LIMITED = "/api/v1/test/limited"


@pytest.fixture
def limited(ground: Ground) -> Flask:
    web = ground.settings.web.model_copy(update={"rate_limits": True})
    return small_app(replace(ground, settings=ground.settings.model_copy(update={"web": web})))


@SQLITE
def test_beyond_its_class_a_caller_is_told_when_to_come_back(limited: Flask) -> None:
    client = limited.test_client()
    answers = [client.get(LIMITED).status_code for _ in range(PER_MINUTE["login"])]
    assert set(answers) == {200}
    refused = client.get(LIMITED)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.json is not None
    assert refused.json["code"] == "rate.exceeded"
    assert client.get("/api/v1/test/search").status_code == 200, "other classes have their own windows"
    elsewhere = client.get(LIMITED, environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert elsewhere.status_code == 200, "other addresses have theirs"


@SQLITE
def test_limits_can_be_switched_off(client: FlaskClient) -> None:
    assert {client.get(LIMITED).status_code for _ in range(PER_MINUTE["login"] + 5)} == {200}


def test_callers_are_counted_by_name_and_strangers_by_network() -> None:
    limits = Limits(enabled=True, per_minute={"read": 2, "login": 2})
    clerk, other = (Principal(Kind.CLIENT, label) for label in ("client:a", "client:b"))
    for one in (clerk, other):
        limits.check("read", one, "10.0.0.1")
        limits.check("read", one, "10.0.0.2")
        with pytest.raises(TooMany):
            limits.check("read", one, "10.0.0.3")
    limits.check("read", ANONYMOUS, "10.0.0.1")
    limits.check("login", clerk, "10.0.0.1")
    limits.check("login", other, "10.0.0.1")
    with pytest.raises(TooMany):
        limits.check("login", ANONYMOUS, "10.0.0.1")


def test_an_ipv6_caller_has_one_network_not_2_to_the_64() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff:1") != network("2001:db8:0:1::1")
    assert network("10.0.0.1") == "10.0.0.1"
    assert network("unknown") == "unknown"


def test_a_counter_counts_in_its_window(ground: Ground, clock: FixedClock) -> None:
    counters = Counters(clock)

    def count(key: str = "otp:1", window: int = 60) -> int:
        with ground.db.begin() as session:
            return counters.count(session, key, window)

    assert [count(), count(), count()] == [1, 2, 3]
    assert [count("otp:2"), count(window=3600)] == [1, 1]
    clock.advance(seconds=59)
    with ground.db.read() as session:
        assert counters.retry_after(session, "otp:1", 60) == 1
        assert counters.seen(session, "otp:1", 60) == 3
    clock.advance(seconds=1)
    with ground.db.read() as session:
        assert (counters.seen(session, "otp:1", 60), counters.retry_after(session, "otp:1", 60)) == (0, 0)
    assert count() == 1
    with ground.db.begin() as session:
        counters.clear(session, "otp:1")
        assert counters.seen(session, "otp:1", 3600) == 0


def test_a_counter_is_the_same_for_every_instance_and_exact_under_load(ground: Ground, clock: FixedClock) -> None:
    other = open_database(ground.settings)

    def once(number: int) -> int:
        with (ground.db if number % 2 else other).begin() as session:
            return Counters(clock).count(session, "login:1", 600)

    try:
        with ThreadPoolExecutor(8) as pool:
            seen = list(pool.map(once, range(24)))
    finally:
        other.dispose()
    assert sorted(seen) == list(range(1, 25))


def test_old_counters_are_forgotten(ground: Ground, clock: FixedClock) -> None:
    counters = Counters(clock)
    with ground.db.begin() as session:
        counters.count(session, "a", 60)
    clock.advance(days=3)
    with ground.db.begin() as session:
        assert counters.purge(session) == 1
        assert counters.purge(session) == 0

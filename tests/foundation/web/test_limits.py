"""The windows of the coarse limits: they pass with time, and nobody can fill our memory with them."""

from __future__ import annotations

import pytest

from foundation.errors import TooMany
from foundation.principal import ANONYMOUS
from foundation.web import limits
from foundation.web.limits import Limits


class Timer:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_window_of_a_minute_passes() -> None:
    timer = Timer()
    one = Limits(enabled=True, per_minute={"public": 2}, timer=timer)
    one.check("public", ANONYMOUS, "10.0.0.1")
    one.check("public", ANONYMOUS, "10.0.0.1")
    timer.now = 59.5
    with pytest.raises(TooMany) as refused:
        one.check("public", ANONYMOUS, "10.0.0.1")
    assert refused.value.retry_after == 1
    timer.now = 60.0
    one.check("public", ANONYMOUS, "10.0.0.1")


def test_memory_is_bounded_and_those_still_counted_stay_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_KEPT", 100)
    timer = Timer()
    one = Limits(enabled=True, per_minute={"public": 1}, timer=timer)
    for number in range(60):
        one.check("public", ANONYMOUS, f"10.0.0.{number}")
    timer.now = 61
    for number in range(99):
        one.check("public", ANONYMOUS, f"10.0.1.{number}")
    with pytest.raises(TooMany):
        one.check("public", ANONYMOUS, "10.0.1.50")
    for number in range(1000):
        one.check("public", ANONYMOUS, f"10.1.{number // 250}.{number % 250}")
        assert len(one._windows) <= 100

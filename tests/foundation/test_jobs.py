"""Jobs exist exactly when their change does, and a dead worker's job is taken up by another."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from foundation.clock import FixedClock
from foundation.ground import Ground
from foundation.jobs import ATTEMPTS, Worker


def enqueue(ground: Ground, key: str) -> None:
    with ground.db.begin() as session:
        ground.jobs.enqueue(session, "greet", key, {"who": key})


def test_a_job_is_rolled_back_with_its_change(ground: Ground) -> None:
    with pytest.raises(ZeroDivisionError), ground.db.begin() as session:  # noqa: PT012 - the change and the fault
        ground.jobs.enqueue(session, "greet", "a", {})
        _ = 1 / 0
    assert ground.jobs.claim(ground.db) is None


def test_each_job_runs_once_with_four_takers(ground: Ground) -> None:
    for number in range(20):
        enqueue(ground, str(number))
    seen: list[str] = []
    worker = Worker(ground.db, ground.jobs, {"greet": lambda payload: seen.append(payload["who"])})
    threads = [threading.Thread(target=worker.drain) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worker.drain()
    assert sorted(seen, key=int) == [str(n) for n in range(20)]


def test_the_job_of_a_dead_worker_is_taken_up_after_its_lease(ground: Ground, clock: FixedClock) -> None:
    enqueue(ground, "a")
    assert ground.jobs.claim(ground.db) is not None  # and its worker dies
    assert ground.jobs.claim(ground.db) is None
    clock.advance(seconds=61)
    again = ground.jobs.claim(ground.db)
    assert again is not None
    assert again.attempts == 2


def test_a_failing_job_backs_off_and_is_parked(ground: Ground, clock: FixedClock) -> None:
    calls = []

    def fail(payload: dict[str, Any]) -> None:
        calls.append(payload)
        raise ValueError("11010519491231002X must not be kept")

    enqueue(ground, "a")
    worker = Worker(ground.db, ground.jobs, {"greet": fail})
    for _ in range(ATTEMPTS + 5):
        worker.drain()
        clock.advance(hours=2)
    assert len(calls) == ATTEMPTS


def test_asking_again_for_a_waiting_job_changes_nothing_and_for_a_done_one_starts_it_anew(ground: Ground) -> None:
    seen: list[str] = []
    worker = Worker(ground.db, ground.jobs, {"greet": lambda payload: seen.append(payload["who"])})
    for _ in range(2):
        enqueue(ground, "a")
    assert worker.drain() == 1
    enqueue(ground, "a")
    assert worker.drain() == 1

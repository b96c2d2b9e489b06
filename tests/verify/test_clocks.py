"""Clocks of reading processes: each runs out by itself, none after it was left, also in a copy of the process."""

from __future__ import annotations

import os
import threading

from verify.sandbox.clocks import Clock

LONG, SHORT = 60.0, 0.05
PATIENCE = 30.0


def test_a_short_clock_runs_out_beside_long_ones_and_after_a_pause() -> None:
    never = threading.Event()
    with Clock(LONG, never.set), Clock(LONG, never.set):
        for _ in range(3):
            over = threading.Event()
            clock = Clock(SHORT, over.set)
            with clock:
                assert over.wait(PATIENCE)
            assert clock.late
    assert not never.is_set()


def test_a_clock_that_is_left_or_stands_does_not_run_out() -> None:
    over, other = threading.Event(), threading.Event()
    clock = Clock(0.5, over.set)
    with clock, clock.standing(), Clock(0.6, other.set):
        assert other.wait(PATIENCE)  # its time would have been over by now
    assert not over.is_set()
    assert not clock.late
    assert clock.left() > 0


def test_one_whose_end_fails_does_not_stop_the_others() -> None:
    def fail() -> None:
        raise ValueError("a process that will not die")

    over = threading.Event()
    with Clock(SHORT, fail), Clock(2 * SHORT, over.set):
        assert over.wait(PATIENCE)


def test_many_at_once_each_run_out_once() -> None:
    counted: list[int] = []
    done = threading.Semaphore(0)

    def one(number: int) -> None:
        over = threading.Event()

        def end() -> None:
            counted.append(number)
            over.set()

        with Clock(SHORT, end):
            over.wait(PATIENCE)
        done.release()

    for number in range(20):
        threading.Thread(target=one, args=(number,)).start()
    assert all(done.acquire(timeout=PATIENCE) for _ in range(20))
    assert sorted(counted) == list(range(20))


def test_a_copy_of_the_process_watches_for_itself() -> None:
    with Clock(LONG, lambda: None):
        process = os.fork()
        if process == 0:
            over = threading.Event()
            with Clock(SHORT, over.set):
                os._exit(7 if over.wait(PATIENCE) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 7

"""The threads that own sessions: forks in the middle of a call, stuck calls, faults that are not the device's."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hsm.backends import worker as workers
from hsm.backends.backend import OpenKey
from hsm.backends.errors import DeviceUnavailable
from hsm.backends.sdf import SdfBackend
from hsm.keys import Algorithm
from hsm.schemes import Scheme
from hsm.verifying import DEFAULT_SM2_ID, verify
from tests.hsm import devices


@pytest.fixture
def fake() -> Iterator[devices.FakeSdf]:
    made = devices.FakeSdf()
    yield made
    made.set("hold", 0)


@pytest.fixture
def backend(fake: devices.FakeSdf) -> Iterator[SdfBackend]:
    made = fake.backend()
    yield made
    fake.set("hold", 0)
    made.close()


def _key(backend: SdfBackend) -> OpenKey:
    return backend.open(backend.generate("k#1", Algorithm.SM2).kept, Algorithm.SM2)


def _signs(backend: SdfBackend, key: OpenKey) -> None:
    verify(key.spki, Scheme.SM2_SM3, b"m", backend.sign(key, b"m"), sm2_id=DEFAULT_SM2_ID)


def _in_child(work: Callable[[], int]) -> int:
    """What `work` returns in a forked child; 255 when it raises."""
    child = os.fork()
    if child == 0:
        status = 255
        try:
            status = work()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _until(true: Callable[[], bool]) -> None:
    """Wait for another thread; a test that waits in vain ends, and says so."""
    ready = threading.Event()
    for _ in range(12_000):
        if true():
            return
        ready.wait(0.005)
    raise AssertionError("it never came")


def test_a_fork_waits_for_the_call_under_way(backend: SdfBackend, fake: devices.FakeSdf) -> None:
    key = _key(backend)
    fake.set("hold")
    with ThreadPoolExecutor(1) as pool:
        signing = pool.submit(_signs, backend, key)
        _until(lambda: fake.get("waiting") == 1)
        threading.Timer(0.2, fake.set, ("hold", 0)).start()

        def child() -> int:
            in_the_middle = fake.get("waiting")
            _signs(backend, key)
            return in_the_middle

        assert _in_child(child) == 0
        signing.result()
    _signs(backend, key)


def test_a_stuck_device_does_not_stop_a_fork(
    backend: SdfBackend, fake: devices.FakeSdf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_FORK_PATIENCE", 0.05)
    key = _key(backend)
    fake.set("hold")
    with ThreadPoolExecutor(1) as pool:
        signing = pool.submit(_signs, backend, key)
        _until(lambda: fake.get("waiting") == 1)

        def child() -> int:
            fake.set("hold", 0)
            _signs(backend, key)
            return 0

        assert _in_child(child) == 0
        assert not signing.done()
        fake.set("hold", 0)
        signing.result()


def test_an_error_of_ours_reaches_the_caller_and_the_thread_goes_on(backend: SdfBackend) -> None:
    key = _key(backend)

    def slip(session: object) -> None:
        raise LookupError("a slip")

    with pytest.raises(LookupError, match="a slip"):
        backend._worker.call(slip)
    _signs(backend, key)


def test_closing_a_stuck_device_returns(
    backend: SdfBackend, fake: devices.FakeSdf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_FORK_PATIENCE", 0.05)
    key = _key(backend)
    fake.set("hold")
    with ThreadPoolExecutor(1) as pool:
        signing = pool.submit(_signs, backend, key)
        _until(lambda: fake.get("waiting") == 1)
        backend.close()
        fake.set("hold", 0)
        signing.result()
    _signs(backend, key)


def test_a_closed_back_end_opens_again(backend: SdfBackend, fake: devices.FakeSdf) -> None:
    key = _key(backend)
    for _ in range(2):
        _signs(backend, key)
        backend.close()
    assert fake.seen("SDF_OpenDevice") == fake.seen("SDF_CloseDevice")
    assert fake.seen("SDF_OpenSession") == fake.seen("SDF_CloseSession")


def test_a_device_that_dies_between_sessions_is_opened_anew(backend: SdfBackend, fake: devices.FakeSdf) -> None:
    """The device handle itself may be what is dead: a new session alone would fail for ever."""
    key = _key(backend)
    _signs(backend, key)
    fake.set("pull")
    with pytest.raises(DeviceUnavailable):
        backend.sign(key, b"m")
    fake.set("pull", 0)
    fake.fail("SDF_OpenSession", 0x01000006, 2)
    _signs(backend, key)

"""Time stamps and the clock: jumps back and ahead, a clock that stands still, a time server that disagrees.

The system's own clock is moved by libfaketime under a running authority; EN 319 421 7.7.2, facts: security R17.
"""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import tsp

from ca import crl, timestamps
from ca.clock_guard import ClockGuard
from ca.errors import ClockOff, ClockWentBack
from ca.hierarchy import establish
from ca.reading import read_token
from ca.reading.crl import Reason
from ca.reference_clock import TimeServerSilent, ask
from ca.revoke import revoke
from ca.suites import Suite
from foundation import der
from foundation.clock import FixedClock, SystemClock
from foundation.ids import SystemIds
from foundation.principal import SYSTEM
from hsm.digests import Digest
from tests.ca.conftest import Region, build_room
from tests.ca.oracles import openssl, write
from tests.ca.test_timestamps import answered, request
from tests.conftest import START

ROOT = Path(__file__).resolve().parents[2]
NOT_AVAILABLE = f"refused {int(timestamps.Failure.TIME_NOT_AVAILABLE)}"


def stamp(room: object) -> bytes:
    return timestamps.token(room, Suite.SM2, Digest.SM3, bytes(32))  # type: ignore[arg-type]


# --- the wall clock against steady time ------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [-86_400, -2, 2, 86_400])
def test_a_jump_stops_the_stamps_until_it_is_taken_back(own_region: Region, seconds: float) -> None:
    room, clock = own_region.room, own_region.clock
    stamp(room)
    clock.jump(seconds=seconds)
    with pytest.raises(ClockOff):
        stamp(room)
    assert answered(room, request()) == (2, None, timestamps.Failure.TIME_NOT_AVAILABLE)
    clock.advance(days=2)
    with pytest.raises(ClockOff):
        stamp(room)
    clock.jump(seconds=-seconds)
    stamp(room)


def test_small_corrections_are_borne(own_region: Region) -> None:
    stamp(own_region.room)
    own_region.clock.jump(seconds=-0.9)
    stamp(own_region.room)
    own_region.clock.jump(seconds=0.9)
    stamp(own_region.room)


def test_a_restart_does_not_forget_the_last_time(own_region: Region) -> None:
    """A new process on a clock that was set back: no jump to see, but a later token on record."""
    stamp(own_region.room)
    clock = FixedClock(START - timedelta(hours=1))
    again = build_room(own_region.home, own_region.room.ground.settings.database_url, clock)
    with pytest.raises(ClockWentBack):
        stamp(again)
    clock.advance(hours=1)
    stamp(again)
    again.ground.db.dispose()


def test_lists_bear_small_jumps_and_refuse_great_ones(own_region: Region) -> None:
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    own_region.clock.jump(minutes=5)
    crl.publish(room, "sm2-issuing")
    own_region.clock.jump(days=365)
    revoke(room, SYSTEM, certificate_id=made.id, reason=Reason.SUPERSEDED)
    with pytest.raises(ClockOff):
        crl.publish(room, "sm2-issuing")
    own_region.clock.jump(days=-365)
    crl.publish(room, "sm2-issuing")


# --- ordering --------------------------------------------------------------------------------------------------------


@pytest.fixture
def ordered(own_region: Region) -> Region:
    settings = own_region.room.ground.settings
    wanted = settings.model_copy(update={"ca": settings.ca.model_copy(update={"stamp_ordering": True})})
    object.__setattr__(own_region.room.ground, "settings", wanted)
    return own_region


def test_ordered_tokens_strictly_increase_also_within_a_millisecond(ordered: Region, tmp_path: Path) -> None:
    room = ordered.room
    with ThreadPoolExecutor(4) as pool:
        made = [read_token(one) for one in pool.map(lambda _: stamp(room), range(12))]
    assert all(one.info.ordering for one in made)
    times = sorted(one.info.time for one in made)
    assert times == [START + timedelta(milliseconds=number) for number in range(12)]
    assert {one.info.accuracy for one in made} == {timedelta(seconds=1)}
    reply = der.sequence(der.sequence(der.integer(0)), made[-1].der)
    said = openssl("ts", "-reply", "-in", write(tmp_path, "reply.tsr", reply), "-text")
    assert "Ordering: yes" in said
    assert "Accuracy: 0x01 seconds" in said
    signed = tsp.TimeStampResp.load(reply)["time_stamp_token"]["content"]
    assert signed["encap_content_info"]["content"].parsed["ordering"].native


def test_an_ordered_token_is_not_dated_far_ahead(ordered: Region) -> None:
    stamp(ordered.room)
    ordered.clock.jump(seconds=-0.4)
    assert read_token(stamp(ordered.room)).info.time == START + timedelta(milliseconds=1)
    ordered.clock.jump(seconds=-0.2)
    with pytest.raises(ClockWentBack):
        stamp(ordered.room)


# --- the time server -------------------------------------------------------------------------------------------------


@dataclass
class TimeServer:
    """SNTP on a port of its own; `ahead` is by how much it leads the machine's clock."""

    now: Callable[[], float] = time.time
    ahead: float = 0.0
    silent: bool = False
    forged: bool = False
    stratum: int = 2
    leap: int = 0
    asked: int = 0
    own: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    def run(self) -> None:
        while True:
            question, address = self.own.recvfrom(512)
            if question == b"stop":
                return
            self.asked += 1
            if self.silent:
                continue
            seconds = self.now() + self.ahead + 2_208_988_800
            moment = struct.pack("!II", int(seconds) & 0xFFFFFFFF, int(seconds % 1 * 2**32))
            nonce = bytes(8) if self.forged else question[40:48]
            head = struct.pack("!BBbb", self.leap << 6 | 0x24, self.stratum, 6, -20)
            self.own.sendto(head + bytes(20) + nonce + moment + moment, address)


@pytest.fixture
def server() -> Iterator[TimeServer]:
    made = TimeServer()
    made.own.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    yield made
    made.own.sendto(b"stop", made.own.getsockname())
    thread.join(timeout=10)
    made.own.close()


def address(server: TimeServer) -> str:
    return f"127.0.0.1:{server.own.getsockname()[1]}"


def test_the_offset_is_measured(server: TimeServer) -> None:
    for ahead in (0.0, 30.0, -86_400.0):
        server.ahead = ahead
        found = ask(address(server), SystemClock(), b"12345678")
        assert abs(found.offset + ahead) < 0.5
        assert 0 <= found.delay < 1


@pytest.mark.parametrize("fault", ["silent", "forged", "leap", "stratum"])
def test_an_answer_that_proves_nothing_is_none(server: TimeServer, fault: str) -> None:
    setattr(server, fault, {"leap": 3, "stratum": 0}.get(fault, True))
    with pytest.raises(TimeServerSilent):
        ask(address(server), SystemClock(), b"12345678")


def test_a_server_that_is_not_there_is_silent() -> None:
    with pytest.raises(TimeServerSilent):
        ask("127.0.0.1:1", SystemClock(), b"12345678")
    with pytest.raises(TimeServerSilent):
        ask("no-such-host.invalid", SystemClock(), b"12345678")


def test_a_clock_that_is_off_is_refused_and_a_corrected_one_believed(server: TimeServer) -> None:
    clock = FixedClock(START)
    server.now = lambda: clock.now().timestamp()
    guard = ClockGuard(clock, SystemIds(clock), address(server))
    guard.check()
    guard.check()
    assert server.asked == 1  # not for every token
    server.ahead = 1.5
    clock.advance(seconds=64)
    with pytest.raises(ClockOff) as off:
        guard.check()
    assert off.value.why == "off"
    server.ahead = 0.0
    clock.advance(seconds=64)
    guard.check()
    clock.jump(hours=1)  # the clock was set; the server, which knows, agrees with the new time
    clock.advance(seconds=6)
    guard.check()
    assert abs(guard.drift()) < 1


def test_a_jump_the_server_does_not_share_is_refused(server: TimeServer) -> None:
    clock = FixedClock(START)

    def right() -> float:
        return (START + timedelta(seconds=clock.steady())).timestamp()

    server.now = right
    guard = ClockGuard(clock, SystemIds(clock), address(server))
    guard.check()
    clock.jump(seconds=5)
    clock.advance(seconds=6)
    with pytest.raises(ClockOff) as off:
        guard.check()
    assert off.value.why == "jumped"
    clock.jump(seconds=-5)
    clock.advance(seconds=64)
    guard.check()


def test_without_proof_for_an_hour_no_time_is_signed(server: TimeServer) -> None:
    clock = FixedClock(START)
    server.now = lambda: clock.now().timestamp()
    guard = ClockGuard(clock, SystemIds(clock), address(server))
    guard.check()
    server.silent = True
    clock.advance(seconds=3500)
    guard.check()
    clock.advance(seconds=101)
    with pytest.raises(ClockOff) as off:
        guard.check()
    assert off.value.why == "unproved"
    server.silent = False
    clock.advance(seconds=6)
    guard.check()


# --- faketime under a running authority ------------------------------------------------------------------------------


class Authority:
    """A child process whose wall clock is what a file says; its steady clock is the machine's."""

    def __init__(self, region: Region, folder: Path) -> None:
        self._told = folder / "faketime"
        self.set("+0")
        library = subprocess.run(
            ["faketime", "-f", "+0", "printenv", "LD_PRELOAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        own = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(self._told)}
        own |= {"FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
        command = [sys.executable, "-m", "tests.ca.stamp_child", str(region.home)]
        command.append(region.room.ground.settings.database_url)
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **own},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready"

    def set(self, when: str) -> None:
        self._told.write_text(f"{when}\n", encoding="ascii")

    def ask(self) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self._line()

    def _line(self) -> str:
        """The next line of the protocol; the log goes to the same place."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(("ready", "granted", "refused")):
                return line.strip()
        raise AssertionError("the authority died")

    def end(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=30)


@pytest.fixture(scope="module")
def of_today(make_region: Callable[..., Region], request: pytest.FixtureRequest) -> Region:
    """A region whose certificates are valid by the machine's own clock."""
    found = make_region("sqlite", ())
    found.clock.set(SystemClock().now() - timedelta(days=2))
    establish(found.room, (Suite.SM2,))
    return found


@pytest.fixture
def authority(of_today: Region, tmp_path: Path) -> Iterator[Authority]:
    made = Authority(of_today, tmp_path)
    yield made
    made.end()


def test_moved_under_a_running_authority_the_clock_gives_no_tokens(authority: Authority) -> None:
    assert authority.ask().startswith("granted")
    for jump in ("-1d", "-2", "+2", "+1d"):
        authority.set(jump)
        assert authority.ask() == NOT_AVAILABLE, jump
    authority.set("+0")
    granted = authority.ask().split()
    assert granted[0] == "granted"
    assert abs(float(granted[1]) - time.time()) < 60


def test_a_clock_that_stands_still_gives_no_tokens(authority: Authority) -> None:
    assert authority.ask().startswith("granted")
    authority.set(time.strftime("%Y-%m-%d %H:%M:%S"))  # faketime without @: this moment and no other
    deadline = time.monotonic() + 30
    said = authority.ask()
    while said != NOT_AVAILABLE and time.monotonic() < deadline:
        said = authority.ask()
    assert said == NOT_AVAILABLE

"""Foreign files are read by processes that can do nothing else (T36): confined, bounded, reused, replaced."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ca.reading import read_certificate
from foundation.apart import confinement
from foundation.clock import FixedClock
from foundation.errors import Damaged, Unavailable
from foundation.text import Text
from seal.ofd.package import write
from tests.conftest import START
from tests.verify import odd_cms, odd_packages, pki, sealing
from tests.verify.conftest import Sealed
from tests.verify.odd_cms import CONTENT
from tests.verify.pdf_papers import region_of, signed, visible
from tests.verify.pki import NOW
from tests.verify.test_hostile import xref_bombs
from tests.verify.test_signed_files import jws
from verify.judge import Context, judge
from verify.report import Report, Verdict
from verify.sandbox import wire
from verify.sandbox.limits import MEBI, Limits
from verify.sandbox.pool import Sandbox, shared
from verify.sandbox.questions import Answers
from verify.status import LicenceState, LicenceStatus
from verify.trust import TrustStore

REGION = pki.region("sandbox")
CONTEXT = Context(
    TrustStore.build([REGION.root.certificate], intermediates=[REGION.issuing.certificate], crls=REGION.crls()),
    FixedClock(NOW),
)
PATIENT = Limits(seconds=60)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    box = Sandbox(PATIENT)
    yield box
    box.close()


@contextmanager
def boxed(limits: Limits) -> Iterator[Sandbox]:
    box = Sandbox(limits)
    try:
        yield box
    finally:
        box.close()


def ask(sandbox: Sandbox, data: bytes, context: Context = CONTEXT) -> Report:
    return sandbox.judge(data, name="x", context=context)


def _in_other_letters() -> bytes:
    """A certificate whose names say they are UniversalString: hardly anybody writes it, so it was loaded too late."""
    octets = REGION.seal.certificate
    subject = read_certificate(octets).subject.raw
    return octets.replace(subject, subject.replace(b"\x0c", b"\x1c"))


FILES: dict[str, Callable[[], tuple[bytes, bytes | None]]] = {
    "ofd": lambda: (write(odd_packages.sealed(REGION)), None),
    "pdf": lambda: (sealing.pdf(REGION.seal, chain=(REGION.issuing,), tsa=REGION.tsa), None),
    "cms": lambda: (odd_cms.message(REGION.seal), CONTENT),
    "jws": lambda: (jws(REGION.seal), None),
    "certificate": lambda: (REGION.seal.certificate, None),
    "letters": lambda: (_in_other_letters(), None),
    "list": lambda: (REGION.issuing.crl(), None),
    "stamp": lambda: (sealing.token(REGION.tsa, CONTENT), CONTENT),
    "nothing": lambda: (b"", None),
    "text": lambda: ("印章 \ud800".encode("utf-8", "surrogatepass"), None),
}


@pytest.mark.parametrize("kind", FILES)
def test_the_same_report_as_without_a_sandbox(sandbox: Sandbox, kind: str) -> None:
    data, content = FILES[kind]()
    asked = replace(CONTEXT, strict=True) if kind == "cms" else CONTEXT
    here = judge(data, name="文件\u202e.x", context=asked, content=content)
    there = sandbox.judge(data, name="文件\u202e.x", context=asked, content=content)
    assert there == here
    assert [one.certificate_path for one in there.signatures] == [one.certificate_path for one in here.signatures]
    assert [one.octets for sig in there.signatures for one in sig.certificate_path] == [
        one.octets for sig in here.signatures for one in sig.certificate_path
    ]


def test_looking_at_pages_is_done_for_it(sandbox: Sandbox) -> None:
    """A later seal over words is found by drawing the page, which the confined process cannot do itself."""
    region = region_of("sm2")
    trust = TrustStore.build([region.root.certificate], intermediates=[region.issuing.certificate], crls=region.crls())
    covered = signed("sm2", signed("sm2"), field="Seal2", shown=visible((60, 200, 500, 800)))
    report = sandbox.judge(covered, name=None, context=replace(CONTEXT, trust=trust))
    assert report.has("pdf.covered")


INSIDE = """
import json, os, socket, subprocess, sys
sys.path.insert(0, {root!r})
from foundation.apart import confinement
devices = sorted(line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line)
alone = os.getpid()
lacking = confinement.confine(512 * 1024 * 1024, 60)
def tried(work):
    try:
        work()
    except (OSError, MemoryError, ValueError) as error:
        return type(error).__name__
    return "worked"
said = {{
    "devices": devices, "process": alone, "lacking": lacking, "user": os.geteuid(),
    "socket": tried(socket.socket), "unix": tried(lambda: socket.socket(socket.AF_UNIX)),
    "pair": tried(socket.socketpair), "file": tried(lambda: open({secret!r})), "folder": tried(lambda: os.listdir("/")),
    "pipe": tried(os.pipe), "fork": tried(os.fork), "run": tried(lambda: subprocess.run(["/bin/true"])),
    "memory": tried(lambda: bytearray(600 * 1024 * 1024)),
    "more files": tried(lambda: __import__("resource").setrlimit(__import__("resource").RLIMIT_NOFILE, (9, 9))),
}}
print(json.dumps(said))
"""


def test_what_is_left_to_a_confined_process(tmp_path: Path) -> None:
    """No socket of any family, no file, no pipe, no process; and no way to take a limit back."""
    secret = tmp_path / "kek"
    secret.write_text("secret")
    done = subprocess.run(
        [*confinement.launcher(), sys.executable, "-c", INSIDE.format(root=str(ROOT), secret=str(secret))],
        capture_output=True,
        check=True,
        env={"LC_ALL": "C.UTF-8"},
    )
    said = json.loads(done.stdout)
    for name in ("socket", "unix", "pair", "file", "folder", "pipe", "run"):
        assert said[name] == "OSError", (name, said)
    assert said["fork"] == "BlockingIOError"
    assert (said["lacking"], said["memory"], said["more files"]) == ([], "MemoryError", "ValueError")
    assert said["user"] == confinement.NOBODY or os.geteuid() != 0
    if confinement.launcher():
        assert (said["devices"], said["process"]) == (["lo"], 1)


def test_confinement_that_does_not_hold_is_refused() -> None:
    """Where the limit on files does nothing, the process gives up instead of reading anything."""
    with pytest.raises(PermissionError, match="_open_file"):
        confinement.still_possible()


def test_too_long_is_a_report_and_the_next_file_is_read() -> None:
    with boxed(Limits(seconds=0.2)) as box:
        good = write(odd_packages.sealed(REGION))
        assert box.judge(b"", name=None, context=CONTEXT).has("file.empty")
        before = box.process_ids
        report = ask(box, xref_bombs())
        assert (report.verdict, report.kind, report.has("file.limits")) == (Verdict.CANNOT_TELL, "pdf", True)
        assert "0.2 seconds" in report.findings[0].text.en
        assert before[0] not in box.process_ids
        assert not _alive(before[0])
        assert report.sha256 != ask(box, good[:-9]).sha256


def test_too_much_memory_is_a_report_and_the_next_file_is_read() -> None:
    with boxed(Limits(seconds=60, memory=190 * MEBI)) as box:
        report = ask(box, b"%PDF-1.7\n" + bytes(95 * MEBI), replace(CONTEXT, most_octets=100 * MEBI))
        assert (report.verdict, report.intact) == (Verdict.CANNOT_TELL, False)
        assert [found.code for found in report.findings] == ["file.limits"]
        assert ask(box, write(odd_packages.sealed(REGION))).verdict is Verdict.GENUINE


def test_a_process_that_dies_is_a_report_and_the_next_file_is_read(sealed: Sealed) -> None:
    with boxed(replace(PATIENT, at_once=1)) as box:
        box.start()
        assert ask(box, b"").has("file.empty")
        [victim] = box.process_ids
        register = Killer(victim)
        report = ask(box, sealed.sm2, replace(_usual(sealed), status=register))
        assert (report.verdict, [found.code for found in report.findings]) == (
            Verdict.CANNOT_TELL,
            ["file.reader_ended"],
        )
        [idle] = box.process_ids
        os.killpg(idle, signal.SIGKILL)
        assert ask(box, write(odd_packages.sealed(REGION))).verdict is Verdict.GENUINE


def test_one_process_reads_many_files_and_makes_room() -> None:
    with boxed(replace(PATIENT, files=3)) as box:
        seen = []
        for _ in range(4):
            ask(box, b"hello")
            seen.append(box.process_ids)
        assert seen[0] == seen[1]
        assert seen[2] != seen[1]
        assert seen[3] == seen[2]


def _usual(sealed: Sealed) -> Context:
    return Context(sealed.trust, FixedClock(START))


class Slow:
    """A register that answers when it may."""

    def __init__(self) -> None:
        self.may, self.asked = threading.Event(), threading.Semaphore(0)

    def licence_status(self, identifier: str) -> LicenceStatus | None:
        self.asked.release()
        self.may.wait(60)
        return LicenceStatus(LicenceState.REVOKED, NOW, NOW, "test")

    def code_status(self, template_id: str, status_index: int) -> LicenceStatus | None:
        raise Unavailable("test.away", Text("不在", "away"))


def test_two_at_once_one_waits_and_the_rest_come_back_later(sealed: Sealed) -> None:
    register = Slow()
    context = replace(_usual(sealed), status=register)
    found: list[Report] = []
    with boxed(replace(PATIENT, seconds=60, waiting=1)) as box:
        threads = [threading.Thread(target=lambda: found.append(ask(box, sealed.sm2, context))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(2):
            register.asked.acquire(timeout=60)
        until = time.monotonic() + 60
        while box.waiting < 1 and time.monotonic() < until:
            time.sleep(0.01)
        with pytest.raises(Unavailable) as refused:
            ask(box, sealed.sm2, context)
        register.may.set()
        for thread in threads:
            thread.join()
        assert refused.value.code == "verify.busy"
        assert len(found) == 3
        assert all(report.has("licence.revoked") for report in found)


class Killer(Slow):
    """Ends the process that asks, in the middle of its work."""

    def __init__(self, process: int) -> None:
        super().__init__()
        self.process = process

    def licence_status(self, identifier: str) -> LicenceStatus | None:
        os.killpg(self.process, signal.SIGKILL)
        return None


class Broken:
    def licence_status(self, identifier: str) -> LicenceStatus | None:
        if identifier == "":
            return None
        raise Damaged("test.damaged", Text("损坏", "damaged"))

    def code_status(self, template_id: str, status_index: int) -> LicenceStatus | None:
        return None


class Gone(Slow):
    def licence_status(self, identifier: str) -> LicenceStatus | None:
        raise Unavailable("test.away", Text("不在", "away"))


def test_a_register_that_is_away_or_broken(sandbox: Sandbox, sealed: Sealed) -> None:
    away = ask(sandbox, sealed.sm2, replace(_usual(sealed), status=Gone()))
    assert away.has("licence.status_unavailable")
    with pytest.raises(Damaged):
        ask(sandbox, sealed.sm2, replace(_usual(sealed), status=Broken()))
    assert ask(sandbox, sealed.sm2, _usual(sealed)).verdict is Verdict.GENUINE


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"ask": "licence"},
        {"ask": "licence", "of": 7},
        {"ask": "code", "of": "x", "index": "1"},
        {"ask": "post", "of": "http://x", "body": "", "kind": "text/html"},
        {"ask": "look", "ends": [0, 99], "pages": [], "covering": []},
        {"ask": "look", "ends": [-1, 1], "pages": [], "covering": []},
        {"ask": "look", "ends": [0, 1], "pages": ["1"], "covering": []},
        {"ask": "look", "ends": [0, 1], "pages": [], "covering": [[1, 2, 3]]},
        {"ask": "store", "of": "x"},
    ],
    ids=str,
)
def test_questions_nobody_should_ask(question: dict[str, object]) -> None:
    with pytest.raises(wire.Ended):
        Answers(replace(CONTEXT, status=Slow()), b"%PDF-", lambda: 5.0)(question)


def test_nothing_but_a_report_comes_up() -> None:
    good = wire.plain(judge(b"hello", name=None, context=CONTEXT))
    assert wire.report(good).has("file.unknown_format")
    for hostile in (None, [], {}, {**good, "verdict": "certainly"}, {**good, "findings": "x"}, {**good, "size": "big"}):
        with pytest.raises(wire.Ended):
            wire.report(hostile)
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as down, os.fdopen(writer, "wb") as up:
        up.write((2**31).to_bytes(4, "big"))
        up.flush()
        with pytest.raises(wire.Ended):
            wire.receive_json(down)


def test_a_forked_process_has_a_pool_of_its_own() -> None:
    mine = shared()
    assert shared() is mine
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        other = shared()
        mine.close()
        os.write(writer, b"own" if other is not mine else b"same")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 10) == b"own"
    os.close(reader)
    os.close(writer)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True

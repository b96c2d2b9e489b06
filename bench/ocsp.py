"""OCSP (在线状态): signed live and looked up over HTTP, beside `openssl ocsp` in the same run.

Questions are put by `ab`, without keep-alive, because `openssl ocsp` closes each connection. CPU is the server's own,
read from /proc, so the driver does not count.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import Figure, measure
from bench.peers import openssl
from ca import ocsp
from ca.hierarchy import service_key
from ca.issue import issue
from ca.profiles import OCSP
from ca.room import CaRoom
from ca.suites import Suite
from foundation.principal import SYSTEM
from hsm.keys import Algorithm, Purpose
from hsm.signing import ToBeSigned
from tests.ca.conftest import SUBJECTS, Region
from tests.ca.test_ocsp import nonce, request

CA = "sm2-issuing"
_QUESTIONS, _ROUNDS = 4_000, 2
_TYPE = "application/ocsp-request"
_ROOT = Path(__file__).resolve().parents[1]


def figures(room: CaRoom) -> Iterator[Figure]:
    region = Region(room, room.ground.clock, room.ground.settings.home)  # type: ignore[arg-type]
    spki = room.keys.ensure("bench/holder", Algorithm.SM2, {Purpose.SEALING}).spki
    subject = SUBJECTS["code-signer"]
    made = issue(room, SYSTEM, suite=Suite.SM2, profile="code-signer", subject=subject, spki=spki, request_key="ocsp")
    data = request(region, Suite.SM2, made.serial)
    yield from _live(room, request(region, Suite.SM2, made.serial, extensions=nonce(b"n" * 32)))
    ocsp.answer(room, CA, data)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "question").write_bytes(data)
        p256, sm2 = _peer(folder, "prime256v1", "sha256"), _peer(folder, "SM2", "sm3")
        for kind, what in (("listener", "yinxin ocsp"), ("waitress", "web process, before the frame")):
            with _ours(room, folder, kind) as (pid, url):
                ms, wall = _ask(pid, url, folder / "question")
                again, again_wall = _ask(pid, url, folder / "question", keep="-k")
            note = f"pre-signed, SHA-1 CertID, SQLite; {1000 / ms:,.0f}/CPU-s"
            yield Figure(f"OCSP over HTTP, {what}", ms, wall, "openssl ocsp, P-256", p256, note)
            yield Figure("  beside the SM2 responder", ms, wall, "openssl ocsp, SM2", sm2)
            yield Figure("  with keep-alive", again, again_wall, "openssl ocsp, P-256 (it closes)", p256)


def _live(room: CaRoom, data: bytes) -> Iterator[Figure]:
    """A nonce forces a signature; ours is verified back before it leaves."""
    key = room.keys.signer(service_key(Suite.SM2, OCSP))
    best = bare = (float("inf"), float("inf"))
    for _ in range(4):  # in turns, for the machine is shared
        bare = min(bare, measure(lambda: key.sign(ToBeSigned(Purpose.OCSP, bytes(300), "bench")), times=100, rounds=1))
        best = min(best, measure(lambda: ocsp.answer(room, CA, data), times=100, rounds=1))
    sign, check = openssl.speed("sm2")
    note = f"parse, status from the database, sign, verify back; openssl alone: sign {sign:.2f}, verify {check:.2f} ms"
    yield Figure("OCSP signed live, SM2", *best, "the signature alone, verified back (bar: 0.8)", bare[0], note)


@contextmanager
def _ours(room: CaRoom, folder: Path, kind: str) -> Iterator[tuple[int, str]]:
    port, settings = _free_port(), room.ground.settings
    command = [sys.executable, "-m", "bench.ocsp_server", str(settings.home), settings.database_url, str(port), kind]
    with (
        (folder / f"{kind}.log").open("wb") as said,
        subprocess.Popen(command, stdout=said, stderr=said, cwd=_ROOT) as process,
    ):
        try:
            _wait(port)
            yield process.pid, f"http://127.0.0.1:{port}/ocsp/{CA}"
        finally:
            process.terminate()


def _peer(folder: Path, curve: str, digest: str) -> float:
    """CPU ms per answer of `openssl ocsp` with a key of that curve."""
    key, certificate, index = folder / f"{curve}.key", folder / f"{curve}.pem", folder / "index.txt"
    _run("ecparam", "-genkey", "-name", curve, "-out", key)
    made: list[str | Path] = [
        "req",
        "-x509",
        "-new",
        "-key",
        key,
        f"-{digest}",
        "-subj",
        "/CN=peer",
        "-out",
        certificate,
    ]
    _run(*made, "-set_serial", "1")
    index.write_text("V\t301231235959Z\t\t1000\tunknown\t/CN=x\n", encoding="ascii")
    question = folder / f"{curve}.question"
    _run("ocsp", "-issuer", certificate, "-serial", "0x1000", "-no_nonce", "-reqout", question)
    port = _free_port()
    serve: list[str | Path] = [
        "openssl",
        "ocsp",
        "-port",
        str(port),
        "-index",
        index,
        "-CA",
        certificate,
        "-rsigner",
        certificate,
    ]
    with subprocess.Popen(
        [*serve, "-rkey", key, "-rmd", digest, "-nmin", "600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait(port)
            return _ask(process.pid, f"http://127.0.0.1:{port}/", question)[0]
        finally:
            process.terminate()


def _run(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(port: int) -> None:
    """Until somebody listens; told by the system, because `openssl ocsp` takes a mere knock amiss."""
    wanted = f":{port:04X} "
    for _ in range(600):
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                own, _, state = line.split()[1:4]
                if f"{own} ".endswith(wanted) and state == "0A":
                    return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


def _ask(pid: int, url: str, question: Path, keep: str = "") -> tuple[float, float]:
    """(CPU ms of the server, wall ms) per answer, best of the rounds; every answer must have come."""
    command = ["ab", "-q", *([keep] if keep else []), "-n", str(_QUESTIONS), "-c", "4", "-l"]
    command += ["-p", str(question), "-T", _TYPE, url]
    best = (float("inf"), float("inf"))
    for _ in range(_ROUNDS):
        began, clock = _cpu(pid), time.perf_counter()
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        spent = ((_cpu(pid) - began) / _QUESTIONS, (time.perf_counter() - clock) * 1000 / _QUESTIONS)
        complete = re.search(r"Complete requests:\s+(\d+)", said)
        failed = re.search(r"Failed requests:\s+(\d+)|Non-2xx responses:\s+(\d+)", said)
        if not complete or int(complete[1]) != _QUESTIONS or (failed and any(map(int, filter(None, failed.groups())))):
            raise RuntimeError(said)
        best = min(best, spent)
    return best


def _cpu(pid: int) -> float:
    """CPU milliseconds of a process, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

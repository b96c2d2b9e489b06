"""The signer as a process: where the keys are, what sealing does to it, and how three people open it again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from foundation import der
from foundation.clock import SystemClock
from foundation.database import open_database
from foundation.errors import Conflict
from foundation.ids import SystemIds
from foundation.settings import Settings
from hsm import vault
from hsm.errors import Sealed
from hsm.kek import read_key_file
from hsm.key_rows import place, ref_of
from hsm.keys import Algorithm
from hsm.models import HsmKey
from hsm.service import messages as m
from hsm.shares import BadShare
from server.cli import main as program
from server.signer import socket_channel
from server.signer_split import split_key
from server.signer_talk import ask_status, seal_up, unseal_with
from tests.region import free_port

ROOT = Path(__file__).resolve().parents[3]
_SECONDS = 120


class Standing:
    """A region of this module, its web process and its signer."""

    def __init__(self, home: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.home = home
        signer = {"wait_seconds": 60}  # this machine may be busy
        self.settings = Settings(home=home, web={"public_url": self.url, "rate_limits": False}, signer=signer)
        self.environment = {
            **os.environ,
            "YINXIN_HOME": str(home),
            "YINXIN_WEB__PORT": str(port),
            "YINXIN_WEB__PUBLIC_URL": self.url,
            "YINXIN_WEB__RATE_LIMITS": "false",
            "YINXIN_SIGNER__WAIT_SECONDS": "60",
            "YINXIN_CA__SUITES": '["sm2"]',
        }
        self.web: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.home / "server.log").open("ab") as log:
            command = [sys.executable, "-m", "server", "serve"]
            self.web = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, cwd=ROOT)

    def stop(self) -> None:
        if self.web is not None:
            self.web.send_signal(signal.SIGTERM)
            self.web.wait(timeout=30)
            self.web = None

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:  # noqa: S310 - our own loopback
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    @property
    def signer(self) -> m.Status:
        return ask_status(self.settings)

    def wait(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _SECONDS
        while not holds():
            if time.monotonic() > deadline or self.web is None or self.web.poll() is not None:
                raise RuntimeError((self.home / "server.log").read_text(encoding="utf-8")[-4000:])
            time.sleep(0.1)

    def ready(self) -> None:
        self.wait(lambda: self.get("/readyz")[0] == 200)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    made = Standing(tmp_path_factory.mktemp("sg"))
    made.start()
    try:
        made.ready()
        yield made
    finally:
        made.stop()


def _secrets(settings: Settings) -> dict[str, bytes]:
    """The key-encryption key, and the scalars of keys that were used: what no web process may hold."""
    clock = SystemClock()
    ids, db = SystemIds(clock), open_database(settings)
    found = {"kek": read_key_file(settings.kek_file)}
    opened = vault.unseal(settings, db, clock, ids)
    with db.read() as session:
        rows = session.scalars(select(HsmKey).where(HsmKey.algorithm == Algorithm.SM2)).all()
    for row in rows:
        pkcs8 = opened.kek.unwrap(row.wrapped, place(ref_of(row), row.backend))
        inner = der.parse(der.parse(pkcs8).children(4)[2].as_octets())
        found[row.name] = inner.children(4)[1].as_octets()
    db.dispose()
    return found


def _in_memory(pid: int, secrets: dict[str, bytes]) -> set[str]:
    """Which of them lie anywhere in the memory of a process, most or least significant octet first."""
    needles = {name: (octets, octets[::-1]) for name, octets in secrets.items()}
    found: set[str] = set()
    ranges = Path(f"/proc/{pid}/maps").read_text(encoding="ascii").splitlines()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in ranges:
            span, rights, *_ = line.split()
            begin, end = (int(part, 16) for part in span.split("-"))
            if "r" not in rights or line.endswith(("[vvar]", "[vsyscall]")):
                continue
            try:
                memory.seek(begin)
                octets = memory.read(end - begin)
            except (OSError, OverflowError):
                continue
            found |= {name for name, forms in needles.items() if any(form in octets for form in forms)}
    return found


def test_the_web_process_holds_no_private_key_and_the_signer_does(standing: Standing) -> None:
    secrets = _secrets(standing.settings)
    assert {"kek", "ca/sm2-root", "ca/sm2-issuing", "licence/code"} <= set(secrets)
    assert standing.web is not None
    assert _in_memory(standing.web.pid, secrets) == set()
    status = standing.signer
    assert status.pid != standing.web.pid
    if os.geteuid() == 0:
        assert {"kek", "ca/sm2-issuing"} <= _in_memory(status.pid, secrets), "the scan can find them"
    else:
        with pytest.raises(PermissionError):  # not dumpable: even the same account does not look in
            _in_memory(status.pid, secrets)
        assert _in_memory(os.getpid(), secrets), "the scan can find them: this process holds them now"


def test_the_signer_loads_nothing_that_reads_documents() -> None:
    code = "import server.signer_process, sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "cryptography" in loaded
    assert not loaded & {"pyhanko", "lxml", "PIL", "zxingcpp", "openpyxl", "flask", "werkzeug", "waitress", "yaml"}


def test_a_signer_that_dies_is_started_again(standing: Standing) -> None:
    first = standing.signer.pid
    os.kill(first, signal.SIGKILL)
    assert standing.signer.pid != first, "asking waits for the new one"
    assert standing.get("/readyz")[0] == 200


@contextmanager
def _sealed(standing: Standing) -> Iterator[m.Status]:
    seal_up(standing.settings)
    standing.wait(lambda: standing.signer.sealed)
    yield standing.signer


def test_one_operator_seals_pages_stay_up_and_the_keys_are_gone(standing: Standing) -> None:
    secrets = _secrets(standing.settings)
    before = standing.signer
    with _sealed(standing) as status:
        assert (status.pid, status.reason_en) == (before.pid, standing.signer.reason_en)
        assert "yinxin signer unseal" in status.reason_zh
        if os.geteuid() == 0:
            assert _in_memory(status.pid, secrets) == set(), "the new image has clean memory"
        assert standing.get("/")[0] == 200
        time.sleep(1.1)  # /readyz repeats its answer for a second
        code, text = standing.get("/readyz")
        assert (code, json.loads(text)["checks"]["keys"]) == (503, "sealed")
        with pytest.raises(Sealed, match="unseal"):
            socket_channel(standing.settings).ask(m.NamesOfKeys(""), m.Names)
        told = CliRunner().invoke(program, ["signer", "status", "--json"], env=_cli(standing))
        assert (told.exit_code, json.loads(told.stdout)["sealed"]) == (1, True)
    os.kill(status.pid, signal.SIGKILL)
    assert standing.signer.sealed, "no restart undoes what the operator did, though the key file lies there"
    assert not unseal_with(standing.settings, status, "").sealed
    with pytest.raises(Conflict):
        unseal_with(standing.settings, status, "")
    standing.ready()


def _cli(standing: Standing) -> dict[str, str]:
    return {"YINXIN_HOME": str(standing.home), "YINXIN_WEB__PUBLIC_URL": standing.url}


def test_three_of_five_open_it_and_a_start_without_them_waits(standing: Standing) -> None:
    settings, folder = standing.settings, standing.home / "shares"
    told = CliRunner().invoke(program, ["signer", "split", "--out", str(folder)], env=_cli(standing))
    assert told.exit_code == 0, told.output
    assert not settings.kek_file.exists()
    shares = [path.read_text(encoding="ascii").strip() for path in sorted(folder.iterdir())]
    assert len(shares) == 5
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    standing.stop()
    standing.start()
    standing.wait(lambda: standing.get("/")[0] == 200)
    status = standing.signer
    assert (status.sealed, status.method, status.shares_have, status.shares_need) == (True, "shares", 0, 3)
    assert json.loads(standing.get("/readyz")[1])["checks"]["keys"] == "sealed"
    assert unseal_with(settings, status, shares[3]).shares_have == 1
    for wrong, why in ((shares[3], "given_twice"), (shares[1].replace(" ", " academic ", 1), "misspelt")):
        with pytest.raises(BadShare) as caught:
            unseal_with(settings, status, wrong)
        assert caught.value.code == f"hsm.share_{why}"
    assert unseal_with(settings, status, shares[0]).shares_have == 2
    assert not unseal_with(settings, status, shares[4]).sealed
    standing.ready()
    report = CliRunner().invoke(program, ["signer", "reconcile", "--json"], env=_cli(standing))
    assert json.loads(report.stdout)["difference"] == 0, report.stdout
    with pytest.raises(Sealed):  # a second split would need the key, which nobody has alone
        split_key(settings, folder / "again", keep_file=True, confirm=None)


def test_the_signer_dies_with_its_parent(standing: Standing) -> None:
    """Last of this module: the web process is killed as if by `kill -9`."""
    child = standing.signer.pid
    assert standing.web is not None
    standing.web.kill()
    standing.web.wait()
    standing.web = None
    deadline = time.monotonic() + _SECONDS
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{child}").exists()

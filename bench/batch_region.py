"""A region of real processes for a batch (批次测速环境): PostgreSQL with fsync, a signer, workers that are killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from foundation.database import open_database
from foundation.settings import Settings
from hsm.service.server import answers
from server import schema
from tests.databases import execute, private_cluster

ROOT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")


def resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0])


def cpu_seconds(pid: int, *, children: bool = False) -> float:
    """Of the process; with `children` also of those it has waited for. A dead one has none left."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(int(ticks) for ticks in fields[11 : 15 if children else 13]) / TICKS


@dataclass(frozen=True, slots=True)
class Worker:
    pid: int
    number: int


@dataclass
class Processes:
    """The region's processes, and the CPU of those that are gone."""

    home: Path
    environment: dict[str, str]
    postmaster: int
    signer: subprocess.Popen[bytes]
    forks: subprocess.Popen[bytes]
    workers: list[Worker] = field(default_factory=list)
    spent_by_dead: float = 0.0
    killed: int = 0

    def start_worker(self, number: int) -> None:
        asked, answered = self.forks.stdin, self.forks.stdout
        if asked is None or answered is None:
            raise RuntimeError("the process that forks workers has no pipes")
        asked.write(b"one more\n")
        asked.flush()
        self.workers.append(Worker(int(answered.readline()), number))

    def kill(self, worker: Worker) -> None:
        """Killed with -9, and another in its place."""
        self.spent_by_dead += cpu_seconds(worker.pid, children=True)
        os.kill(worker.pid, signal.SIGKILL)
        self.workers.remove(worker)
        self.killed += 1
        self.start_worker(worker.number)

    def spent(self) -> dict[str, float]:
        """CPU seconds so far."""
        workers = sum(cpu_seconds(one.pid, children=True) for one in self.workers) + self.spent_by_dead
        backends = Path(f"/proc/{self.postmaster}/task/{self.postmaster}/children").read_text(encoding="ascii").split()
        database = cpu_seconds(self.postmaster, children=True) + sum(cpu_seconds(int(pid)) for pid in backends)
        return {"workers": workers, "signer": cpu_seconds(self.signer.pid), "database": database}

    def resident(self) -> dict[str, list[int]]:
        """MiB."""
        pids = {
            "workers": [one.pid for one in self.workers],
            "signer": [self.signer.pid],
            "web": [os.getpid()],
        }
        return {name: [resident_kib(pid) // 1024 for pid in found] for name, found in pids.items()}

    def stop(self) -> None:
        for one in self.workers:
            os.kill(one.pid, signal.SIGTERM)
        for one in self.workers:
            while Path(f"/proc/{one.pid}").exists():
                time.sleep(0.2)
        for process in (self.forks, self.signer):
            process.terminate()
            process.wait(30)


@contextmanager
def region() -> Iterator[tuple[Settings, Processes]]:
    """Signer and database run; workers are started by the caller."""
    home = Path(tempfile.mkdtemp(prefix="yx-batch-", dir="/tmp"))
    try:
        with private_cluster(durable=True) as cluster:
            execute(cluster.format(name="postgres"), "CREATE DATABASE batch")
            url = cluster.format(name="batch")
            settings = Settings(home=home, database={"url": url}, signer={"mode": "socket"})
            db = open_database(settings)
            schema.upgrade(db)
            db.dispose()
            told = {"YINXIN_HOME": str(home), "YINXIN_DATABASE__URL": url, "YINXIN_SIGNER__MODE": "socket"}
            environment = {**os.environ, **told}
            folder = Path(url.partition("host=")[2])
            postmaster = int((folder / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])
            log = (home / "log").open("ab")
            signer = subprocess.Popen(
                [sys.executable, "-m", "server", "signer", "run"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
            forks = subprocess.Popen(
                [sys.executable, "-m", "bench.batch_worker"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
            processes = Processes(home, environment, postmaster, signer, forks)
            try:
                _wait_for(settings, signer)
                yield settings, processes
            finally:
                processes.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _wait_for(settings: Settings, signer: subprocess.Popen[bytes]) -> None:
    while not answers(settings.signer_socket):
        if signer.poll() is not None:
            raise RuntimeError("the signer did not start; see signer.log")
        time.sleep(0.5)

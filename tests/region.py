"""A running sample region (运行中的示例区域): `yinxin serve --sample` in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from foundation.settings import Settings
from server.sample import LOGINS, Login

START_SECONDS = 300
"""Ten seconds of work, on a machine that has others to do. One that died is told at once."""


@dataclass(frozen=True)
class Region:
    url: str
    home: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    @property
    def settings(self) -> Settings:
        """Settings of the running region, for tests that look into its database beside it."""
        return Settings(home=self.home, web={"public_url": self.url, "rate_limits": False})

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    def login(self, username: str) -> Login:
        return next(login for login in LOGINS if login.username == username)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_region(home: Path, **more: str) -> Iterator[Region]:
    """`more` are further environment variables. Ends with SIGTERM, and insists that the server ends in order."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "YINXIN_HOME": str(home),
        "YINXIN_WEB__PORT": str(port),
        "YINXIN_WEB__PUBLIC_URL": url,
        "YINXIN_WEB__RATE_LIMITS": "false",
        **more,
    }
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "server", "serve", "--sample"]
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=home)
        try:
            _wait(url, process, home / "server.log")
            yield Region(url, home, process, environment)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=120)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=10) as answer:  # noqa: S310 - our own loopback
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError("the region did not start:\n" + log.read_text(encoding="utf-8")[-4000:])

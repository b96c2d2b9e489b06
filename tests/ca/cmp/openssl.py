"""OpenSSL's CMP mock server and client as independent partners (对端)."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mock_server(folder: Path, *arguments: str) -> Iterator[str]:
    """`openssl cmp -port`: yields its address."""
    port = free_port()
    log = (folder / f"mock-{port}.log").open("wb")
    process = subprocess.Popen(
        ["openssl", "cmp", "-port", str(port), *arguments], cwd=folder, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            if process.poll() is not None:
                raise RuntimeError((folder / f"mock-{port}.log").read_text())
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.kill()
        process.wait()
        log.close()


def client(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`openssl cmp` as a client; the caller looks at the return code and the files."""
    return subprocess.run(
        ["openssl", "cmp", "-config", "", "-verbosity", "6", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

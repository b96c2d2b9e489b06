"""`openssl speed`: the floor of every signature on this machine."""

from __future__ import annotations

import subprocess


def speed(algorithm: str, seconds: int = 3) -> tuple[float, float]:
    """(ms per signature, ms per verification) of one core, as `openssl speed` counts: user CPU time."""
    done = subprocess.run(
        ["openssl", "speed", "-seconds", str(seconds), algorithm], capture_output=True, text=True, check=True
    )
    line = done.stdout.strip().splitlines()[-1]
    signatures, verifications = map(float, line.split()[-2:])  # per second; the times before them are rounded
    return 1000 / signatures, 1000 / verifications


def version() -> str:
    return subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout.strip()

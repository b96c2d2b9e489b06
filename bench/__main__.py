"""`make bench`: one table, and `bench/results.json`."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import (
    issuance,
    licences,
    logins,
    long_life,
    ofd_stamping,
    paths,
    revocation,
    signing,
    stamping,
    verification,
)
from bench.measure import Figure
from bench.peers import openssl
from bench.scene import scene

RESULTS = Path(__file__).parent / "results.json"


def figures() -> Iterator[Figure]:
    yield from signing.figures()  # it forks, so it comes before any thread
    with scene() as house:
        yield from licences.figures(house)
        yield from stamping.figures(house)
        yield from ofd_stamping.figures(house)
        yield from verification.figures(house)
    yield from long_life.figures()
    yield from issuance.figures()
    yield from paths.figures()
    yield from revocation.figures()
    yield from logins.figures()


def main() -> None:
    print(f"{'':<34} {'CPU ms':>8} {'/s core':>8} {'wall ms':>8} {'× peer':>7}  peer / note")
    rows = []
    for figure in figures():
        ratio = f"{figure.ratio:.2f}" if figure.ratio else ""
        words = "; ".join(part for part in (figure.peer or "", figure.note) if part)
        speeds = f"{figure.cpu_ms:>8.2f} {figure.per_second:>8.0f} {figure.wall_ms:>8.2f}"
        print(f"{figure.name:<34} {speeds} {ratio:>7}  {words}")
        sys.stdout.flush()
        rows.append(figure.as_dict())
    machine = {"python": platform.python_version(), "machine": platform.machine(), "openssl": openssl.version()}
    RESULTS.write_text(
        json.dumps({"machine": machine, "figures": rows}, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()

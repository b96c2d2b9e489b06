"""`make fuzz`: atheris over every target for some seconds each; what is found stays in the corpus (语料).

    python -m tests.fuzz.run SECONDS [TARGET…]

Each target runs in a process of its own. A crash is written to build/fuzz/ and ends with exit code 1; its minimised
input belongs into tests/fuzz/corpus/TARGET/, where the suite replays it for ever.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOUND = Path("build/fuzz")
KEPT = Path(__file__).parent / "corpus"


def main(words: list[str]) -> int:
    from tests.fuzz.targets import TARGETS, seeds

    seconds, names = words[0], words[1:] or list(TARGETS)
    failed = []
    for name in names:
        place = FOUND / name
        place.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds()[name]):
            (place / f"seed-{number}").write_bytes(seed)
        limits = ["-max_len=65536", "-timeout=5", "-rss_limit_mb=1024", f"-max_total_time={seconds}"]
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.run", "--one", name, *limits, f"-artifact_prefix={place}/crash-",
             "-print_final_stats=1", str(place), str(KEPT / name)],
            check=False,
        )  # fmt: skip
        if done.returncode != 0:
            failed.append(name)
    sys.stdout.write(f"failed: {', '.join(failed) or 'none'}\n")
    return 1 if failed else 0


def one(name: str, words: list[str]) -> None:
    import atheris

    with atheris.instrument_imports(include=["verify", "seal", "ca.reading", "foundation.der"]):
        from tests.fuzz.targets import TARGETS
    (KEPT / name).mkdir(parents=True, exist_ok=True)
    atheris.Setup([sys.argv[0], *words], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        one(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main(sys.argv[1:]))

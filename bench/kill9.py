"""Two hundred `kill -9` of signer and web process, then journal against database: `python -m bench.kill9 [deaths]`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from foundation.database import open_database
from foundation.settings import Settings
from server import schema

ROOT = Path(__file__).resolve().parents[1]


def run(rounds: int, seed: int) -> dict[str, object]:
    """On SQLite in a temporary home. `difference` is what the promise is about."""
    with tempfile.TemporaryDirectory(prefix="yx-kill-", dir="/tmp") as folder:
        home = Path(folder)
        settings = Settings(home=home, database={"url": f"sqlite:///{home}/yinxin.db"})
        db = open_database(settings)
        schema.upgrade(db)
        db.dispose()
        command = [sys.executable, "-m", "tests.server.signer.killing", str(home), settings.database.url]
        command += [str(home / "signer.sock"), str(rounds), str(seed)]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        told: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
        return told


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    told = run(rounds, seed=200)
    print(json.dumps(told, ensure_ascii=False, indent=2))
    sys.exit(0 if told["difference"] == 0 else 1)


if __name__ == "__main__":
    main()

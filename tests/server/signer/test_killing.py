"""A score of deaths of signer and web process; `python -m bench.kill9` deals two hundred."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from foundation.settings import Settings
from hsm.service.segments import read_all

ROOT = Path(__file__).resolve().parents[3]


def test_journal_and_database_agree_after_a_score_of_deaths(settings: Settings, socket_path: Path) -> None:
    home, url = str(settings.home), settings.database.url
    command = [sys.executable, "-m", "tests.server.signer.killing", home, url, str(socket_path), "8", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["difference"] == 0, told
    assert sum(told["killed"].values()) >= 8
    certificates = next(one for one in told["purposes"] if one["purpose"] == "certificate")
    assert certificates["journal"] == certificates["database"] >= told["steps"] > 0
    assert certificates["unfinished"] == 0, "recovery finished what the deaths left"
    starts = [record for record in read_all(settings.journal_dir) if record.entry.what == "start"]
    assert len(starts) >= 3

"""`examples/api.sh` (接口三步): a token, a licence, a verdict, by curl alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.examples.conftest import EXAMPLES, Systems


@pytest.mark.node
def test_three_curl_calls_issue_and_verify_a_licence(systems: Systems, tmp_path: Path) -> None:
    licence, report = walk(systems, tmp_path, "first")
    assert licence["holder_name"] == "印川市青石巷餐饮有限公司"
    assert (report["verdict"], report["licence"]["identifier"]) == ("genuine", licence["identifier"])
    assert (tmp_path / "licence.pdf").read_bytes().startswith(b"%PDF-")

    again, _ = walk(systems, tmp_path, "first")
    assert again["id"] == licence["id"], "the same order must give the same licence"
    other, _ = walk(systems, tmp_path, "second")
    assert other["id"] != licence["id"]


def walk(systems: Systems, folder: Path, order: str) -> tuple[dict[str, Any], dict[str, Any]]:
    environment = systems.region.environment | {
        "YINXIN": systems.region.url,
        "PYTHON": sys.executable,
        "ORDER": order,
        "OUT": str(folder / "licence.pdf"),
    }
    command = ["sh", str(EXAMPLES / "api.sh"), "--key", str(systems.keys / "market-program.json")]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    licence, report = (json.loads(line) for line in done.stdout.splitlines())
    return licence, report

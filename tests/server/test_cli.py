"""`yinxin` as an operator meets it: clear words, right exit codes, nothing created by asking."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.sample import MARKET
from tests import commands
from tests.seal import oracles, papers

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "data"


def yinxin(home: Path, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return commands.yinxin(home, *arguments, environment={**os.environ, "YINXIN_HOME": str(home), **environment})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A region with departments and seals, no server running."""
    folder = tmp_path_factory.mktemp("cli")
    assert yinxin(folder, "db", "upgrade").returncode == 0
    script = (
        "from server.house import open_house; from server.cli import load_settings; from server import sample, upkeep\n"
        "with open_house(load_settings()) as house:\n"
        "    upkeep.start(house); sample.establish_departments(house)\n"
    )
    subprocess.run(
        [sys.executable, "-c", script], check=True, env={**os.environ, "YINXIN_HOME": str(folder)}, cwd=folder
    )
    return folder


def test_help_names_every_command(home: Path) -> None:
    command = [sys.executable, "-m", "server", "--help"]
    text = subprocess.run(command, capture_output=True, text=True, check=True, cwd=home).stdout
    for name in (
        "serve",
        "worker",
        "demo",
        "verify",
        "db",
        "ca",
        "seal",
        "licence",
        "sso",
        "trust",
        "audit",
        "openapi",
    ):
        assert name in text
    assert "doctor" in text
    assert "settings" in text


def test_settings_show_masks_secrets(home: Path) -> None:
    done = yinxin(home, "settings", "show", "--json", YINXIN_KEYS__PASSPHRASE="a very secret passphrase")
    assert json.loads(done.stdout)["web"]["port"] == 8000
    assert "very secret" not in done.stdout


def test_wrong_settings_are_named(home: Path) -> None:
    done = yinxin(home, "settings", "check", YINXIN_WEB__PORT="70000", YINXIN_ENVIRONMENT="production")
    assert done.returncode == 1
    assert "web.port" in done.stderr


def test_a_database_of_another_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    done = yinxin(tmp_path, "audit", "verify")
    assert done.returncode == 1
    assert "yinxin db upgrade" in done.stderr
    assert "Traceback" not in done.stderr


def test_database_check_finds_no_difference(home: Path) -> None:
    done = yinxin(home, "db", "check", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["differences"] == []


def test_doctor_says_what_is_well(home: Path) -> None:
    done = yinxin(home, "doctor", "--json")
    assert done.returncode == 0, done.stdout
    assert all(finding["ok"] for finding in json.loads(done.stdout))


def test_audit_checkpoint_then_verify_is_sound_and_an_edit_is_named(home: Path) -> None:
    assert yinxin(home, "audit", "checkpoint").returncode == 0
    report = json.loads(yinxin(home, "audit", "verify", "--json").stdout)
    assert report["sound"] is True
    assert report["covered"] > 10


def test_ca_and_seal_lists_are_for_programs_too(home: Path) -> None:
    names = {row["name"] for row in json.loads(yinxin(home, "ca", "list", "--json").stdout)}
    assert names == {"sm2-root", "sm2-issuing", "rsa-root", "rsa-issuing"}
    seals = json.loads(yinxin(home, "seal", "list", MARKET.uscc, "--json").stdout)
    assert [seal["code"] for seal in seals] == [MARKET.seal_code]


def test_import_reports_bad_rows_by_line_and_loses_none(home: Path, tmp_path: Path) -> None:
    source = tmp_path / "food.csv"
    rows = list(csv.reader((EXAMPLES / "food-operation.csv").open(encoding="utf-8-sig")))
    bad = list(rows[3])
    bad[rows[0].index("社会信用代码（身份证号码）")] = "219901199001011111"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*rows[:3], bad, rows[4]])
    arguments = ("licence", "import", source, "--type", "food-operation", "--json")
    first = yinxin(home, *arguments)
    report = json.loads(first.stdout)
    assert first.returncode == 1, first.stderr
    assert (report["rows"], report["issued"], report["refused"], report["untried"]) == (4, 3, 1, 0)
    assert [fault["line"] for fault in report["faults"]] == [4]
    assert all(fault["reasons_zh"] and fault["reasons_en"] for fault in report["faults"])
    again = json.loads(yinxin(home, *arguments).stdout)
    assert (again["issued"], again["already"]) == (0, 3)


def test_trust_export_is_enough_to_verify_elsewhere(home: Path, tmp_path: Path) -> None:
    assert yinxin(home, "trust", "export", tmp_path / "trust").returncode == 0
    done = yinxin(
        tmp_path,
        "verify",
        tmp_path / "trust" / "certificates" / f"seal-{MARKET.seal_code}-sm2.cer",
        "--trust",
        tmp_path / "trust",
        "--offline",
        "--json",
    )
    assert done.returncode == 0, done.stdout
    assert not (tmp_path / "yinxin.db").exists()


# --- stamping ---------------------------------------------------------------------------------------------------------


def test_a_file_is_stamped_where_the_operator_says(home: Path) -> None:
    """The whole command in its own process; what it refuses is in `tests/seal/test_large.py`."""
    (home / "in.pdf").write_bytes(papers.pdf())
    given = ("seal", "stamp", "in.pdf", "out.pdf", "--seal", MARKET.seal_code, "--x", "150", "--y", "240")
    done = yinxin(home, *given, "--suites", "sm2,rsa", "--level", "b-b")
    assert done.returncode == 0, done.stderr
    sealed = (home / "out.pdf").read_bytes()
    assert sealed.startswith(papers.pdf())
    assert "out.pdf" in done.stdout
    assert oracles.pdfsig(home, sealed)[1] == "Signature is Valid."
    again = yinxin(home, *given, "--suites", "sm2,rsa", "--level", "b-b")
    assert again.returncode != 0
    assert "seal.target_exists" in again.stderr
    assert "Traceback" not in again.stderr
    assert (home / "out.pdf").read_bytes() == sealed

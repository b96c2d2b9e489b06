"""Dual control at the console, through the signer's desk: two accounts, their passwords, one key, one backup of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from foundation.numbers import citizen_number_check, make_uscc
from foundation.principal import SYSTEM
from foundation.settings import Settings
from hsm.service.segments import read_all
from server.cli import main
from server.house import open_house
from sso.officials import add_official
from sso.people import NewPerson, add_person

USCC = make_uscc("11", "219900", "MB100003")
PASSWORDS = {"keyone": "one-of-two-people", "keytwo": "two-of-two-people"}
Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The program on this installation; `text` is typed."""
    monkeypatch.setenv("YINXIN_HOME", str(settings.home))
    monkeypatch.setenv("YINXIN_DATABASE__URL", settings.database.url)
    with open_house(settings) as house:
        for number, (name, password) in enumerate(PASSWORDS.items()):
            first = f"2199011990031500{number + 1}"
            whole = first + citizen_number_check(first)
            person = NewPerson(f"密钥{'甲乙'[number]}", whole, f"1390000001{number}", password, name)
            add_official(house.ground, SYSTEM, add_person(house.ground, SYSTEM, person), USCC, "key-custodian")

    def program(*arguments: str, text: str = "") -> Result:
        return CliRunner().invoke(main, ["hsm", *arguments], input=text)

    return program


def approved(run: Run, *request: str) -> str:
    """Asked for by one, approved by the other; the request's id."""
    asked = run("request", *request, "--reason", "演练", "--as", "keyone", text=PASSWORDS["keyone"] + "\n")
    assert asked.exit_code == 0, asked.output
    identifier = next(line for line in asked.output.splitlines() if " open " in line).split()[0]
    digest = asked.output.rstrip().rpartition(" ")[2]
    own = run("approve", identifier, "--as", "keyone", text=f"{digest}\n{PASSWORDS['keyone']}\n")
    assert "hsm.own_request" in own.output
    wrong = run("approve", identifier, "--as", "keytwo", text=f"{digest}\nnot the password\n")
    assert wrong.exit_code == 1
    done = run("approve", identifier, "--as", "keytwo", text=f"{digest}\n{PASSWORDS['keytwo']}\n")
    assert done.output.rstrip().endswith("approved"), done.output
    return identifier


def test_a_key_and_its_backup(run: Run, settings: Settings, tmp_path: Path) -> None:
    made = approved(run, "generate", "ca/new", "--algorithm", "sm2", "--purpose", "certificate", "--purpose", "crl")
    done = run("execute", made, "--as", "keyone", text=PASSWORDS["keyone"] + "\n")
    assert "ca/new#1 pre-active" in done.output, done.output
    again = run("execute", made, "--as", "keyone", text=PASSWORDS["keyone"] + "\n")
    assert "hsm.request_closed" in again.output
    backup = approved(run, "backup", "ca/new", "--version", "1", "--to", "shares")
    out = tmp_path / "ca-new.keybackup"
    done = run("execute", backup, "--out", str(out), "--as", "keyone", text=PASSWORDS["keyone"] + "\n")
    shares = [line.partition(": ")[2] for line in done.output.splitlines() if line.startswith("分量")]
    assert len(shares) == 5
    assert out.stat().st_size > 0
    restored = approved(run, "restore", "ca/new", "--file", str(out))
    typed = "\n".join([PASSWORDS["keyone"], shares[4], shares[2], shares[0]]) + "\n"
    done = run("execute", restored, "--file", str(out), "--as", "keyone", text=typed)
    assert "ca/new#1 pre-active" in done.output, done.output
    assert "ca/new#1" in run("keys", "ca/").output
    events = [(one.entry.what, one.entry.key) for one in read_all(settings.journal_dir) if one.entry.kind == "key"]
    assert events[-2:] == [("backup", "ca/new#1"), ("restore", "ca/new#1")]

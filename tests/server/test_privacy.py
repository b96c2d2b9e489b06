"""No citizen number in the database files, the logs or the checkpoints after a whole run (security 6.8, issue 2.5)."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from server.sample import CITIZEN, LOGINS
from tests.region import Region, running_region
from tests.visitor import Visitor


@pytest.fixture(scope="module")
def used_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a region after everybody used it: logins, pages, a search by number, a failed login by number."""
    home = tmp_path_factory.mktemp("privacy") / "home"
    with running_region(home) as region:
        _use(region)
    return home


def _use(region: Region) -> None:
    citizen = Visitor(region)
    assert citizen.log_in("citizen").status_code == 200
    wallet = citizen.get("/my/licences")
    assert wallet.status_code == 200
    assert CITIZEN.citizen_number not in wallet.text
    for username in ("clerk", "transport", "window", "admin"):
        visitor = Visitor(region)
        visitor.log_in(username)
        for path in ("/", "/console", "/window", "/admin"):
            page = visitor.get(path)
            assert not any(login.citizen_number in page.text for login in LOGINS), path
    stranger = Visitor(region)
    stranger.post("/login", {"identifier": CITIZEN.citizen_number, "password": "wrong-password-1"})
    stranger.get(f"/nowhere/{CITIZEN.citizen_number}?number={CITIZEN.citizen_number}")


def _forms(number: str) -> set[bytes]:
    """The number as it could lie about: text in two encodings, base64 at each offset, hex."""
    plain = number.encode()
    forms = {plain, plain.lower(), number.encode("utf-16-le"), plain.hex().encode(), plain.hex().upper().encode()}
    for offset in range(3):
        forms.add(base64.b64encode(b"x" * offset + plain)[4:-4])
    return forms


def _places(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file() and not path.is_relative_to(home / "objects")]


def test_the_run_left_a_database_logs_and_checkpoints(used_home: Path) -> None:
    names = {path.name for path in _places(used_home)}
    assert {"yinxin.db", "server.log", "checkpoints", "leaves"} <= names
    assert "http" in (used_home / "server.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("login", LOGINS, ids=[login.username for login in LOGINS])
def test_no_file_holds_the_citizen_number(used_home: Path, login: object) -> None:
    number = next(one for one in LOGINS if one is login).citizen_number
    found = [path.name for path in _places(used_home) for form in _forms(number) if form in path.read_bytes()]
    assert found == []


@pytest.mark.parametrize("login", LOGINS, ids=[login.username for login in LOGINS])
def test_no_file_holds_the_phone_or_the_name(used_home: Path, login: object) -> None:
    person = next(one for one in LOGINS if one is login)
    found = [path.name for path in _places(used_home) if person.phone.encode() in path.read_bytes()]
    found += [path.name for path in _places(used_home) if person.name.encode() in path.read_bytes()]
    assert found == []


def test_the_scan_would_find_a_number_that_is_there(used_home: Path, tmp_path: Path) -> None:
    """A negative proves nothing without a planted canary."""
    for form in _forms(CITIZEN.citizen_number):
        (tmp_path / "planted").write_bytes(b"noise" + form + b"noise")
        assert any(one in (tmp_path / "planted").read_bytes() for one in _forms(CITIZEN.citizen_number))

"""A running region with both sample systems registered and started as their README says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from foundation.numbers import citizen_number_check
from foundation.principal import SYSTEM
from server.house import open_house
from server.sample import Login
from sso import people
from sso.people import NewPerson
from tests.region import Region, free_port
from tests.visitor import Visitor, hidden

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
NAME = "白渚"
_CODE = re.compile(r"\b(\d{6})\b")


@dataclass(frozen=True)
class Systems:
    region: Region
    a: str
    b: str
    keys: Path
    registered: str


@pytest.fixture(scope="session")
def systems(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Systems]:
    """Both systems, on free ports and with keys of their own outside the checkout."""
    keys = tmp_path_factory.mktemp("keys")
    port_a, port_b = free_port(), free_port()
    place = ["--port-a", str(port_a), "--port-b", str(port_b), "--keys", str(keys)]
    done = run(region, "register.py", *place)
    with started(region, "start.py", "--issuer", region.url, *place):
        a, b = f"http://127.0.0.1:{port_a}", f"http://127.0.0.1:{port_b}"
        for address in (a, b):
            wait_for(address)
        yield Systems(region, a, b, keys, done)


@pytest.fixture(scope="session")
def residents(region: Region) -> Iterator[Login]:
    """People nobody else logs in: a phone gets one code a minute, and the region is shared."""
    added = [_resident(order) for order in range(101, 113)]
    with open_house(region.settings) as house:
        for one in added:
            people.add_person(
                house.ground, SYSTEM, NewPerson(one.name, one.citizen_number, one.phone, one.password, one.username)
            )
    return iter(added)


def _resident(order: int) -> Login:
    first17 = f"21990119920401{order}"
    number = first17 + citizen_number_check(first17)
    return Login(f"resident{order}", f"resident-pass-{order}", NAME, f"13900000{order}", number, "居民", "resident")


@pytest.fixture
def visitor(region: Region) -> Visitor:
    """A browser in which nobody is logged in."""
    return Visitor(region)


@pytest.fixture(scope="session")
def resident(region: Region, residents: Iterator[Login]) -> Visitor:
    """A browser in which somebody is logged in, for all tests to share that do not log out."""
    known = Visitor(region)
    assert log_in_through(known, region.url, next(residents)).status_code == 200
    return known


def log_in_through(visitor: Visitor, address: str, person: Login) -> requests.Response:
    """From the button at `address` through the region's two pages to wherever they lead."""
    region = visitor.region.url
    page = visitor.http.get(f"{address}/login", timeout=120)
    assert urlsplit(page.url)._replace(query="").geturl() == f"{region}/login"
    fields = hidden(page.text) | {"identifier": person.username, "password": person.password}
    page = visitor.http.post(page.url, data=fields, timeout=60)
    assert urlsplit(page.url)._replace(query="").geturl() == f"{region}/login/code", page.text
    code = _CODE.findall(re.sub(r"<[^>]+>", " ", visitor.get("/outbox").text.split("<main", 1)[1]))[0]
    return visitor.http.post(page.url, data=hidden(page.text) | {"code": code}, timeout=60)


def run(region: Region, script: str, *words: str) -> str:
    command = [sys.executable, str(EXAMPLES / script), *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=region.environment, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def started(region: Region, script: str, *words: str) -> Iterator[None]:
    """SIGTERM ends the script and what it started; hanging is a fault."""
    process = subprocess.Popen([sys.executable, str(EXAMPLES / script), *words], env=region.environment)
    try:
        yield
        assert process.poll() is None, "a sample system stopped by itself"
    finally:
        process.terminate()
        process.wait(timeout=120)


def wait_for(address: str) -> None:
    deadline = time.monotonic() + 240
    while True:
        try:
            requests.get(address, timeout=10)
        except requests.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def node(script: str, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """A script of tests/node; it finds its packages in the checkout."""
    command = ["node", str(ROOT / "tests" / "node" / script), *words]
    environment = {**os.environ, "NODE_NO_WARNINGS": "1"}
    return subprocess.run(
        command, check=False, capture_output=True, text=True, input=given, env=environment, timeout=60
    )

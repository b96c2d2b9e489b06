"""One login for two departments (单点登录): a person, two systems by two libraries, and the way out."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from server.sample import Login
from tests.examples.conftest import EXAMPLES, NAME, Systems, log_in_through, run
from tests.region import Region
from tests.visitor import Visitor, hidden

SHOWN = re.compile(r"logged in as <strong>([^<]+)</strong>")
SUBJECT = re.compile(r"<code>([^<]+)</code>")


@pytest.mark.node
def test_one_login_opens_both_and_one_logout_asks_again(
    systems: Systems, visitor: Visitor, residents: Iterator[Login]
) -> None:
    at_a = log_in_through(visitor, systems.a, next(residents))
    assert at_a.url == f"{systems.a}/"
    assert SHOWN.findall(at_a.text) == [NAME]

    at_b = visitor.http.get(f"{systems.b}/login", timeout=30)
    assert at_b.url == f"{systems.b}/", "a page came in between"
    assert [step.status_code for step in at_b.history] == [303, 303, 303]
    assert SHOWN.findall(at_b.text) == [NAME]
    assert SUBJECT.findall(at_b.text) != SUBJECT.findall(at_a.text), "two departments must not share a name for her"

    left = visitor.http.get(f"{systems.a}/logout", timeout=30)
    assert left.url == f"{systems.a}/goodbye?state=bye"
    assert "您已退出" in left.text
    again = visitor.http.get(f"{systems.b}/login", timeout=30)
    assert again.url.startswith(f"{systems.region.url}/login?"), "the login still opened the other department"


@pytest.mark.node
def test_logout_without_proof_asks_the_person(systems: Systems, visitor: Visitor, residents: Iterator[Login]) -> None:
    log_in_through(visitor, systems.a, next(residents))
    region = systems.region.url
    asked = visitor.http.get(
        f"{region}/oauth2/logout", params={"post_logout_redirect_uri": f"{systems.a}/goodbye"}, timeout=30
    )
    assert asked.url == f"{region}/logout", "a link alone must end nothing and lead nowhere"
    assert "部门系统甲" in asked.text
    still = visitor.http.get(f"{systems.b}/login", timeout=30)
    assert still.url == f"{systems.b}/"

    gone = visitor.http.post(asked.url, data=hidden(asked.text), timeout=30)
    assert gone.url == f"{region}/logged-out"
    assert visitor.http.get(f"{systems.b}/login", timeout=30).url.startswith(f"{region}/login?")


@pytest.mark.node
def test_the_department_reads_its_licences_as_a_program(systems: Systems, resident: Visitor) -> None:
    resident.http.get(f"{systems.a}/login", timeout=30)
    page = resident.http.get(f"{systems.a}/licences", timeout=30)
    assert page.status_code == 200
    kinds = re.findall(r"<li>(\S+) ", page.text)
    assert {"business-licence", "food-operation"} <= set(kinds)
    assert "road-transport" not in kinds, "another department's licence"


@pytest.mark.node
@pytest.mark.parametrize("which", ["a", "b"])
@pytest.mark.parametrize("spoilt", ["state", "iss", "code"])
def test_a_return_that_was_tampered_with_logs_nobody_in(
    systems: Systems, resident: Visitor, which: str, spoilt: str
) -> None:
    address = {"a": systems.a, "b": systems.b}[which]
    sent = resident.http.get(f"{address}/login", allow_redirects=False, timeout=30)
    answer = resident.http.get(sent.headers["Location"], allow_redirects=False, timeout=30).headers["Location"]
    values = {name: found[0] for name, found in parse_qs(urlsplit(answer).query).items()}
    assert {"state", "iss", "code"} <= set(values)
    back = resident.http.get(f"{address}/back", params=values | {spoilt: "https://evil.example"}, timeout=30)
    assert back.status_code == 400
    assert "Not logged in" in back.text
    assert not SHOWN.findall(resident.http.get(address, timeout=30).text)


@pytest.mark.node
@pytest.mark.parametrize("which", ["a", "b"])
def test_a_return_into_another_browser_logs_nobody_in(systems: Systems, resident: Visitor, which: str) -> None:
    """Login CSRF: the attacker's own answer, opened by somebody else."""
    address = {"a": systems.a, "b": systems.b}[which]
    sent = resident.http.get(f"{address}/login", allow_redirects=False, timeout=30)
    answer = resident.http.get(sent.headers["Location"], allow_redirects=False, timeout=30).headers["Location"]
    other = requests.Session()
    assert other.get(answer, timeout=30).status_code == 400
    assert not SHOWN.findall(other.get(address, timeout=30).text)


def test_registering_makes_keys_for_their_owner_only_and_may_be_repeated(systems: Systems, region: Region) -> None:
    assert systems.registered.count("registered") == 3
    files = sorted(systems.keys.iterdir())
    assert [file.name for file in files] == ["department-a.json", "department-b.json", "market-program.json"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    before = [file.read_bytes() for file in files]
    assert run(region, "register.py", "--keys", str(systems.keys)).count("keys replaced") == 3
    assert [file.read_bytes() for file in files] == before
    assert not list(EXAMPLES.rglob("*.pem"))

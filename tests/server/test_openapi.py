"""`openapi.yaml` is the app: generated, valid, complete, and the same bytes as the committed file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from openapi_spec_validator import validate

from foundation.principal import Permission
from foundation.settings import Settings
from foundation.web.openapi import write
from server import upkeep
from server.app import create_app
from server.house import open_house
from server.routes import ROUTES

FILE = Path(__file__).resolve().parents[2] / "openapi.yaml"
PROTOCOLS = ("/api/", "/oauth2/", "/.well-known/", "/ca/", "/crl/", "/ocsp/", "/tsa")
ENROLMENT = ("/.well-known/est", "/.well-known/cmp")
"""Written down by their RFCs in media types of their own (with /acme and /cmp): docs/protocols.md, not OpenAPI."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    settings = Settings(home=tmp_path_factory.mktemp("house"), web={"rate_limits": False})
    with open_house(settings, upgrade=True) as house:
        upkeep.start(house)
        return create_app(house)


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(m.upper(), path, one) for path, methods in document["paths"].items() for m, one in methods.items()]


def test_the_committed_file_is_what_the_routes_say() -> None:
    assert FILE.read_text(encoding="utf-8") == write(ROUTES), "run `make openapi` and commit openapi.yaml"


def test_writing_it_twice_gives_the_same_octets() -> None:
    assert write(ROUTES) == write(tuple(reversed(ROUTES)))


def test_it_is_valid_openapi(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"] == "3.1.0"


def test_it_lists_exactly_what_the_app_serves(document: dict[str, Any], app: Flask) -> None:
    served = {
        (method, re.sub(r"<(?:[a-z]+:)?([a-z0-9_]+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(PROTOCOLS) and not rule.rule.startswith(ENROLMENT)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert served == {(method, path) for method, path, _ in operations(document)}


def test_every_operation_says_what_it_is_for_and_who_may_call(document: dict[str, Any]) -> None:
    known = {permission.value for permission in Permission}
    for method, path, one in operations(document):
        name = f"{method} {path}"
        zh, slash, en = one["summary"].partition(" / ")
        assert slash, name
        assert CHINESE.search(zh), name
        assert re.search(r"[A-Za-z]{2}", en), name
        assert not CHINESE.search(en), name
        assert one["tags"], name
        assert one["x-rate-class"] in ("read", "write", "login", "public", "upload"), name
        assert "security" in one, f"{name} is neither public nor protected"
        if "x-permission" in one:
            assert set(one["x-permission"]) <= known, name
            assert one["security"], name
        else:
            route = next(r for r in ROUTES if (r.method, r.template) == (method, path))
            assert route.public or route.login, name


def test_names_of_operations_are_unique(document: dict[str, Any]) -> None:
    names = [one["operationId"] for _, _, one in operations(document)]
    assert sorted(names) == sorted(set(names))


def test_what_changes_something_needs_a_caller_or_is_known_to_be_public(document: dict[str, Any]) -> None:
    """Public posts are questions (verifying, OCSP, time stamps) or carry a proof (protocols, one-time codes)."""
    public = {path for method, path, one in operations(document) if method != "GET" and not one["security"]}
    public.discard("/api/v1/ca/registrations/{id}/collection")  # by one-time code
    assert all(path.startswith(("/api/v1/verify/", "/ocsp/", "/tsa", "/oauth2/")) for path in public), public


def test_no_schema_is_left_over_and_none_is_missing(document: dict[str, Any]) -> None:
    named = set(re.findall(r"#/components/schemas/([A-Za-z0-9_.-]+)", FILE.read_text(encoding="utf-8")))
    assert named == set(document["components"]["schemas"])

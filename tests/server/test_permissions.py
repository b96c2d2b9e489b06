"""Every route with a permission turns away whoever lacks it, before it looks anything up (接口权限核对)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import flask
import pytest
from flask import Flask

from foundation.principal import Kind, Permission, Principal
from foundation.settings import Settings
from foundation.web.api import Route
from foundation.web.frame import make_app
from server.house import open_house
from server.routes import ROUTES

EVERYTHING = frozenset(Permission)
GUARDED = [route for route in ROUTES if route.permission]
LOGGED_IN = [route for route in ROUTES if route.login and not route.permission and route.handler is not None]
SOMEBODY = UUID(int=7)


def principal(said: str) -> Principal | None:
    """`citizen`, `official`, `client`, each with nothing; with a minus, all permissions but these."""
    kind, minus, less = said.partition("-")
    if not kind:
        return None
    held = EVERYTHING - {Permission(one) for one in less.split(",")} if minus else frozenset()
    person = None if kind == "client" else SOMEBODY
    department = None if kind == "citizen" else "11219900MB1000010P"
    return Principal(Kind(kind), f"{kind}:x", held, department, person, "x" if kind == "client" else None)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Nothing is established: who may not call must not get as far as to notice."""
    settings = Settings(home=Path(tmp_path_factory.mktemp("permissions")), web={"rate_limits": False})

    def by_header(request: flask.Request) -> Principal | None:
        return principal(request.headers.get("X-Test-Caller", ""))

    with open_house(settings, upgrade=True) as house:
        yield make_app(settings, house.ground, house.rooms, ROUTES, authenticators=(by_header,))


def call(app: Flask, route: Route, who: str) -> tuple[int, str]:
    address = re.sub(r"\{[^}]+\}", str(SOMEBODY), route.url)
    headers = {"X-Test-Caller": who, "Idempotency-Key": "a-key-of-the-test"}
    reply = app.test_client().open(address, method=route.method, headers=headers, data=b"{", content_type="text/odd")
    return reply.status_code, (reply.get_json(silent=True) or {}).get("code", "")


def test_there_is_something_to_guard() -> None:
    assert len(GUARDED) > 40
    assert [route.url for route in GUARDED if route.handler is None] == []


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.operation_id)
def test_whoever_lacks_the_permission_is_turned_away(app: Flask, route: Route) -> None:
    assert call(app, route, "") == (401, "auth.required")
    without = ",".join(route.permission)
    for who in ("citizen", "official", "client", f"citizen-{without}", f"official-{without}", f"client-{without}"):
        assert call(app, route, who) == (403, "auth.permission"), who


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.operation_id)
def test_each_of_the_permissions_alone_opens_the_door(app: Flask, route: Route) -> None:
    """Otherwise the matrix above would pass over a door that is walled up."""
    for one in route.permission:
        others = ",".join(EVERYTHING - {one})
        said = {call(app, route, f"{kind}-{others}")[1] for kind in ("citizen", "official")}
        assert said != {"auth.permission"}, one


@pytest.mark.parametrize("route", LOGGED_IN, ids=lambda route: route.operation_id)
def test_what_needs_a_login_knows_nobody_without_one(app: Flask, route: Route) -> None:
    assert call(app, route, "") == (401, "auth.required")

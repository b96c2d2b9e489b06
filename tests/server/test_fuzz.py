"""Schemathesis over the whole app: whoever calls whatever, no 5xx and no answer `openapi.yaml` does not know."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import flask
import pytest
import structlog
from flask import Flask

import portal
from foundation.logs import configure
from foundation.principal import Kind, Permission, Principal
from foundation.settings import LogSettings, Settings
from foundation.web.frame import make_app
from server import sample, upkeep
from server.house import open_house
from server.routes import ROUTES
from sso import pages as sso_pages
from sso.authenticators import authenticators
from tests.foundation.web.fuzz import prove

pytestmark = pytest.mark.slow
EVERYTHING = Principal(
    Kind.CLIENT, "client:market", frozenset(Permission), department=sample.MARKET.uscc, client_id="market"
)


def by_header(request: flask.Request) -> Principal | None:
    return EVERYTHING if request.headers.get("X-Test-Caller") == "everything" else None


@pytest.fixture(scope="module", autouse=True)
def _plain_log() -> Iterator[None]:
    """As in production: without it structlog draws every traceback with all local values, for seconds."""
    configure(LogSettings(level="error"), io.StringIO())
    structlog.configure(cache_logger_on_first_use=False)
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    settings = Settings(home=Path(tmp_path_factory.mktemp("house")), web={"rate_limits": False})
    with open_house(settings, upgrade=True) as house:
        upkeep.start(house)
        sample.establish(house)
        house.checkpoint()
        made = make_app(
            settings, house.ground, house.rooms, ROUTES, authenticators=(by_header, *authenticators(house.sso))
        )
        portal.install(made, sample_logins=sample.LOGINS)
        for blueprint in sso_pages.BLUEPRINTS:
            made.register_blueprint(blueprint)
        yield made


def test_a_program_with_every_permission(app: Flask) -> None:
    proof = prove(app, headers={"X-Test-Caller": "everything"}, examples=6)
    assert not proof.failures, "\n\n".join(proof.failures)
    assert proof.calls > 300
    reached = {label for label, counted in proof.statuses.items() if any(200 <= status < 300 for status in counted)}
    # routes about one object answer 404 to invented ids; lists, questions and orders must have been reached
    assert len(reached) > len(proof.statuses) // 4, sorted(proof.statuses.keys() - reached)


def test_a_stranger(app: Flask) -> None:
    proof = prove(app, headers={}, examples=2)
    assert not proof.failures, "\n\n".join(proof.failures)


def test_a_program_with_a_forged_token(app: Flask) -> None:
    proof = prove(app, headers={"Authorization": "Bearer forged"}, examples=1)
    assert not proof.failures, "\n\n".join(proof.failures)

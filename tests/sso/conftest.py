"""A room with invented people and two departments' systems, and browsers that walk through its pages."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel
from werkzeug.serving import make_server

from foundation.ground import Ground
from foundation.numbers import citizen_number_check, make_uscc
from foundation.principal import SYSTEM
from foundation.web.frame import language, make_app
from hsm.keystore import LocalKeyStore
from hsm.room import HsmRoom, Vault
from sso import api, clients, pages, people
from sso import room as sso_room
from sso.authenticators import authenticators
from sso.clients import NewClient
from sso.people import NewPerson
from sso.room import SsoRoom
from tests.sso.relying_party import RelyingParty

MARKET = make_uscc("11", "219900", "MB100001")
TRANSPORT = make_uscc("11", "219900", "MB100002")
PASSWORD = "correct-horse-battery"


def number(order: int) -> str:
    first17 = f"21990119900315{order:03}"
    return first17 + citizen_number_check(first17)


@pytest.fixture
def keys(ground: Ground, vault: Vault) -> LocalKeyStore:
    return HsmRoom.build(ground, vault).keys


@pytest.fixture
def room(ground: Ground, keys: LocalKeyStore) -> SsoRoom:
    return sso_room.build(ground, keys)


@pytest.fixture
def app(ground: Ground, room: SsoRoom) -> Flask:
    return app_of(ground, room)


def app_of(ground: Ground, room: SsoRoom) -> Flask:
    made = make_app(
        ground.settings, ground, [room], api.ROUTES, blueprints=pages.BLUEPRINTS, authenticators=authenticators(room)
    )
    Babel(made, default_locale="zh_Hans_CN", locale_selector=lambda: "zh_Hans_CN" if language() == "zh" else "en")
    return made


@pytest.fixture
def alice(ground: Ground) -> NewPerson:
    new = NewPerson("林知夏", number(2), "13900000001", PASSWORD, "alice")
    people.add_person(ground, SYSTEM, new)
    return new


@pytest.fixture
def bob(ground: Ground) -> NewPerson:
    new = NewPerson("周衡", number(13), "13900000002", PASSWORD + "-2", "bob")
    people.add_person(ground, SYSTEM, new)
    return new


@pytest.fixture
def market(ground: Ground, app: Flask) -> RelyingParty:
    return registered(ground, app, "market", MARKET)


@pytest.fixture
def transport(ground: Ground, app: Flask) -> RelyingParty:
    return registered(ground, app, "transport", TRANSPORT, id_token_alg="ES256")


def registered(ground: Ground, app: Flask, client_id: str, department: str, **settings: Any) -> RelyingParty:
    party = RelyingParty(app, client_id, clock=ground.clock)
    values: dict[str, Any] = {
        "name_zh": f"{client_id} 系统",
        "name_en": f"{client_id} system",
        "redirect_uris": [party.redirect_uri],
        "post_logout_redirect_uris": [party.goodbye_uri],
        "jwks": [party.jwk],
        "scopes": ["openid", "profile", "phone", "identity", "licence:read", "licence:issue"],
        "consent_free": True,
        **settings,
    }
    clients.add_client(ground, SYSTEM, NewClient(client_id, department=department, **values))
    return party


@pytest.fixture
def served(app: Flask) -> Iterator[str]:
    """The app on a loopback port; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

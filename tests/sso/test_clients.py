"""Registering systems, metadata, and what every address says about itself."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from foundation.errors import Conflict, InvalidInput
from foundation.ground import Ground
from foundation.principal import SYSTEM
from sso import clients
from sso.cli import group
from sso.clients import NewClient
from sso.people import NewPerson
from sso.room import SsoRoom
from tests.sso.conftest import MARKET, PASSWORD, number
from tests.sso.relying_party import ISSUER, Browser, RelyingParty

GOOD = NewClient(
    "good",
    "系统",
    "System",
    MARKET,
    redirect_uris=("https://good.example/back",),
    auth_method="self_signed_tls_client_auth",
    certificate_thumbprint="x" * 43,
)
BAD_URIS = (
    "http://good.example/back",
    "https://good.example/#x",
    "https://user@good.example/",
    "https://good.example/*",
    "https://*.example/",
    "https://good.example/a/../b",
    "https://good.example/a/%2e%2e/b",
    "https://good.example/..;/b",
    "https://good.example/a%2Fb",
    "https://good.example/a b",
    "https://good.example/\u5370",
    "https://GOOD.example/",
    "https:///back",
    "https://good.example:0/",
    "https://good.example:99999/",
    "https://good.example\\@evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "com.example.app:/back",
    "/back",
    "",
    "https://good.example/" + "x" * 500,
)


def test_addresses_two_parsers_could_read_differently_are_not_registered(ground: Ground) -> None:
    for uri in BAD_URIS:
        for place in ("redirect_uris", "post_logout_redirect_uris"):
            with pytest.raises(InvalidInput):
                clients.add_client(ground, SYSTEM, replace(GOOD, **{place: (uri,)}))
    clients.check_uri("http://127.0.0.1:5001/back", loopback=True)
    with pytest.raises(InvalidInput):
        clients.check_uri("http://127.0.0.1:5001/back", loopback=False)


def test_what_could_not_be_explained_later_is_not_registered(ground: Ground) -> None:
    bad: tuple[dict[str, Any], ...] = (
        {"client_id": "Upper"},
        {"client_id": "x"},
        {"client_id": "a b c"},
        {"name_zh": " "},
        {"name_en": "x" * 101},
        {"department": MARKET[:-1] + "0"},
        {"scopes": ("openid", "everything")},
        {"scopes": ("licence:own",)},
        {"id_token_alg": "HS256"},
        {"id_token_alg": "none"},
        {"auth_method": "client_secret_basic"},
        {"auth_method": "none"},
        {"auth_method": "private_key_jwt"},
        {"certificate_thumbprint": None},
        {"certificate_thumbprint": "x"},
    )
    for changes in bad:
        with pytest.raises(InvalidInput):
            clients.add_client(ground, SYSTEM, replace(GOOD, **changes))
    clients.add_client(ground, SYSTEM, GOOD)
    with pytest.raises(Conflict):
        clients.add_client(ground, SYSTEM, GOOD)


def test_metadata_says_what_is_so(app: Flask, market: RelyingParty) -> None:
    """[D-01 … D-20, L-01]"""
    http = app.test_client()
    response = http.get("/.well-known/openid-configuration")
    assert response.mimetype == "application/json"
    data = response.json or {}
    assert data == http.get("/.well-known/oauth-authorization-server").json
    assert data["issuer"] == ISSUER
    assert data["response_types_supported"] == ["code"]
    assert data["subject_types_supported"] == ["pairwise"]
    assert data["id_token_signing_alg_values_supported"] == ["RS256", "ES256"]
    assert data["code_challenge_methods_supported"] == ["S256"]
    assert data["authorization_response_iss_parameter_supported"] is True
    assert data["tls_client_certificate_bound_access_tokens"] is True
    for name in ("request_parameter_supported", "request_uri_parameter_supported", "claims_parameter_supported"):
        assert data[name] is False
    assert data["scopes_supported"][0] == "openid"
    assert all(re.fullmatch(r"[!#-\[\]-~]+", scope) for scope in data["scopes_supported"])
    assert data["ui_locales_supported"] == ["zh-Hans-CN", "en"]
    assert set(data["grant_types_supported"]) == {"authorization_code", "client_credentials"}
    assert set(data["token_endpoint_auth_methods_supported"]) == {"private_key_jwt", "self_signed_tls_client_auth"}
    rules = {str(rule) for rule in app.url_map.iter_rules()}
    for name, value in data.items():
        if name.endswith(("_endpoint", "_uri")):
            assert value.startswith(ISSUER)
            assert value.removeprefix(ISSUER) in rules
    assert http.get(data["jwks_uri"].removeprefix(ISSUER)).json == market.jwks()
    assert "none" not in str(data)


def test_https_issuer_in_production_means_https_everywhere(room: SsoRoom) -> None:
    """[C-13 D-02 D-18]"""
    from sso import discovery

    web = room.ground.settings.web.model_copy(update={"public_url": "https://zw.example.gov.cn"})
    settings = room.ground.settings.model_copy(update={"web": web})
    data = discovery.metadata(replace(room, ground=replace(room.ground, settings=settings)))
    addresses = [v for n, v in data.items() if n.endswith(("_endpoint", "_uri")) or n == "issuer"]
    assert all(value.startswith("https://zw.example.gov.cn") for value in addresses)


def test_command_line_registers_people_officials_and_clients(
    room: SsoRoom, ground: Ground, app: Flask, tmp_path: Any
) -> None:
    from contextlib import contextmanager

    @contextmanager
    def opened() -> Any:
        yield room

    party = RelyingParty(app, "from-cli", clock=ground.clock)
    (tmp_path / "jwks.json").write_text(__import__("json").dumps({"keys": [party.jwk]}))
    run = CliRunner().invoke
    command = group(opened)
    typed = f"林知夏\n{number(2)}\n13900000001\n{PASSWORD}\n{PASSWORD}\n"
    made = run(command, ["add-person", "--username", "alice"], input=typed)
    assert made.exit_code == 0, made.output
    person_id = made.output.strip().splitlines()[-1]
    assert run(command, ["find-person"], input="alice\n").output.strip().endswith(person_id)
    assert run(command, ["add-official", person_id, "--department", MARKET, "--role", "window"]).exit_code == 0
    arguments = ["add-client", "from-cli", "--name-zh", "系统", "--name-en", "System", "--department", MARKET]
    arguments += ["--jwks", str(tmp_path / "jwks.json"), "--scope", "openid", "--scope", "licence:read"]
    assert run(command, [*arguments, "--redirect-uri", party.redirect_uri]).exit_code == 0
    assert party.program().status_code == 200
    assert run(command, ["rotate-keys", "ES256"]).output.strip() == "sso/token-es256/2"
    assert run(command, ["disable-client", "from-cli"]).exit_code == 0
    assert party.program().status_code == 401
    assert run(command, ["set-password", person_id], input="a-new-password\na-new-password\n").exit_code == 0
    assert Browser(app).log_in("alice", "a-new-password").status_code == 303


def test_a_person_does_not_print(alice: NewPerson) -> None:
    for secret in (alice.name, alice.phone, alice.citizen_number, alice.password):
        assert secret not in repr(alice)

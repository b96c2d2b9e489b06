"""The token endpoint, UserInfo and programs' tokens. Names in brackets are rows of the conformance checklist."""

from __future__ import annotations

import base64
import hashlib
import inspect
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from jose import jwt as python_jose
from joserfc import jwt as joserfc
from joserfc.jwk import KeySet
from sqlalchemy import func, select, text

from foundation.clock import FixedClock
from foundation.ground import Ground
from foundation.principal import SYSTEM
from sso import clients, purge, token, token_keys
from sso.models import Client
from sso.people import NewPerson
from sso.protocol_models import AccessToken
from sso.room import SsoRoom
from tests.sso.conftest import MARKET, PASSWORD, registered
from tests.sso.relying_party import ISSUER, Browser, Flow, RelyingParty, claims_of, query_of


@pytest.fixture
def browser(app: Flask, alice: NewPerson) -> Browser:
    made = Browser(app)
    made.log_in("alice", PASSWORD)
    return made


def code_for(browser: Browser, party: RelyingParty, flow: Flow, **changes: str | None) -> str:
    return query_of(browser.get(party.url(flow, **changes)).location)["code"]


def refused(response: Any, error: str, status: int = 400) -> None:
    assert (response.status_code, (response.json or {}).get("error")) == (status, error), response.text
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert set(response.json) <= {"error", "error_description"}


def test_every_step_names_its_clause() -> None:
    for step in (*token.STEPS, *(step for steps in token.GRANTS.values() for step in steps)):
        assert "RFC" in (inspect.getdoc(step) or ""), step


def test_token_response(browser: Browser, market: RelyingParty) -> None:
    """[C-05 C-06 X-07]"""
    flow = Flow()
    response = market.redeem(code_for(browser, market, flow), flow)
    assert response.headers["Cache-Control"] == "no-store"
    body = response.json or {}
    assert set(body) == {"access_token", "token_type", "expires_in", "scope", "id_token"}
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 600, "openid")
    claims = claims_of(body["id_token"])
    assert claims["iss"] == ISSUER
    assert claims["aud"] == "market"
    assert claims["nonce"] == flow.nonce
    assert claims["exp"] - claims["iat"] == 300
    half = hashlib.sha256(body["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert set(claims) == {"iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "amr", "sid", "at_hash", "nonce"}


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_id_token_verifies_with_python_jose_and_joserfc(
    browser: Browser, app: Flask, ground: Ground, alg: str, clock: FixedClock
) -> None:
    """[B-03 C-07 C-11]"""
    party = registered(ground, app, "checker", MARKET, id_token_alg=alg)
    issued = party.sign_in(browser)
    id_token = issued["id_token"]
    jwks = party.jwks()
    header = python_jose.get_unverified_header(id_token)
    key = next(key for key in jwks["keys"] if key["kid"] == header["kid"])
    assert header == {"alg": alg, "typ": "JWT", "kid": key["kid"]}
    options = {"verify_exp": False, "verify_iat": False}  # the room's clock stands still in November 2026
    claims = python_jose.decode(
        id_token,
        key,
        algorithms=[alg],
        audience="checker",
        issuer=ISSUER,
        access_token=issued["access_token"],
        options=options,
    )
    assert claims["sub"]
    again = joserfc.decode(id_token, KeySet.import_key_set(jwks), algorithms=[alg])
    assert again.claims["sub"] == claims["sub"]


def test_jwks_is_public_named_and_strong(market: RelyingParty) -> None:
    """[C-11]"""
    keys = market.jwks()["keys"]
    assert sorted(key["alg"] for key in keys) == ["ES256", "RS256"]
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert not set(key) & {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}
        assert key["use"] == "sig"
        assert key["kty"] == "EC" or len(base64.urlsafe_b64decode(key["n"] + "==")) == 256


def test_code_is_spent_once_under_16_parallel_tries(
    browser: Browser, app: Flask, market: RelyingParty, room: SsoRoom
) -> None:
    """[X-01 S-31]: several rounds; one 200, and afterwards no token lives, because a code seen twice was stolen."""
    for _ in range(5):
        flow = Flow()
        code = code_for(browser, market, flow)
        requests = [market.authentication() for _ in range(16)]

        def redeem(proof: dict[str, str], code: str = code, flow: Flow = flow) -> tuple[int, dict[str, Any]]:
            response = market.redeem(code, flow, **proof)
            return response.status_code, dict(response.json or {})

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(redeem, requests))
        winners = [body for status, body in answers if status == 200]
        assert len(winners) == 1
        assert {body["error"] for status, body in answers if status != 200} == {"invalid_grant"}
        assert market.userinfo(winners[0]["access_token"]).status_code == 401


def test_same_assertion_16_times_in_parallel_counts_once(market: RelyingParty) -> None:
    """[S-19]"""
    for _ in range(3):
        proof = market.authentication()
        data = {"grant_type": "client_credentials", **proof}
        with ThreadPoolExecutor(16) as pool:
            codes = list(
                pool.map(lambda _, data=data: market.http.post("/oauth2/token", data=data).status_code, range(16))
            )
        assert sorted(codes) == [200] + [401] * 15


def test_second_use_of_a_code_kills_what_the_first_got(
    browser: Browser, market: RelyingParty, clock: FixedClock
) -> None:
    """[B-28 B-29 F-33]"""
    flow = Flow()
    code = code_for(browser, market, flow)
    first = market.redeem(code, flow).json or {}
    assert market.userinfo(first["access_token"]).status_code == 200
    clock.advance(seconds=30)
    refused(market.redeem(code, flow), "invalid_grant")
    assert market.userinfo(first["access_token"]).status_code == 401
    refused(market.redeem(code, flow), "invalid_grant")


def test_code_is_bound_to_client_address_and_verifier(
    browser: Browser, market: RelyingParty, transport: RelyingParty
) -> None:
    """[F-30 F-32 F-50 F-51 S-05 S-06]"""
    flow = Flow()
    code = code_for(browser, market, flow)
    refused(transport.redeem(code, flow, redirect_uri=market.redirect_uri), "invalid_grant")
    refused(market.redeem(code, flow, client_id="transport"), "invalid_client", 401)
    assert market.redeem(code, flow).status_code == 200  # a stranger's try neither spends nor kills it
    for changes in (
        {"redirect_uri": market.redirect_uri + "/"},
        {"code_verifier": "x" * 43},
        {"code_verifier": Flow().verifier},
    ):
        flow = Flow()
        code = code_for(browser, market, flow)
        refused(market.redeem(code, flow, **changes), "invalid_grant")
        refused(market.redeem(code, flow), "invalid_grant")  # shown with a wrong verifier, so it has leaked
    for missing, error in (("code_verifier", "invalid_grant"), ("redirect_uri", "invalid_request")):
        flow = Flow()
        refused(market.redeem(code_for(browser, market, flow), flow, **{missing: None}), error)


def test_code_dies_after_a_minute(browser: Browser, market: RelyingParty, clock: FixedClock) -> None:
    """[F-34]"""
    flow = Flow()
    code = code_for(browser, market, flow)
    clock.advance(seconds=61)
    refused(market.redeem(code, flow), "invalid_grant")


def test_codes_and_tokens_are_kept_as_hashes(browser: Browser, market: RelyingParty, ground: Ground) -> None:
    """[S-30]"""
    flow = Flow()
    code = code_for(browser, market, flow)
    issued = market.redeem(code, flow).json or {}
    program = market.program().json or {}
    with ground.db.read() as session:
        tables = ("oidc_code", "oidc_token", "oidc_assertion", "oidc_interaction", "web_session", "audit_row")
        dump = "\n".join(str(tuple(row)) for table in tables for row in session.execute(text(f"SELECT * FROM {table}")))  # noqa: S608
    for secret in (code, issued["access_token"], issued["id_token"], program["access_token"], flow.verifier):
        assert secret not in dump


def test_grants_that_do_not_exist(market: RelyingParty) -> None:
    """[S-09]"""
    for grant in ("password", "implicit", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code", "x"):
        refused(market.program(grant_type=grant), "unsupported_grant_type")
    refused(market.program(grant_type=None), "invalid_request")


def test_the_body_is_a_form_with_each_parameter_once(market: RelyingParty) -> None:
    refused(market.http.post("/oauth2/token", json={"grant_type": "client_credentials"}), "invalid_request")
    body = "grant_type=client_credentials&grant_type=client_credentials"
    refused(
        market.http.post("/oauth2/token", data=body, content_type="application/x-www-form-urlencoded"),
        "invalid_request",
    )
    proof = market.authentication()
    in_address = market.http.post("/oauth2/token?grant_type=client_credentials", data=proof)
    refused(in_address, "invalid_request")
    assert market.http.get("/oauth2/token").status_code == 405


def test_client_secrets_are_not_a_thing(market: RelyingParty) -> None:
    refused(market.program(client_secret="x"), "invalid_client", 401)
    basic = {"Authorization": "Basic " + base64.b64encode(b"market:secret").decode()}
    response = market.http.post("/oauth2/token", data={"grant_type": "client_credentials"}, headers=basic)
    refused(response, "invalid_client", 401)
    refused(
        market.http.post("/oauth2/token", data={"grant_type": "client_credentials", "client_id": "market"}),
        "invalid_client",
        401,
    )


def test_assertion_claims(market: RelyingParty, clock: FixedClock) -> None:
    """[F-36 F-37 F-38 F-39 F-44 F-45 F-54 S-19]"""
    now = int(clock.now().timestamp())
    bad: tuple[dict[str, Any], ...] = (
        {"iss": "transport"},
        {"iss": None},
        {"sub": "transport"},
        {"sub": None},
        {"aud": "https://evil.example"},
        {"aud": None},
        {"aud": [ISSUER, "https://evil.example"]},
        {"exp": None},
        {"exp": now - 300},
        {"exp": now + 3600},
        {"exp": "soon"},
        {"exp": True},
        {"nbf": now + 120},
        {"iat": now + 120},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 201},
        {"jti": 7},
        {"sub": "market\x00"},
    )
    for claims in bad:
        refused(market.program(**market.authentication(**claims)), "invalid_client", 401)
    refused(
        market.program(client_assertion_type="urn:ietf:params:oauth:client-assertion-type:saml2-bearer"),
        "invalid_request",
    )
    refused(market.program(client_assertion_type=None), "invalid_request")
    for claims in ({"nbf": now + 8}, {"aud": f"{ISSUER}/oauth2/token"}, {"exp": now + 300}, {"iat": now - 3600}):
        assert market.program(**market.authentication(**claims)).status_code == 200


def test_assertion_is_used_once(market: RelyingParty, clock: FixedClock) -> None:
    proof = market.authentication()
    assert market.program(**proof).status_code == 200
    clock.advance(seconds=20)
    refused(market.program(**proof), "invalid_client", 401)


def test_a_key_of_another_client_does_not_count(market: RelyingParty, transport: RelyingParty) -> None:
    transport.client_id = "market"
    refused(transport.program(), "invalid_client", 401)
    transport.kid = market.kid
    refused(transport.program(), "invalid_client", 401)


def test_client_key_rotation_and_stop(market: RelyingParty, ground: Ground, app: Flask) -> None:
    live = (market.program().json or {})["access_token"]
    other = RelyingParty(app, "market", clock=ground.clock)
    clients.set_keys(ground, SYSTEM, "market", [other.jwk])
    refused(market.program(), "invalid_client", 401)
    assert other.program().status_code == 200
    assert called(app, live) == 200
    clients.disable_client(ground, SYSTEM, "market")
    refused(other.program(), "invalid_client", 401)
    assert called(app, live) == 401


def called(app: Flask, access_token: str) -> int:
    http = app.test_client(use_cookies=False)
    return http.get("/api/v1/sso/me", headers={"Authorization": f"Bearer {access_token}"}).status_code


def test_program_token_carries_scopes_of_its_rooms(app: Flask, market: RelyingParty) -> None:
    narrow = market.program("licence:read").json or {}
    assert narrow["scope"] == "licence:read"
    assert "id_token" not in narrow
    http = app.test_client(use_cookies=False)
    me = http.get("/api/v1/sso/me", headers={"Authorization": f"bEaReR {narrow['access_token']}"}).json or {}
    assert (me["kind"], me["label"], me["department"], me["permissions"]) == (
        "client",
        "client:market",
        MARKET,
        ["licence:read"],
    )
    everything = market.program().json or {}
    assert everything["scope"] == "licence:issue licence:read"
    for scope in ("seal:stamp", "licence:own", "openid", "licence:read seal:stamp", "nonsense"):
        refused(market.program(scope), "invalid_scope")


def test_program_sees_no_person_and_a_person_token_calls_no_api(
    app: Flask, browser: Browser, market: RelyingParty
) -> None:
    program = (market.program().json or {})["access_token"]
    response = market.userinfo(program)
    assert (response.status_code, response.json) == (403, {"error": "insufficient_scope"})
    http = app.test_client(use_cookies=False)
    header = {"Authorization": f"Bearer {program}"}
    assert http.get("/api/v1/sso/sessions", headers=header).status_code == 403
    assert http.get("/api/v1/sso/consents", headers=header).status_code == 403
    assert called(app, market.sign_in(browser)["access_token"]) == 401


def test_scope_taken_from_the_client_is_taken_from_its_tokens(app: Flask, market: RelyingParty, ground: Ground) -> None:
    access_token = (market.program().json or {})["access_token"]
    with ground.db.begin() as session:
        client = session.get(Client, "market")
        assert client is not None
        client.scopes = ["openid", "licence:read"]
    http = app.test_client(use_cookies=False)
    me = http.get("/api/v1/sso/me", headers={"Authorization": f"Bearer {access_token}"}).json or {}
    assert me["permissions"] == ["licence:read"]


def test_tokens_expire(browser: Browser, app: Flask, market: RelyingParty, clock: FixedClock) -> None:
    person, program = market.sign_in(browser)["access_token"], (market.program().json or {})["access_token"]
    clock.advance(seconds=601)
    assert market.userinfo(person).status_code == 401
    assert called(app, program) == 401


def test_userinfo_challenges(browser: Browser, market: RelyingParty) -> None:
    """[B-05 B-06 B-07]"""
    issued = market.sign_in(browser, scope="openid profile")
    header = {"Authorization": f"Bearer {issued['access_token']}"}
    for method in ("get", "post"):
        response = getattr(market.http, method)("/oauth2/userinfo", headers=header)
        assert response.json == {"sub": claims_of(issued["id_token"])["sub"], "name": "林知夏"}
    bare = market.http.get("/oauth2/userinfo")
    assert (bare.status_code, bare.headers["WWW-Authenticate"]) == (401, 'Bearer realm="yinxin"')
    for value in ("Bearer", "Bearer x", "Bearer a b", "Bearer " + issued["id_token"], "Bearer \u00e9"):
        answer = market.http.get("/oauth2/userinfo", headers={"Authorization": value})
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    in_body = market.http.post("/oauth2/userinfo", data={"access_token": issued["access_token"]})
    assert in_body.status_code == 401
    assert market.http.get("/oauth2/userinfo?access_token=" + issued["access_token"]).status_code == 401


def test_token_keys_rotate_without_a_gap(
    browser: Browser, market: RelyingParty, room: SsoRoom, clock: FixedClock
) -> None:
    """[OpenID Connect Core 10.1.1]"""
    old = market.sign_in(browser)["id_token"]
    token_keys.rotate(room.ground, room.keys, room.token_keys, SYSTEM, "RS256")
    rs = [key["kid"] for key in market.jwks()["keys"] if key["alg"] == "RS256"]
    assert len(rs) == 2
    before = python_jose.get_unverified_header(market.sign_in(browser)["id_token"])["kid"]
    assert before == python_jose.get_unverified_header(old)["kid"]
    clock.advance(minutes=16)
    after = python_jose.get_unverified_header(market.sign_in(browser)["id_token"])["kid"]
    assert after != before
    assert {before, after} == set(rs)
    assert "id_token" in market.sign_in(browser, prompt="none", id_token_hint=old)
    clock.advance(days=3)
    assert [key["kid"] for key in market.jwks()["keys"] if key["alg"] == "RS256"] == [after]


def test_failed_tries_leave_no_token(browser: Browser, market: RelyingParty, ground: Ground) -> None:
    flow = Flow()
    market.redeem(code_for(browser, market, flow), flow, code_verifier="x" * 43)
    with ground.db.read() as session:
        assert session.scalar(select(func.count()).select_from(AccessToken)) == 0


def test_purge_forgets_what_is_over_and_nothing_else(
    browser: Browser, market: RelyingParty, ground: Ground, clock: FixedClock
) -> None:
    flow = Flow()
    code = code_for(browser, market, flow)
    issued = market.redeem(code, flow).json or {}
    stranger = Browser(market.app)
    waiting = stranger.get(market.url(Flow())).location
    with ground.db.begin() as session:
        assert purge.purge(session, clock.now()) == 0
    assert market.userinfo(issued["access_token"]).status_code == 200
    assert stranger.get(waiting).status_code == 200
    refused(market.redeem(code, flow), "invalid_grant")
    clock.advance(days=3)
    with ground.db.begin() as session:
        purge.purge(session, clock.now())
    with ground.db.read() as session:
        tables = ("oidc_interaction", "oidc_code", "oidc_token", "oidc_assertion", "login_attempt", "sms_outbox")
        left = [session.execute(text(f"SELECT count(*) FROM {table}")).scalar() for table in tables]  # noqa: S608
    assert left == [0] * len(tables)

"""RP-initiated logout and a person's own list of logins. Names in brackets are rows of the conformance checklist."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import urlencode

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import ECKey

from foundation.clock import FixedClock
from sso.people import NewPerson
from tests.sso.conftest import PASSWORD
from tests.sso.relying_party import Browser, Flow, RelyingParty, query_of


@pytest.fixture
def browser(app: Flask, alice: NewPerson) -> Browser:
    made = Browser(app)
    made.log_in("alice", PASSWORD)
    return made


def logged_in(browser: Browser) -> bool:
    return browser.http.get("/api/v1/sso/me").status_code == 200


def leave(browser: Browser, **parameters: str | None) -> str:
    """Where the browser is sent."""
    given = {name: value for name, value in parameters.items() if value is not None}
    answer = browser.get("/oauth2/logout?" + urlencode(given))
    assert answer.status_code == 303, answer.text
    return answer.location


def test_hint_and_registered_address_lead_back_with_state(
    browser: Browser, market: RelyingParty, transport: RelyingParty
) -> None:
    """[L-02]: and the other department's next silent request needs the person."""
    issued, other = market.sign_in(browser), transport.sign_in(browser)
    location = leave(
        browser, id_token_hint=issued["id_token"], post_logout_redirect_uri=market.goodbye_uri, state="a/b+c d"
    )
    assert location == market.goodbye_uri + "?state=a%2Fb%2Bc%20d"
    assert not logged_in(browser)
    for access_token in (issued["access_token"], other["access_token"]):
        assert market.userinfo(access_token).status_code == 401
    again = query_of(browser.get(transport.url(Flow(), prompt="none")).location)
    assert again["error"] == "login_required"


def test_no_state_no_address(browser: Browser, market: RelyingParty) -> None:
    """[L-07 L-08]"""
    hint = market.sign_in(browser)["id_token"]
    assert leave(browser, id_token_hint=hint, post_logout_redirect_uri=market.goodbye_uri) == market.goodbye_uri
    browser.app.extensions["yinxin"].ground.clock.advance(minutes=2)
    browser.log_in("alice", PASSWORD)
    hint = market.sign_in(browser)["id_token"]
    assert leave(browser, id_token_hint=hint) == "/logged-out"
    assert not logged_in(browser)


def test_unregistered_address_is_a_page_and_ends_nothing(browser: Browser, market: RelyingParty) -> None:
    """[L-03 L-10]"""
    hint = market.sign_in(browser)["id_token"]
    for address in (
        "https://evil.example/",
        market.goodbye_uri + "?foo=bar",
        market.goodbye_uri + "/",
        market.redirect_uri,
        "javascript:alert(1)",
        "//evil.example",
    ):
        answer = browser.get(
            "/oauth2/logout?" + urlencode({"id_token_hint": hint, "post_logout_redirect_uri": address})
        )
        assert answer.status_code == 422
        assert "Location" not in answer.headers
        assert logged_in(browser)


def forged(market: RelyingParty, token: str) -> list[str]:
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    foreign = jwt.encode({"alg": "ES256", "kid": market.jwks()["keys"][0]["kid"]}, claims, ECKey.generate_key("P-256"))
    return [
        f"{part({'alg': 'none'})}.{body}.",
        f"{part({'alg': 'none'})}.{body}.{signature}",
        f"{head}.{part({**claims, 'sid': 'x'})}.{signature}",
        f"{head}.{body}.{signature[:-4]}AAAA",
        foreign,
        "",
        "x.y.z",
    ]


def test_without_a_proved_hint_the_person_is_asked_and_nobody_is_redirected(
    browser: Browser, market: RelyingParty, transport: RelyingParty
) -> None:
    """[L-04 L-05 L-06 L-09 L-11]"""
    hint = market.sign_in(browser)["id_token"]
    address = market.goodbye_uri
    for bad in forged(market, hint):
        assert leave(browser, id_token_hint=bad, post_logout_redirect_uri=address) == "/logout"
    assert leave(browser, post_logout_redirect_uri=address, client_id="market") == "/logout"
    assert leave(browser) == "/logout"
    assert leave(browser, state="x") == "/logout"
    assert (
        leave(browser, id_token_hint=hint, client_id="transport", post_logout_redirect_uri=transport.goodbye_uri)
        == "/logout"
    )
    answer = browser.get("/oauth2/logout?" + urlencode([("id_token_hint", hint), ("state", "1"), ("state", "2")]))
    assert answer.location == "/logout"
    assert logged_in(browser)
    page = browser.get("/logout")
    assert "market 系统" in page.text
    assert browser.submit(page, "/logout").location == "/logged-out"
    assert not logged_in(browser)
    assert leave(browser) == "/logout"
    assert browser.get("/logout").location == "/logged-out"


def test_expired_hint_of_the_running_session_still_counts(
    browser: Browser, market: RelyingParty, clock: FixedClock
) -> None:
    hint = market.sign_in(browser)["id_token"]
    for _ in range(4):
        clock.advance(minutes=25)
        assert logged_in(browser)
    assert leave(browser, id_token_hint=hint) == "/logged-out"
    assert not logged_in(browser)


def test_hint_of_a_login_that_is_over_does_not_end_another_persons(
    app: Flask, browser: Browser, market: RelyingParty, bob: NewPerson
) -> None:
    old = market.sign_in(browser)["id_token"]
    browser.submit(browser.get("/logout"), "/logout")
    browser.log_in("bob", PASSWORD + "-2")
    assert leave(browser, id_token_hint=old, post_logout_redirect_uri=market.goodbye_uri) == "/logout"
    assert logged_in(browser)


def test_post_from_another_site_works_without_the_cookie(browser: Browser, market: RelyingParty) -> None:
    """The hint proves itself, so the session ends although SameSite keeps our cookie back."""
    hint = market.sign_in(browser)["id_token"]
    stranger = browser.app.test_client(use_cookies=False)
    data = {"id_token_hint": hint, "post_logout_redirect_uri": market.goodbye_uri}
    answer = stranger.post("/oauth2/logout", data=data, headers={"Origin": "https://market.example"})
    assert answer.location == market.goodbye_uri
    assert not logged_in(browser)


def test_own_logins_are_listed_and_ended(
    app: Flask, browser: Browser, market: RelyingParty, bob: NewPerson, clock: FixedClock
) -> None:
    clock.advance(minutes=2)
    second, stranger = Browser(app), Browser(app)
    second.log_in("alice", PASSWORD)
    stranger.log_in("bob", PASSWORD + "-2")
    access_token = market.sign_in(second)["access_token"]
    mine = (browser.http.get("/api/v1/sso/sessions").json or {})["sessions"]
    assert sorted((s["current"], s["systems"]) for s in mine) == [(False, ["market"]), (True, [])]
    other = next(s["id"] for s in mine if not s["current"])
    csrf = {"X-CSRF-Token": token_of(stranger)}
    assert stranger.http.delete(f"/api/v1/sso/sessions/{other}", headers=csrf).status_code == 404
    assert logged_in(second)
    csrf = {"X-CSRF-Token": token_of(browser)}
    assert browser.http.delete(f"/api/v1/sso/sessions/{other}").status_code == 403
    assert browser.http.delete(f"/api/v1/sso/sessions/{other}", headers=csrf).status_code == 204
    assert not logged_in(second)
    assert market.userinfo(access_token).status_code == 401
    assert browser.http.delete(f"/api/v1/sso/sessions/{other}", headers=csrf).status_code == 404


def token_of(browser: Browser) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/logout").text)[1]  # type: ignore[index]

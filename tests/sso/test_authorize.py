"""The authorisation endpoint, clause by clause. Names in brackets are rows of the conformance checklist."""

from __future__ import annotations

import inspect
import json
import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from flask import Flask

from foundation.clock import FixedClock
from foundation.ground import Ground
from sso import authorize
from sso.people import NewPerson
from sso.room import SsoRoom
from tests.sso.conftest import MARKET, PASSWORD, registered
from tests.sso.relying_party import ISSUER, Browser, Flow, RelyingParty, claims_of, query_of


@pytest.fixture
def browser(app: Flask, alice: NewPerson) -> Browser:
    """Alice's, logged in."""
    made = Browser(app)
    made.log_in("alice", PASSWORD)
    return made


def refused(browser: Browser, party: RelyingParty, **changes: str | None) -> dict[str, str]:
    """The error that went back to the client, with everything that must stand beside it."""
    flow = Flow()
    answer = browser.get(party.url(flow, **changes))
    assert answer.status_code == 303, answer.text
    assert answer.location.startswith(party.redirect_uri + "?")
    back = query_of(answer.location)
    assert "code" not in back
    assert back.get("state") == flow.state or "state" in changes
    assert back["iss"] == ISSUER
    assert set(back) <= {"error", "error_description", "state", "iss"}
    assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*", back["error_description"])
    return back


def test_every_step_names_its_clause() -> None:
    for step in authorize.STEPS:
        assert re.search(
            r"RFC \d{4}|OpenID Connect Core|Multiple Response|Refused whole", inspect.getdoc(step) or ""
        ), step


def test_two_logins_in_two_departments_are_one(
    app: Flask, alice: NewPerson, market: RelyingParty, transport: RelyingParty
) -> None:
    """[B-01] and issue line 13: the second system shows no page at all."""
    browser, flow = Browser(app), Flow()
    start = browser.get(market.url(flow))
    assert start.status_code == 303
    assert start.location.startswith("/login?i=")
    page = browser.get(start.location)
    assert "market 系统" in page.text
    resumed = browser.log_in("alice", PASSWORD, start.location)
    back = browser.get(resumed.location)
    first = market.redeem(query_of(back.location)["code"], flow).json
    second = transport.sign_in(browser)
    assert first is not None
    one, two = claims_of(first["id_token"]), claims_of(second["id_token"])
    assert one["auth_time"] == two["auth_time"]
    assert one["sub"] != two["sub"]
    assert one["sid"] != two["sid"]
    assert market.userinfo(first["access_token"]).json == {"sub": one["sub"]}


def test_same_department_recognises_a_person_across_its_systems(
    browser: Browser, app: Flask, ground: Ground, market: RelyingParty
) -> None:
    sister = registered(ground, app, "market-two", MARKET)
    subjects = {claims_of(party.sign_in(browser)["id_token"])["sub"] for party in (market, market, sister)}
    assert len(subjects) == 1


def test_response_is_to_the_registered_address_with_state_iss_and_nothing_else(
    browser: Browser, market: RelyingParty
) -> None:
    """[C-01 C-02 C-03 C-04]"""
    flow = Flow()
    location = browser.get(market.url(flow)).location
    assert location.split("?")[0] == market.redirect_uri
    assert not urlsplit(location).fragment
    assert set(query_of(location)) == {"code", "state", "iss"}
    assert len(query_of(location)["code"]) == 43


def test_state_comes_back_as_it_went(browser: Browser, market: RelyingParty) -> None:
    """[C-02 F-08]"""
    for state in ('a/b+c d=&"<é', "%", "x" * 384, "印信", "a%20b", " ", "\r\nSet-Cookie: a=b"):
        answer = browser.get(market.url(Flow(state=state)))
        assert query_of(answer.location)["state"] == state
        assert "\n" not in answer.location


def test_no_state_and_no_nonce_in_none_out(browser: Browser, market: RelyingParty) -> None:
    """[B-08 F-04 F-05]"""
    flow = Flow(state=None, nonce=None)
    location = browser.get(market.url(flow)).location
    assert "state" not in query_of(location)
    token = market.redeem(query_of(location)["code"], flow).json
    assert token is not None
    assert "nonce" not in claims_of(token["id_token"])


def test_long_nonce_is_kept_whole(browser: Browser, market: RelyingParty) -> None:
    """[F-06 F-07]"""
    for length in (64, 384):
        flow = Flow(nonce="n" * length)
        assert claims_of(market.sign_in(browser, flow)["id_token"])["nonce"] == "n" * length


def test_too_long_values_are_refused_not_cut(browser: Browser, market: RelyingParty) -> None:
    assert refused(browser, market, nonce="n" * 1025)["error"] == "invalid_request"
    assert refused(browser, market, state="s" * 2049)["error"] == "invalid_request"


def test_only_the_code_flow_by_query_exists(browser: Browser, market: RelyingParty) -> None:
    """[B-02 F-28 F-29]"""
    assert refused(browser, market, response_type=None)["error"] == "invalid_request"
    for kind in ("token", "id_token", "code id_token", "code token"):
        assert refused(browser, market, response_type=kind)["error"] == "unsupported_response_type"
    for mode in ("fragment", "form_post", "web_message"):
        assert refused(browser, market, response_mode=mode)["error"] == "invalid_request"


def test_unregistered_client_is_a_page(browser: Browser, market: RelyingParty) -> None:
    """RFC 9700 4.11.2: nobody is redirected for a stranger."""
    for client_id in (None, "nobody", "market\x00", "印信", "MARKET", "x" * 10_000):
        is_error_page(browser, market.url(Flow(), client_id=client_id))


def is_error_page(browser: Browser, url: str) -> None:
    answer = browser.get(url)
    assert 400 <= answer.status_code < 500
    assert answer.mimetype == "text/html"
    assert "Location" not in answer.headers
    assert "code=" not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


REDIRECT_TRICKS = (
    None,
    "",
    "https://evil.example/back",
    "{uri}/",
    "{uri}?x=1",
    "{uri}#",
    "{uri}/../back",
    "{uri};/..",
    "{uri}%2f..",
    "{uri}%00",
    "{uri} ",
    " {uri}",
    "HTTPS://market.example/back",
    "https://MARKET.example/back",
    "https://market.example:443/back",
    "https://market.example./back",
    "https://evil@market.example/back",
    "https://market.example@evil.example/back",
    "https://market.example@@evil.example/back",
    "https://market.example\\@evil.example/back",
    "https://market.example/BACK",
    "https://market.example//back",
    "http://market.example/back",
    "javascript:alert(1)",
    "data:text/html,x",
    "//market.example/back",
    "https://market.example/b\u0430ck",
)


def test_redirect_uri_is_the_registered_one_or_a_page(browser: Browser, market: RelyingParty) -> None:
    """[B-30 F-25 S-01 S-02 S-03]"""
    for trick in REDIRECT_TRICKS:
        is_error_page(browser, market.url(Flow(), redirect_uri=trick and trick.format(uri=market.redirect_uri)))


def test_repeated_parameters_are_refused(browser: Browser, market: RelyingParty) -> None:
    """[X-04]: never redirected to the second value."""
    url = market.url(Flow())
    for name, value in (
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", market.redirect_uri),
        ("client_id", "market"),
    ):
        is_error_page(browser, f"{url}&{name}={quote(value)}")
    for name in ("scope", "state", "nonce", "prompt", "extra", "code_challenge"):
        answer = browser.get(f"{url}&{name}=1&{name}=2")
        assert answer.location.startswith(market.redirect_uri)
        assert query_of(answer.location)["error"] == "invalid_request"
        assert "state" in query_of(answer.location) or name == "state"


def test_broken_percent_encoding_is_a_page(browser: Browser, market: RelyingParty) -> None:
    for state in ("%ff%fe", "a%00b", "印信"):
        is_error_page(browser, market.url(Flow(state=None)) + f"&state={state}")


def test_request_objects_are_refused_by_name(browser: Browser, market: RelyingParty) -> None:
    """[B-33 B-34]: not ignored, and nothing is fetched (sockets are closed to the process in this test)."""
    assert refused(browser, market, request="eyJhbGciOiJub25lIn0.e30.")["error"] == "request_not_supported"
    assert refused(browser, market, request_uri="https://evil.example/r")["error"] == "request_uri_not_supported"
    assert refused(browser, market, registration="{}")["error"] == "registration_not_supported"


def test_pkce_s256_is_asked_of_everybody(browser: Browser, market: RelyingParty) -> None:
    """[X-06 F-49 F-52]"""
    cases: tuple[dict[str, str | None], ...] = (
        {"code_challenge": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": "short"},
        {"code_challenge": "x" * 44},
        {"code_challenge": "=" * 43},
    )
    for changes in cases:
        assert refused(browser, market, **changes)["error"] == "invalid_request"


def test_scopes(browser: Browser, app: Flask, ground: Ground, market: RelyingParty) -> None:
    """[B-14 F-09]: order is free, the unknown is ignored, the unregistered refused."""
    narrow = registered(ground, app, "narrow", MARKET, scopes=["openid"])
    assert refused(browser, narrow, scope="openid phone")["error"] == "invalid_scope"
    for scope in (None, "profile", "OPENID"):
        assert refused(browser, market, scope=scope)["error"] == "invalid_scope"
    assert market.sign_in(browser, scope="phone email address openid")["scope"] == "openid phone"


def test_what_we_do_not_use_is_ignored(browser: Browser, market: RelyingParty) -> None:
    """[B-15 B-16 B-22 B-26 B-27]"""
    for name, value in (
        ("extra", "foobar"),
        ("display", "popup"),
        ("display", "page"),
        ("claims_locales", "zh"),
        ("acr_values", "1 2"),
    ):
        claims = claims_of(market.sign_in(browser, **{name: value})["id_token"])
        assert claims["acr"] == "urn:yinxin:acr:password-and-sms"
        assert claims["amr"] == ["pwd", "sms", "mfa"]


def test_claims_parameter_is_ignored_as_published(browser: Browser, market: RelyingParty) -> None:
    """[B-35]: `claims_parameter_supported` is false; consent cannot be gone around by naming claims."""
    token = market.sign_in(browser, claims=json.dumps({"userinfo": {"citizen_number": {"essential": True}}}))
    assert set(market.userinfo(token["access_token"]).json or {}) == {"sub"}


def test_prompt_none_without_login(app: Flask, market: RelyingParty) -> None:
    """[B-18]"""
    assert refused(Browser(app), market, prompt="none")["error"] == "login_required"


def test_prompt_none_with_login_changes_nothing(browser: Browser, market: RelyingParty, ground: Ground) -> None:
    """[B-19]"""
    first = claims_of(market.sign_in(browser)["id_token"])
    ground.clock.advance(seconds=30)  # type: ignore[attr-defined]
    second = claims_of(market.sign_in(browser, prompt="none")["id_token"])
    assert [first[n] for n in ("sub", "auth_time", "sid")] == [second[n] for n in ("sub", "auth_time", "sid")]


def test_prompts_that_make_no_sense(browser: Browser, market: RelyingParty) -> None:
    for prompt in ("none login", "none consent", "create", "nonsense", "login nonsense"):
        assert refused(browser, market, prompt=prompt)["error"] == "invalid_request"


@pytest.mark.parametrize("prompt", ["login", "select_account"])
def test_prompt_login_proves_again(browser: Browser, market: RelyingParty, ground: Ground, prompt: str) -> None:
    """[B-17]: the page is shown, `auth_time` moves, the same session goes on."""
    before = claims_of(market.sign_in(browser)["id_token"])
    ground.clock.advance(minutes=2)  # type: ignore[attr-defined]
    flow = Flow()
    start = browser.get(market.url(flow, prompt=prompt))
    assert start.location.startswith("/login?i=")
    assert browser.get("/login/continue?i=" + query_of(start.location)["i"]).location.startswith("/login?i=")
    back = browser.get(browser.log_in("alice", PASSWORD, start.location).location)
    after = claims_of((market.redeem(query_of(back.location)["code"], flow).json or {})["id_token"])
    assert after["auth_time"] == before["auth_time"] + 120
    assert (after["sub"], after["sid"]) == (before["sub"], before["sid"])


def test_max_age(browser: Browser, market: RelyingParty, clock: FixedClock) -> None:
    """[B-20 B-21 X-05]"""
    first = claims_of(market.sign_in(browser)["id_token"])
    clock.advance(seconds=2)
    assert claims_of(market.sign_in(browser, max_age="10000")["id_token"])["auth_time"] == first["auth_time"]
    assert browser.get(market.url(Flow(), max_age="1")).location.startswith("/login")
    assert browser.get(market.url(Flow(), max_age="0")).location.startswith("/login")
    for age in ("0", "1"):
        assert refused(browser, market, max_age=age, prompt="none")["error"] == "login_required"
    for age in ("-1", "x", "1.5", "٣", "9" * 10):
        assert refused(browser, market, max_age=age)["error"] == "invalid_request"


def test_max_age_zero_does_not_loop(browser: Browser, market: RelyingParty, clock: FixedClock) -> None:
    clock.advance(minutes=2)
    start = browser.get(market.url(Flow(), max_age="0"))
    clock.advance(seconds=5)
    resumed = browser.log_in("alice", PASSWORD, start.location)
    clock.advance(seconds=5)
    assert "code" in query_of(browser.get(resumed.location).location)


def test_id_token_hint(
    app: Flask, browser: Browser, market: RelyingParty, transport: RelyingParty, bob: NewPerson, clock: FixedClock
) -> None:
    """[B-23]"""
    mine = market.sign_in(browser)["id_token"]
    clock.advance(hours=0, seconds=600)  # expired, and still a good hint
    assert "id_token" in market.sign_in(browser, prompt="none", id_token_hint=mine)
    other = Browser(app)
    other.log_in("bob", PASSWORD + "-2")
    assert refused(other, market, prompt="none", id_token_hint=mine)["error"] == "login_required"
    start = other.get(market.url(Flow(), id_token_hint=mine))
    assert start.location.startswith("/login?i=")
    clock.advance(minutes=2)
    wrong_again = other.get(other.log_in("bob", PASSWORD + "-2", start.location).location)
    assert query_of(wrong_again.location)["error"] == "login_required"
    foreign = transport.sign_in(browser)["id_token"]
    assert refused(browser, market, id_token_hint=foreign)["error"] == "invalid_request"
    assert refused(browser, market, id_token_hint="rubbish")["error"] == "invalid_request"


def test_login_hint_fills_the_field_and_stays_out_of_addresses(app: Flask, market: RelyingParty) -> None:
    """[B-24]"""
    browser = Browser(app)
    start = browser.get(market.url(Flow(), login_hint="13900000001"))
    assert "1390000" not in start.location
    assert 'value="13900000001"' in browser.get(start.location).text


def test_ui_locales(app: Flask, market: RelyingParty) -> None:
    """[B-25]"""
    for locales, tongue in (("en", "en"), ("fr en-GB", "en"), ("zh-Hans-CN en", "zh-CN"), ("fr", "zh-CN")):
        browser = Browser(app)
        page = browser.get(browser.get(market.url(Flow(), ui_locales=locales)).location)
        assert f'<html lang="{tongue}"' in page.text


def test_post_works_like_get(browser: Browser, market: RelyingParty) -> None:
    """[B-31]: without the cookie another site's POST lacks, and with every parameter intact."""
    flow = Flow(state='a/b+c d=&"<é')
    fields = dict(parse_qsl(urlsplit(market.url(flow)).query))
    stranger = browser.app.test_client(use_cookies=False)
    again = stranger.post("/oauth2/authorize", data=fields, headers={"Origin": "https://market.example"})
    assert again.status_code == 303
    answer = browser.get(again.location)
    assert query_of(answer.location)["state"] == flow.state
    assert "code" in query_of(answer.location)


def test_consent_is_asked_once_and_kept(app: Flask, ground: Ground, browser: Browser) -> None:
    other = registered(ground, app, "other", MARKET, consent_free=False)
    assert refused(browser, other, scope="openid profile", prompt="none")["error"] == "consent_required"
    flow = Flow()
    start = browser.get(other.url(flow, scope="openid profile phone"))
    page = browser.get(start.location)
    assert "您的姓名" in page.text
    assert "https://other.example" in page.headers["Content-Security-Policy"]
    answer = browser.submit(page, start.location, decision="agree")
    token = other.redeem(query_of(answer.location)["code"], flow).json or {}
    assert other.userinfo(token["access_token"]).json == {
        "sub": claims_of(token["id_token"])["sub"],
        "name": "林知夏",
        "phone_number": "+8613900000001",
        "phone_number_verified": True,
    }
    assert "name" not in claims_of(token["id_token"])  # [C-10]
    assert other.sign_in(browser, scope="openid profile", prompt="none")["scope"] == "openid profile"
    assert browser.get(other.url(Flow(), scope="openid profile", prompt="consent")).location.startswith(
        "/login/continue"
    )


def test_refusing_consent_tells_the_client(app: Flask, ground: Ground, browser: Browser) -> None:
    """[F-03]"""
    other = registered(ground, app, "other", MARKET, consent_free=False)
    flow = Flow()
    start = browser.get(other.url(flow, scope="openid profile"))
    answer = browser.submit(browser.get(start.location), start.location, decision="refuse")
    back = query_of(answer.location)
    assert (back["error"], back["state"], back["iss"]) == ("access_denied", flow.state, ISSUER)
    again = browser.get(start.location)
    assert again.status_code == 422  # finished
    assert browser.get(other.url(Flow(), scope="openid profile")).location.startswith("/login/continue")


def test_citizen_number_needs_consent_even_of_first_parties(
    browser: Browser, market: RelyingParty, alice: NewPerson, ground: Ground
) -> None:
    assert refused(browser, market, scope="openid identity", prompt="none")["error"] == "consent_required"
    flow = Flow()
    start = browser.get(market.url(flow, scope="openid profile identity"))
    page = browser.get(start.location)
    assert "身份证号码（敏感个人信息）" in page.text
    assert "您的姓名" not in page.text
    answer = browser.submit(page, start.location, decision="agree")
    token = market.redeem(query_of(answer.location)["code"], flow).json or {}
    assert (market.userinfo(token["access_token"]).json or {})["citizen_number"] == alice.citizen_number
    from sqlalchemy import select

    from foundation.audit.models import AuditRow

    with ground.db.read() as session:
        rows = session.scalars(select(AuditRow.action)).all()
    assert "sso.disclose_identity" in rows


def test_agreeing_to_less_than_is_wanted_asks_again(app: Flask, ground: Ground, browser: Browser) -> None:
    other = registered(ground, app, "other", MARKET, consent_free=False)
    start = browser.get(other.url(Flow(), scope="openid profile phone"))
    page = browser.get(start.location)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]  # type: ignore[index]
    answer = browser.post(start.location, {"csrf_token": token, "decision": "agree", "scope": "profile"})
    assert answer.location == start.location
    asked = browser.get(start.location).text
    assert "您的手机号码" in asked


def test_withdrawn_consent_ends_the_tokens(app: Flask, ground: Ground, browser: Browser) -> None:
    other = registered(ground, app, "other", MARKET, consent_free=False)
    flow = Flow()
    start = browser.get(other.url(flow, scope="openid profile"))
    answer = browser.submit(browser.get(start.location), start.location, decision="agree")
    token = other.redeem(query_of(answer.location)["code"], flow).json or {}
    assert other.userinfo(token["access_token"]).status_code == 200
    listed = (browser.http.get("/api/v1/sso/consents").json or {})["consents"]
    assert [(c["client_id"], c["scopes"]) for c in listed] == [("other", ["profile"])]
    csrf = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/logout").text)[1]  # type: ignore[index]
    assert browser.http.delete("/api/v1/sso/consents/other", headers={"X-CSRF-Token": csrf}).status_code == 204
    assert other.userinfo(token["access_token"]).status_code == 401


def test_an_interaction_answers_once_and_grows_old(
    app: Flask, market: RelyingParty, alice: NewPerson, clock: FixedClock
) -> None:
    browser = Browser(app)
    start = browser.get(market.url(Flow()))
    resumed = browser.log_in("alice", PASSWORD, start.location)
    assert "code" in query_of(browser.get(resumed.location).location)
    is_error_page(browser, resumed.location)
    late = Browser(app)
    old = late.get(market.url(Flow()))
    clock.advance(minutes=31)
    is_error_page(late, old.location)


def test_resuming_without_login_goes_to_login(app: Flask, market: RelyingParty) -> None:
    browser = Browser(app)
    handle = query_of(browser.get(market.url(Flow())).location)["i"]
    assert browser.get(f"/login/continue?i={handle}").location == f"/login?i={handle}"


def test_a_query_the_client_registered_stays(app: Flask, ground: Ground, browser: Browser) -> None:
    uri = "https://other.example/back?system=1&x=%E5%8D%B0"
    other = registered(ground, app, "other", MARKET, redirect_uris=[uri])
    answer = browser.get(other.url(Flow(), redirect_uri=uri))
    assert answer.location.startswith(uri + "&code=")


def test_disabled_client_is_a_page_in_the_middle_of_a_login(
    app: Flask, room: SsoRoom, market: RelyingParty, alice: NewPerson
) -> None:
    from foundation.principal import SYSTEM
    from sso import clients

    browser = Browser(app)
    start = browser.get(market.url(Flow()))
    clients.disable_client(room.ground, SYSTEM, "market")
    is_error_page(browser, start.location)
    is_error_page(browser, "/login/continue?" + urlencode(query_of(start.location)))

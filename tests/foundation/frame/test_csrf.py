"""Cross-site requests: a page's post needs our token and our origin; so does an API call made with the cookie."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.foundation.frame.conftest import SQLITE
from tests.foundation.frame.small import CLERK, ITEM

pytestmark = SQLITE
CHANGE = "/api/v1/test/mine"


def token(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/page").get_data(as_text=True))
    assert found is not None
    return found[1]


def test_a_page_s_post_needs_its_token(client: FlaskClient) -> None:
    refused = client.post("/page")
    assert refused.status_code == 403
    assert refused.json is not None
    assert refused.json["code"] == "csrf.token"
    assert client.post("/page", data={"csrf_token": token(client)}).data == b"done"
    assert client.post("/page", headers={"X-CSRF-Token": token(client)}).data == b"done"
    good = token(client)
    altered = good[:-9] + ("A" if good[-9] != "A" else "B") + good[-8:]  # the last one has bits that count for nothing
    assert client.post("/page", data={"csrf_token": altered}).status_code == 403


def test_another_browser_s_token_does_not_help(app: Flask) -> None:
    ours, theirs = app.test_client(), app.test_client()
    stolen = token(theirs)
    token(ours)
    assert ours.post("/page", data={"csrf_token": stolen}).status_code == 403


@pytest.mark.parametrize("change", ["/login", "/rotate"])
def test_a_token_ends_with_the_handle(client: FlaskClient, change: str) -> None:
    client.get("/login")
    old = token(client)
    client.get(change)
    assert client.post("/page", data={"csrf_token": old}).status_code == 403
    assert client.post("/page", data={"csrf_token": token(client)}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"}, False),
        ({"Origin": "http://127.0.0.1:8000"}, True),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": "https://127.0.0.1:8000"}, False),
        ({"Origin": "http://127.0.0.1:8000.evil.example"}, False),
        ({"Origin": "https://evil.example"}, False),
    ],
)
def test_even_a_good_token_must_come_from_our_own_page(
    client: FlaskClient, headers: dict[str, str], passes: bool
) -> None:
    answer = client.post("/page", data={"csrf_token": token(client)}, headers=headers)
    assert answer.status_code == (200 if passes else 403)
    client.get("/login")
    proved = headers | {"X-CSRF-Token": client.get("/token").get_data(as_text=True)}
    assert client.post(CHANGE, json=ITEM, headers=proved).status_code == (202 if passes else 403)


def test_the_api_with_the_cookie_needs_the_header(client: FlaskClient) -> None:
    client.get("/login")
    assert client.get(CHANGE).status_code == 200
    assert client.post(CHANGE, json=ITEM).status_code == 403
    assert client.post(CHANGE, json=ITEM | {"csrf_token": token(client)}).status_code == 403
    good = {"X-CSRF-Token": client.get("/token").get_data(as_text=True)}
    assert client.post(CHANGE, json=ITEM, headers=good).status_code == 202


def test_a_program_with_a_token_of_its_own_is_not_asked(client: FlaskClient) -> None:
    assert client.post(CHANGE, json=ITEM, headers=CLERK).status_code == 202
    client.get("/login")
    assert client.post(CHANGE, json=ITEM, headers=CLERK | {"Sec-Fetch-Site": "cross-site"}).status_code == 202


def test_an_authorization_header_alone_does_not_excuse_the_cookie(app: Flask) -> None:
    client = app.test_client()
    client.get("/login")
    assert client.post(CHANGE, json=ITEM, headers={"Authorization": ""}).status_code == 403


def test_only_views_that_say_so_are_exempt(client: FlaskClient) -> None:
    assert client.post("/protocol", headers={"Sec-Fetch-Site": "cross-site"}).data == b"done"
    assert client.put("/page").status_code == 405
    assert client.post("/nowhere").status_code == 404


def test_on_a_public_route_a_forged_cookie_call_is_nobody_s(client: FlaskClient) -> None:
    client.get("/login")
    answer = client.post("/api/v1/test/echo", json=ITEM, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200

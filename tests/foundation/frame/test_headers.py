"""Request ids, security headers, access log."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from foundation.ground import Ground
from foundation.web.headers import POLICY, allow_form_action
from tests.foundation.frame.conftest import SQLITE, LogLines
from tests.foundation.frame.small import CLERK, ROUTES, small_app

pytestmark = SQLITE
EVERYWHERE = (
    "/page", "/scan", "/framed", "/away", "/broken", "/missing", "/nowhere", "/docs", "/docs.css", "/openapi.yaml",
    "/healthz", "/readyz", "/metrics", "/api/v1/test/search", "/api/v1/test/raise/internal", "/api/v1/nowhere",
)  # fmt: skip


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_carries_the_strict_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy.keys() == POLICY.keys()
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert "'unsafe-eval'" not in headers["Content-Security-Policy"]
    assert "*" not in headers["Content-Security-Policy"]
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Cache-Control" in headers
    assert "Strict-Transport-Security" not in headers  # plain http: browsers would not take it
    assert headers["X-Request-Id"]


def test_relaxations_belong_to_the_view_that_declared_them(client: FlaskClient) -> None:
    def policy(path: str) -> str:
        return client.get(path).headers["Content-Security-Policy"]

    assert "script-src 'self' 'wasm-unsafe-eval'" in policy("/scan")
    assert "wasm-unsafe-eval" not in policy("/page")
    assert "frame-ancestors 'self'" in policy("/framed")
    assert client.get("/framed").headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'none'" in policy("/page")
    assert client.get("/page").headers["X-Frame-Options"] == "DENY"
    assert "form-action 'self' https://dept.example" in policy("/away")
    assert "dept.example" not in policy("/page")


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "https://a b", "https://a;script-src *", "//dept.example", ""]
)
def test_a_form_target_cannot_write_policy(ground: Ground, target: str) -> None:
    with small_app(ground).test_request_context("/"), pytest.raises(ValueError, match="origin"):
        allow_form_action(target)


def test_https_asks_browsers_to_stay_with_https(ground: Ground) -> None:
    web = ground.settings.web.model_copy(update={"public_url": "https://yinxin.example"})
    settings = ground.settings.model_copy(update={"web": web})
    app = small_app(Ground(settings, *(getattr(ground, name) for name in list(Ground.__dataclass_fields__)[1:])))
    assert app.test_client().get("/page").headers["Strict-Transport-Security"] == "max-age=31536000"


def test_request_ids_are_ours_unless_a_trusted_proxy_gives_one(ground: Ground) -> None:
    def asked(hops: int, given: str) -> str:
        web = ground.settings.web.model_copy(update={"proxy_hops": hops})
        settings = ground.settings.model_copy(update={"web": web})
        app = small_app(Ground(settings, *(getattr(ground, name) for name in list(Ground.__dataclass_fields__)[1:])))
        return app.test_client().get("/page", headers={"X-Request-Id": given}).headers["X-Request-Id"]

    assert asked(1, "abcdefgh-1234") == "abcdefgh-1234"
    assert asked(0, "abcdefgh-1234") != "abcdefgh-1234"
    assert asked(1, "a\tforged line") != "a\tforged line"
    assert asked(0, "") != asked(0, "")


def test_one_access_line_for_a_request_with_caller_and_without_query(client: FlaskClient, log: LogLines) -> None:
    answer = client.get("/api/v1/test/mine?code=SECRETCODE", headers=CLERK)
    (line,) = log.named("http")
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert line["status"] == answer.status_code == 422
    assert line["endpoint"] == "test_mine"
    assert line["principal"] == "client:clerk"
    assert "SECRETCODE" not in log.text
    client.get("/page")
    assert "principal" not in log.named("http")[1], "the next request must not inherit the caller"


def test_an_invented_method_cannot_make_a_metric(client: FlaskClient) -> None:
    assert client.open("/page", method="PWNED").status_code == 405
    assert b"PWNED" not in client.get("/metrics").data


def test_routes_answer_as_declared(client: FlaskClient) -> None:
    sent = client.post("/api/v1/test/raw", data=b"abc", content_type="application/x-test")
    assert sent.data == b"cba"
    assert sent.content_type == "application/x-test"
    assert sent.headers["Content-Disposition"] == "inline; filename*=UTF-8''a.bin"
    kept = client.post("/api/v1/test/mine", json={"name": "a", "amount": 1}, headers=CLERK)
    assert (kept.status_code, kept.headers["X-Kept"]) == (202, "yes")
    assert client.get("/api/v1/test/wrong").status_code == 500, "an answer that is not the declared one never leaves"
    assert len({route.operation_id for route in ROUTES}) == len(ROUTES)

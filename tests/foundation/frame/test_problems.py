"""Errors: one table, both languages, a document for programs, a page for people, nothing about our insides."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from foundation.errors import TABLE
from foundation.ground import Ground
from foundation.web.problems import KINDS, ProblemView, on_error_page
from tests.foundation.frame.conftest import SQLITE, LogLines
from tests.foundation.frame.small import CITIZEN_NUMBER, PHONE, small_app
from tests.foundation.frame.small import KINDS as RAISED

pytestmark = SQLITE
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
OURS = ("Traceback", "RuntimeError", "small.py", CITIZEN_NUMBER, PHONE)


@pytest.mark.parametrize("kind", RAISED)
def test_each_kind_becomes_its_status_and_words_in_both_languages(client: FlaskClient, kind: str) -> None:
    for tag, title, detail in (
        ("zh-CN", TABLE[kind].title.zh, "发生了这件事。"),
        ("en", TABLE[kind].title.en, "This happened."),
    ):
        answer = client.get(f"/api/v1/test/raise/{kind}", headers={"Accept-Language": tag})
        assert answer.status_code == TABLE[kind].status
        assert answer.content_type == "application/problem+json"
        assert answer.headers["Content-Language"] == tag
        body = answer.json
        assert body is not None
        assert (body["title"], body["detail"], body["status"]) == (title, detail, answer.status_code)
        assert body["type"] == f"http://127.0.0.1:8000/docs#problem-{kind}"
        assert body["instance"] == answer.headers["X-Request-Id"]
        assert body["code"].startswith("test.")


def test_every_kind_a_problem_may_name_is_explained_on_the_reference_page(client: FlaskClient) -> None:
    page = client.get("/docs").get_data(as_text=True)
    assert all(f'id="problem-{kind}"' in page for kind in KINDS)


def test_faulty_fields_are_named(client: FlaskClient) -> None:
    body = client.get("/api/v1/test/raise/invalid-input", headers={"Accept-Language": "en"}).json
    assert body is not None
    assert body["errors"] == [{"pointer": "/data/name", "in": "body", "detail": "Not right."}]


def test_those_who_should_wait_are_told_how_long(client: FlaskClient) -> None:
    assert client.get("/api/v1/test/raise/too-many").headers["Retry-After"] == "7"
    assert client.get("/api/v1/test/raise/unavailable").headers["Retry-After"] == "5"
    assert "Bearer" in client.get("/api/v1/test/raise/unauthenticated").headers["WWW-Authenticate"]


@pytest.mark.parametrize("path", ["/broken", "/api/v1/test/raise/accident"])
@pytest.mark.parametrize("headers", [{}, HTML], ids=["program", "browser"])
def test_an_accident_tells_the_caller_its_id_and_the_log_everything_else(
    client: FlaskClient, log: LogLines, path: str, headers: dict[str, str]
) -> None:
    answer = client.get(path, headers=headers)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in text
    assert "请求编号" in text
    assert not [word for word in OURS if word in text]
    (line,) = log.named("unhandled")
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert "Traceback" in line["exception"]
    assert "RuntimeError: number 2199**********0021 of 139****0001" in line["exception"]
    assert CITIZEN_NUMBER not in log.text
    assert PHONE not in log.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "//page", 404),
        ("GET", "/page/", 404),
        ("DELETE", "/page", 405),
        ("PUT", "/api/v1/test/search", 405),
        ("OPTIONS", "/api/v1/test/search", 405),
        ("POST", "/api/v1/test/items/a", 405),
    ],
)
def test_refusals_of_the_http_layer_are_problems_too(client: FlaskClient, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["status"] == status
    if status == 405:
        assert answer.headers["Allow"]


def test_browsers_get_pages_and_programs_documents(client: FlaskClient) -> None:
    page = client.get("/missing", headers=HTML | {"Accept-Language": "en"})
    assert page.status_code == 404
    assert page.mimetype == "text/html"
    assert "There is no such licence." in page.get_data(as_text=True)
    assert '<html lang="en">' in page.get_data(as_text=True)
    assert client.get("/missing").mimetype == "application/problem+json"
    assert client.get("/missing", headers={"HX-Request": "true"}).mimetype == "text/html"
    for path in ("/api/v1/nowhere", "/api/v1/test/raise/conflict"):
        assert client.get(path, headers=HTML).mimetype == "application/problem+json", "API paths never answer in HTML"


def test_the_page_repeats_nothing_of_the_request_as_markup(client: FlaskClient) -> None:
    page = client.get("/%3Cscript%3Ealert(1)%3C/script%3E?lang=en&x=<img>", headers=HTML)
    assert "<script" not in page.get_data(as_text=True)
    assert "<img" not in page.get_data(as_text=True)


def test_the_portal_may_bring_its_own_page(ground: Ground) -> None:
    app = small_app(ground)
    seen: list[ProblemView] = []

    def page(view: ProblemView) -> tuple[str, int]:
        seen.append(view)
        return "our page", view.status

    on_error_page(app, page)
    answer = app.test_client().get("/missing", headers=HTML)
    assert (answer.status_code, answer.get_data(as_text=True)) == (404, "our page")
    assert (seen[0].kind, seen[0].code, seen[0].heading) == ("not-found", "test.not_found", "没有找到")


def test_a_broken_error_page_does_not_tell_either(ground: Ground, log: LogLines) -> None:
    app = small_app(ground)

    def page(_view: ProblemView) -> tuple[str, int]:
        raise RuntimeError("template gone")

    on_error_page(app, page)
    answer = app.test_client().get("/missing", headers=HTML)
    assert answer.status_code == 404
    assert "没有这份证照。" in answer.get_data(as_text=True)
    assert "template gone" not in answer.get_data(as_text=True)
    assert "template gone" in log.named("error_page_failed")[0]["exception"]


def test_damage_and_outage_are_errors_in_the_log_and_a_caller_s_slips_are_not(
    client: FlaskClient, log: LogLines
) -> None:
    client.get("/api/v1/test/raise/not-found")
    assert not log.named("problem")
    client.get("/api/v1/test/raise/damaged")
    (line,) = log.named("problem")
    assert (line["code"], line["level"]) == ("test.damaged", "error")

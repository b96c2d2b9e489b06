"""Health, metrics, reference page, language."""

from __future__ import annotations

import re
import threading
import time

import pytest
import yaml
from flask.testing import FlaskClient

from foundation.ground import Ground
from foundation.web.health import Check
from foundation.web.openapi import write
from tests.foundation.frame.conftest import SQLITE, LogLines
from tests.foundation.frame.small import CLERK, ITEM, ROUTES, small_app

pytestmark = SQLITE


def test_the_process_is_well(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_ready_when_everything_it_stands_on_is(ground: Ground) -> None:
    client = small_app(ground, checks=(Check("keys", lambda: None),)).test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready", "checks": {"database": "ok", "keys": "ok"}})


def test_what_is_wrong_is_named_and_why_is_only_in_the_log(ground: Ground, log: LogLines) -> None:
    def broken() -> None:
        raise RuntimeError("slot 7 of the card at 10.1.2.3")

    answer = small_app(ground, checks=(Check("keys", broken),)).test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "not ready", "checks": {"database": "ok", "keys": "failed"}}
    assert "10.1.2.3" not in answer.get_data(as_text=True)
    assert "10.1.2.3" in log.named("ready.failed")[0]["exception"]


def test_a_check_that_hangs_is_late_and_is_not_started_twice(ground: Ground) -> None:
    release, started, ended = threading.Event(), [], []

    def hang() -> None:
        started.append(1)
        release.wait(60)
        ended.append(1)

    client = small_app(ground, checks=(Check("storage", hang, deadline=0.2),)).test_client()
    try:
        answer = client.get("/readyz")
        assert ended == []  # answered while the check still hangs
        assert (answer.status_code, answer.json["checks"]) == (503, {"database": "ok", "storage": "late"})  # type: ignore[index]
        time.sleep(1.1)  # longer than an answer is remembered
        assert client.get("/readyz").status_code == 503
        assert started == [1]
    finally:
        release.set()
    time.sleep(1.2)
    assert client.get("/readyz").status_code == 200


def test_probes_do_not_become_a_load(ground: Ground) -> None:
    asked = []
    client = small_app(ground, checks=(Check("keys", lambda: asked.append(1)),)).test_client()
    for _ in range(10):
        client.get("/readyz")
    assert len(asked) <= 2


def test_metrics_are_prometheus_text_for_our_own_network_only(client: FlaskClient) -> None:
    client.post("/api/v1/test/items", json=ITEM, headers=CLERK | {"Idempotency-Key": "k"})
    answer = client.get("/metrics")
    text = answer.get_data(as_text=True)
    assert answer.content_type.startswith("text/plain; version=")
    assert 'yinxin_http_request_seconds_count{endpoint="test_register",method="POST",status="201"}' in text
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "8.8.8.8"}).status_code == 404
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "10.2.3.4"}).status_code == 200


def test_the_reference_page_needs_no_script_and_no_other_host(client: FlaskClient) -> None:
    for language in ("zh", "en"):
        page = client.get(f"/docs?lang={language}").get_data(as_text=True)
        assert not re.findall(r"<script|<style| style=| on[a-z]+=", page)
        assert not re.findall(r'(?:href|src|action)="(?:https?:)?//', page)
        assert page.lstrip().startswith("<!doctype html>")
        for route in ROUTES:
            assert f'id="{route.operation_id}"' in page
            assert (route.summary.zh if language == "zh" else route.summary.en) in page
    css = client.get("/docs.css")
    assert css.mimetype == "text/css"
    assert "url(" not in css.get_data(as_text=True)


def test_every_anchor_of_the_reference_page_leads_somewhere_once(client: FlaskClient) -> None:
    page = client.get("/docs").get_data(as_text=True)
    names = re.findall(r' id="([^"]+)"', page)
    assert len(names) == len(set(names))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(names)


def test_the_document_is_served_as_it_is_written(client: FlaskClient) -> None:
    answer = client.get("/openapi.yaml")
    assert answer.mimetype == "application/yaml"
    assert answer.get_data(as_text=True) == write(ROUTES)
    assert yaml.safe_load(answer.data)["openapi"] == "3.1.0"


@pytest.mark.parametrize(
    ("accepts", "expected"),
    [
        ("", "zh-CN"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en-GB,en;q=0.9", "en"),
        ("fr,en;q=0.5,zh;q=0.4", "en"),
        ("fr", "zh-CN"),
        ("en;q=0", "zh-CN"),
        ("zh-TW", "zh-CN"),
        (";;;q=x,,", "zh-CN"),
    ],
)
def test_the_language_is_what_the_browser_prefers(client: FlaskClient, accepts: str, expected: str) -> None:
    answer = client.get("/missing", headers={"Accept-Language": accepts})
    assert answer.headers["Content-Language"] == expected


def test_a_chosen_language_lasts_and_an_invented_one_does_not(client: FlaskClient) -> None:
    assert client.get("/missing?lang=en").headers["Content-Language"] == "en"
    found = client.get_cookie("yinxin_lang")
    assert found is not None
    assert (found.value, found.http_only) == ("en", True)
    assert client.get("/missing", headers={"Accept-Language": "zh"}).headers["Content-Language"] == "en"
    assert client.get("/missing?lang=%3Cb%3E").headers["Content-Language"] == "en"
    assert client.get("/missing?lang=zh").headers["Content-Language"] == "zh-CN"


def test_octets_that_are_no_text_in_a_page_s_query_are_no_accident(client: FlaskClient) -> None:
    for query in ("lang=\xff", "\xff\xfe=1", "lang=%ff%fe"):
        assert client.get("/page", environ_overrides={"QUERY_STRING": query}).status_code == 200
        assert (
            client.get("/api/v1/test/mine", headers=CLERK, environ_overrides={"QUERY_STRING": query}).status_code == 422
        )

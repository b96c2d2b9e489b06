"""The reference page: every operation and schema of the document, readable without script, nothing from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from foundation.errors import TABLE
from foundation.web.openapi import document, write
from tests.foundation.web import sample

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Structure of a page: that every tag closes, which ids and targets there are, what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.fetched: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.headings: list[int] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        found = dict(attrs)
        self.attributes |= found.keys()
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(int(tag[1]))
        self.ids += [found["id"] or ""] if "id" in found else []
        self.targets += [found["href"] or ""] if tag == "a" else []
        self.fetched += [value or "" for name, value in attrs if name == "src" or (tag == "link" and name == "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def page(lone_client: FlaskClient) -> Page:
    response = lone_client.get("/docs")
    assert response.status_code == 200
    found = Page(response.get_data(as_text=True))
    assert not found.open
    return found


def test_it_is_plain_html_with_one_style_sheet_of_ours(page: Page, lone_client: FlaskClient) -> None:
    assert page.fetched == ["/docs.css"]
    assert not {"script", "style", "iframe", "img", "object"} & page.tags
    assert not [name for name in page.attributes if name.startswith("on") or name == "style"]
    style = lone_client.get("/docs.css")
    assert style.content_type == "text/css; charset=utf-8"
    assert not re.search(r"url\(|@import", style.get_data(as_text=True))


def test_every_link_of_the_page_arrives(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))
    assert {target[1:] for target in page.targets if target.startswith("#")} <= set(page.ids)


def test_headings_do_not_skip_a_level(page: Page) -> None:
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))


def test_every_operation_schema_and_problem_is_there(page: Page) -> None:
    found = document(sample.ROUTES)
    wanted = [one["operationId"] for methods in found["paths"].values() for one in methods.values()]
    wanted += [f"schema-{name}" for name, one in found["components"]["schemas"].items() if one.get("properties")]
    wanted += [f"problem-{kind}" for kind in TABLE]
    assert set(wanted) <= set(page.ids)


@pytest.mark.parametrize(("lang", "words"), [("zh", "接口文档"), ("en", "API reference")])
def test_it_speaks_both_languages_and_remembers_the_choice(lone_app: Flask, lang: str, words: str) -> None:
    client = lone_app.test_client()
    assert words in client.get(f"/docs?lang={lang}").get_data(as_text=True)
    assert words in client.get("/docs", headers={"Accept-Language": "en" if lang == "zh" else "zh"}).get_data(
        as_text=True
    )


def test_the_served_file_is_the_generated_one(lone_client: FlaskClient) -> None:
    response = lone_client.get("/openapi.yaml")
    assert response.get_data(as_text=True) == write(sample.ROUTES)
    assert response.content_type == "application/yaml; charset=utf-8"


def test_the_document_is_valid_and_says_what_can_really_happen() -> None:
    text = write(sample.ROUTES)
    assert "&id" not in text
    found = yaml.safe_load(text)
    validate(found)

    def statuses(path: str, method: str) -> list[str]:
        return list(found["paths"][path][method]["responses"])

    assert statuses("/api/v1/test/notes", "get") == ["200", "401", "403", "422", "429", "500", "503"]
    assert statuses("/api/v1/test/notes/{id}", "get") == ["200", "404", "422", "429", "500", "503"]
    written = ["201", "401", "403", "404", "409", "413", "415", "422", "429", "500", "503"]
    assert statuses("/api/v1/test/notes/{id}", "post") == written
    assert statuses("/oauth2/token", "post") == ["200", "400", "401"]
    assert "303" in statuses("/api/v1/test/away", "get")
    effect = found["paths"]["/api/v1/test/effects"]["post"]
    assert [one["name"] for one in effect["parameters"]] == ["Idempotency-Key"]
    assert effect["x-permission"] == ["licence:issue"]
    assert effect["security"] == [{"bearer": []}, {"session": []}]


def test_what_may_be_left_out_of_a_url_or_form_is_not_null() -> None:
    found = document(sample.ROUTES)
    since = next(one for one in found["paths"]["/api/v1/test/notes"]["get"]["parameters"] if one["name"] == "since")
    assert since == {"name": "since", "in": "query", "required": False, "schema": {"type": "string", "format": "date"}}
    multipart = found["paths"]["/api/v1/test/stamps"]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert multipart["encoding"]["places"] == {"contentType": "application/json"}
    assert multipart["schema"]["properties"]["document"]["format"] == "binary"
    assert multipart["schema"]["required"] == ["reason", "document"]

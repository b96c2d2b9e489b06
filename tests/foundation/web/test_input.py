"""Every way a request can be wrong is refused with the place named, and nothing right is refused."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

AUTH = {"Authorization": "Bearer writer"}
GOOD = {"title": "标题", "on": "2026-11-22", "lines": [{"text": "a", "count": 2}]}
NOTES = "/api/v1/test/notes"


def post(client: FlaskClient, data: bytes | str, **headers: str) -> TestResponse:
    kind = headers.pop("content_type", "application/json")
    return client.post(f"{NOTES}/abc", data=data, content_type=kind, headers={**AUTH, **headers})


def problem(response: TestResponse, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    found: dict[str, Any] = response.get_json(force=True)
    assert found["status"] == status
    return found


def test_a_good_request_is_answered_with_the_declared_model(lone_client: FlaskClient) -> None:
    response = post(lone_client, json.dumps(GOOD))
    assert response.status_code == 201
    assert response.get_json() == {
        "title": "标题",
        "on": "2026-11-22",
        "colour": "red",
        "lines": [{"text": "a", "count": 2}],
        "by": "client:writer",
    }


@pytest.mark.parametrize(
    ("change", "pointer", "english"),
    [
        ({"title": ""}, "/title", "At least 1 characters."),
        ({"title": "长" * 41}, "/title", "At most 40 characters."),
        ({"on": "22.11.2026"}, "/on", "Must be a date such as 2026-11-22."),
        ({"on": 1_700_000_000}, "/on", "Must be a date such as 2026-11-22."),
        ({"colour": "green"}, "/colour", "Must be one of: 'red' or 'blue'."),
        ({"lines": {}}, "/lines", "Must be a list."),
        ({"lines": [{"text": "a", "count": 10}]}, "/lines/0/count", "Must be 9 or less."),
        ({"lines": [{"text": "a", "count": "2"}]}, "/lines/0/count", "Must be a whole number."),
        ({"lines": [{"text": "a", "count": 1.5}]}, "/lines/0/count", "Must be a whole number."),
        ({"unknown/field": 1}, "/unknown~1field", "There is no such field; check the spelling."),
        ({"number": "123"}, "/number", "Must have an even number of characters."),
        ({"title": None}, "/title", "Must be text."),
        ({"title": "a\0b"}, "/title", "The text holds a character that is not allowed."),
    ],
)
def test_a_faulty_field_is_named_in_both_languages(
    lone_client: FlaskClient, change: dict[str, Any], pointer: str, english: str
) -> None:
    body = json.dumps(GOOD | change)
    in_english = problem(post(lone_client, body, **{"Accept-Language": "en-GB,en;q=0.9"}), 422)
    assert [(one["pointer"], one["in"], one["detail"]) for one in in_english["errors"]] == [(pointer, "body", english)]
    in_chinese = problem(post(lone_client, body), 422)
    assert in_chinese["errors"][0]["pointer"] == pointer
    assert not in_chinese["errors"][0]["detail"].isascii()
    assert in_chinese["title"] == "填写的内容有误"


def test_all_faults_of_a_body_are_told_at_once(lone_client: FlaskClient) -> None:
    found = problem(post(lone_client, b'{"lines": [{}]}'), 422)
    assert {one["pointer"] for one in found["errors"]} == {"/title", "/on", "/lines/0/text", "/lines/0/count"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "request.invalid"),
        (b"{", "request.json"),
        (b"[]", "request.json"),
        (b'"text"', "request.json"),
        (b"null", "request.json"),
        (b'{"title":"a","title":"b","on":"2026-11-22"}', "request.json"),
        (b'{"title":"a","on":"2026-11-22","lines":[{"text":"a","count":1,"count":2}]}', "request.json"),
        (b'{"title":NaN}', "request.json"),
        (b'{"title":-Infinity}', "request.json"),
        (b'{"title":"\xff"}', "request.encoding"),
        (b'{"title":"\xed\xa0\x80"}', "request.encoding"),
        (b'{"title":"\\ud800"}', "request.text"),
        (b'{"\\u0000":1}', "request.text"),
        (b'{"title":"a\x00b"}', "request.json"),
        (b'\xef\xbb\xbf{"title":"a"}', "request.json"),
        (b'{"title":' + b"9" * 5000 + b"}", "request.json"),
        (b'{"title":' + b"[" * 40 + b"]" * 40 + b"}", "request.json"),
        (b'{"title":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "request.json"),
        (b'{"title":1e999,"on":"2026-11-22"}', "request.invalid"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(lone_client: FlaskClient, data: bytes, code: str) -> None:
    assert problem(post(lone_client, data), 422)["code"] == code


def test_a_repeated_name_is_named(lone_client: FlaskClient) -> None:
    found = problem(post(lone_client, b'{"title":"a","title":"b"}'), 422)
    assert found["errors"][0]["pointer"] == "/title"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/json; charset=gbk"]
)
def test_another_content_type_is_415(lone_client: FlaskClient, kind: str) -> None:
    found = problem(post(lone_client, json.dumps(GOOD), content_type=kind), 415)
    assert found["errors"][0] | {"detail": ""} == {"pointer": "Content-Type", "in": "header", "detail": ""}


def test_a_body_beyond_its_limit_is_413_before_it_is_parsed(lone_client: FlaskClient) -> None:
    problem(post(lone_client, b"{" + b" " * (1024 * 1024)), 413)


def test_a_fault_never_repeats_the_value(lone_client: FlaskClient) -> None:
    number = "11010119900307851"
    response = post(lone_client, json.dumps(GOOD | {"number": number, "colour": number, "on": number}))
    assert number not in response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=ten", "limit"),
        ("limit=5&limit=6", "limit"),
        ("colour=green", "colour.0"),
        ("nothing=1", "nothing"),
        ("text=%00", "text"),
        ("text=%ff", ""),
        ("since=yesterday", "since"),
        ("lang=en", "lang"),
    ],
)
def test_a_faulty_parameter_is_named(lone_client: FlaskClient, query: str, name: str) -> None:
    found = problem(lone_client.get(f"{NOTES}?{query}", headers=AUTH), 422)
    assert (found["errors"][0]["in"], found["errors"][0]["pointer"]) == ("query", name)


def test_parameters_are_typed_and_lists_repeat(lone_client: FlaskClient) -> None:
    response = lone_client.get(f"{NOTES}?limit=5&colour=red&colour=blue&since=2026-01-31&text=中文", headers=AUTH)
    assert response.get_json() == {"limit": 5, "colours": ["red", "blue"], "since": "2026-01-31"}
    assert lone_client.get(NOTES, headers=AUTH).get_json() == {"limit": 20, "colours": [], "since": None}


def test_a_route_without_parameters_takes_none(lone_client: FlaskClient) -> None:
    found = problem(lone_client.get(f"{NOTES}/abc?v=1"), 422)
    assert found["errors"][0]["pointer"] == "v"


@pytest.mark.parametrize("name", ["ABC", "a%00", "%ff", "abcdefghi", "a%0a"])
def test_a_faulty_path_is_named(lone_client: FlaskClient, name: str) -> None:
    found = problem(lone_client.get(f"{NOTES}/{name}"), 422)
    assert (found["errors"][0]["in"], found["errors"][0]["pointer"]) == ("path", "id")


def stamp(client: FlaskClient, **fields: Any) -> TestResponse:
    return client.post("/api/v1/test/stamps", data=fields, content_type="multipart/form-data")


def file(data: bytes = b"%PDF", name: str = "文件.pdf") -> tuple[io.BytesIO, str]:
    return io.BytesIO(data), name


def test_multipart_carries_text_json_parts_and_files(lone_client: FlaskClient) -> None:
    response = stamp(
        lone_client,
        reason="盖章",
        page="3",
        places='[{"text":"a","count":1}]',
        document=file(name="..\\C:/合同\u202e.pdf"),
    )
    assert response.status_code == 200, response.get_data(as_text=True)
    assert response.get_json() == {
        "reason": "盖章",
        "places": [{"text": "a", "count": 1}],
        "size": 4,
        "filename": "合同.pdf",
    }


@pytest.mark.parametrize(
    ("fields", "where", "name", "status"),
    [
        ({"reason": "x"}, "file", "document", 422),
        ({"reason": "x", "document": [file(), file()]}, "file", "document", 422),
        ({"reason": "x", "document": file(), "more": file()}, "file", "more", 422),
        ({"reason": "x", "document": file(b"x" * 2001)}, "file", "document", 413),
        ({"document": file()}, "form", "reason", 422),
        ({"reason": "x", "document": file(), "why": "y"}, "form", "why", 422),
        ({"reason": ["x", "y"], "document": file()}, "form", "reason", 422),
        ({"reason": "a\0", "document": file()}, "form", "reason", 422),
        ({"reason": "x", "document": file(), "places": "[{"}, "form", "places", 422),
        ({"reason": "x", "document": file(), "places": '[{"text":"a","text":"b"}]'}, "form", "places", 422),
        ({"reason": "x", "document": file(), "places": '[{"text":"a","count":0}]'}, "form", "places.0.count", 422),
        ({"reason": "x", "document": file(), "page": "one"}, "form", "page", 422),
    ],
)
def test_faulty_multipart_is_named(
    lone_client: FlaskClient, fields: dict[str, Any], where: str, name: str, status: int
) -> None:
    fresh = {key: _reopened(value) for key, value in fields.items()}
    found = problem(stamp(lone_client, **fresh), status)
    assert (found["errors"][0]["in"], found["errors"][0]["pointer"]) == (where, name)


def test_a_part_that_is_not_utf8_is_named(lone_client: FlaskClient) -> None:
    data = b'--b\r\nContent-Disposition: form-data; name="reason"\r\n\r\n\xff\r\n--b--\r\n'
    kind = "multipart/form-data; boundary=b"
    found = problem(lone_client.post("/api/v1/test/stamps", data=data, content_type=kind), 422)
    assert (found["code"], found["errors"][0]["pointer"]) == ("request.encoding", "reason")


def _reopened(value: Any) -> Any:
    """Parametrised streams are shared between runs; werkzeug closes them."""
    if isinstance(value, list):
        return [_reopened(one) for one in value]
    return (io.BytesIO(value[0].getvalue()), value[1]) if isinstance(value, tuple) else value


def test_many_files_and_too_much_in_all(lone_client: FlaskClient) -> None:
    assert stamp(lone_client, reason="x", document=file(), extras=[file(), file()]).status_code == 200
    problem(stamp(lone_client, reason="x", document=file(), extras=[file(b"x" * 90_000)]), 413)


@pytest.mark.parametrize("data", [b"no boundary at all", b"--b\r\nContent-Dis", b""])
def test_broken_multipart_is_a_fault_not_an_accident(lone_client: FlaskClient, data: bytes) -> None:
    kind = "multipart/form-data; boundary=b"
    problem(lone_client.post("/api/v1/test/stamps", data=data, content_type=kind), 422)
    problem(lone_client.post("/api/v1/test/stamps", data=data, content_type="multipart/form-data"), 422)


def test_raw_octets_and_their_limits(lone_client: FlaskClient) -> None:
    kind = "application/ocsp-request"
    response = lone_client.post("/ask/a/b/c", data=b"abc", content_type=kind)
    assert (response.data, response.content_type, response.headers["X-Rest"]) == (
        b"cba",
        "application/ocsp-response",
        "seen",
    )
    problem(lone_client.post("/ask/a/b", data=b"x" * 101, content_type=kind), 413)
    problem(lone_client.post("/ask/a/b", data=b"x", content_type="text/plain"), 415)


def test_a_form_of_a_protocol_has_the_protocol_s_errors(lone_client: FlaskClient) -> None:
    good = lone_client.post("/oauth2/token", data={"grant_type": "x"})
    assert good.get_json() == {"access_token": "x"}
    refused = lone_client.post("/oauth2/token", data={"grant_type": "x", "grant-type": "y"})
    assert (refused.status_code, refused.content_type) == (400, "application/json")
    assert refused.get_json() == {"error": "invalid_request", "error_description": "request.invalid"}


def test_a_file_answer_is_named_in_any_script(lone_client: FlaskClient) -> None:
    response = lone_client.get(f"{NOTES}/abc")
    assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%E4%BE%BF%E7%AC%BA%201.pdf"
    assert response.data == b"%PDF-1.7"

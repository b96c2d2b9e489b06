"""The routes of the seal room, over HTTP as a department's program calls them."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator

import flask
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from foundation.principal import Kind, Permission, Principal
from foundation.web.frame import make_app
from seal.api import ROUTES
from seal.ofd.package import Package
from seal.ses import read_seal, read_signature
from tests.ca import hostile_requests
from tests.seal import papers
from tests.seal.conftest import MARKET, TRANSPORT, Region, clerk

_READER = Principal(
    Kind.CLIENT, "client:reader", frozenset({Permission.SEAL_READ}), department=MARKET, client_id="reader"
)
_MAKER = Principal(Kind.CLIENT, "client:maker", frozenset({Permission.SEAL_MAKE}), department=MARKET, client_id="maker")
_PEOPLE = {"market": clerk(MARKET), "transport": clerk(TRANSPORT), "reader": _READER, "maker": _MAKER}
SEALS, STAMPS = "/api/v1/seal/seals", "/api/v1/seal/stamps"


def _known(request: flask.Request) -> Principal | None:
    return _PEOPLE.get(request.headers.get("Authorization", "").removeprefix("Test "))


@pytest.fixture(scope="module")
def client(one_region: Region) -> Iterator[FlaskClient]:
    room = one_region.room
    app = make_app(room.ground.settings, room.ground, [room], ROUTES, authenticators=[_known])
    with app.test_client() as client:
        yield client


def who(name: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Test {name}", **headers}


def stamp(client: FlaskClient, region: Region, data: bytes, *, name: str = "market", **form: str) -> TestResponse:
    key = form.pop("key", region.key())
    fields = {"seal": str(region.seal_id), "x_mm": "150", "y_mm": "240", **form}
    return client.post(
        STAMPS,
        data={**fields, "file": (io.BytesIO(data), "document")},
        content_type="multipart/form-data",
        headers=who(name, **{"Idempotency-Key": key}),
    )


def test_a_department_lists_its_own_seals(client: FlaskClient, one_region: Region) -> None:
    listed = client.get(SEALS, headers=who("transport")).get_json()["items"]
    assert [item["code"] for item in listed] == ["21990000000002"]
    assert client.get(f"{SEALS}/{one_region.seal_id}", headers=who("market")).get_json()["code"] == "21990000000001"
    assert client.get(f"{SEALS}/{one_region.seal_id}", headers=who("transport")).status_code == 404


@pytest.mark.parametrize(
    ("ending", "media", "start"),
    [
        ("picture.svg", "image/svg+xml", b"<svg"),
        ("picture.png", "image/png", b"\x89PNG"),
        ("picture.ofd", "application/ofd", b"PK"),
        ("seal.esl", "application/octet-stream", b"\x30"),
    ],
)
def test_pictures_and_the_seal_file(
    client: FlaskClient, one_region: Region, ending: str, media: str, start: bytes
) -> None:
    url = f"{SEALS}/{one_region.seal_id}/{ending}"
    answer = client.get(url, headers=who("reader"))
    assert (answer.status_code, answer.mimetype) == (200, media)
    assert answer.data.startswith(start)
    assert client.get(url, headers=who("transport")).status_code == 404
    assert client.get(url).status_code == 401
    assert client.get(url, headers=who("maker")).status_code == 403


def test_a_pdf_is_stamped_once_for_one_key(client: FlaskClient, one_region: Region) -> None:
    key = one_region.key()
    first = stamp(client, one_region, papers.pdf(), key=key, suites="sm2,rsa", reason="签发")
    assert (first.status_code, first.mimetype) == (201, "application/pdf")
    assert first.data.startswith(papers.pdf())
    assert stamp(client, one_region, papers.pdf(), key=key, suites="sm2,rsa", reason="签发").data == first.data
    assert stamp(client, one_region, papers.pdf(2), key=key, suites="sm2,rsa", reason="签发").status_code in (409, 422)


def test_an_ofd_is_stamped(client: FlaskClient, one_region: Region) -> None:
    answer = stamp(client, one_region, papers.ofd())
    assert (answer.status_code, answer.mimetype) == (201, "application/ofd")
    assert "Doc_0/Signs/Sign_0/SignedValue.dat" in Package.read(answer.data)


@pytest.mark.parametrize(
    ("data", "form", "status", "code"),
    [
        (b"GIF89a", {}, 415, "seal.format"),
        (b"%PDF-1.7 broken", {}, 422, "pdf.damaged"),
        (b"PK\x03\x04 broken", {}, 422, "ofd.zip_damaged"),
        (papers.pdf(), {"page": "9"}, 422, "pdf.no_such_page"),
        (papers.pdf(), {"x_mm": "1"}, 422, "seal.bad_place"),
        (papers.pdf(), {"seal": "00000000-0000-7000-8000-000000000000"}, 404, "seal.unknown"),
    ],
)
def test_what_cannot_be_stamped_says_why(
    client: FlaskClient, one_region: Region, data: bytes, form: dict[str, str], status: int, code: str
) -> None:
    answer = stamp(client, one_region, data, **form)
    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("form", [{"x_mm": "nan"}, {"suites": "rsa,sm2"}, {"page": "0"}, {"extra": "1"}, {"seal": "x"}])
def test_fields_that_make_no_sense_are_named(client: FlaskClient, one_region: Region, form: dict[str, str]) -> None:
    assert stamp(client, one_region, papers.pdf(), **form).status_code == 422


def test_only_who_may_stamp_stamps_with_its_own_seal(client: FlaskClient, one_region: Region) -> None:
    assert stamp(client, one_region, papers.pdf(), name="transport").status_code == 404
    assert stamp(client, one_region, papers.pdf(), name="reader").status_code == 403
    assert stamp(client, one_region, papers.pdf(), name="nobody").status_code == 401


def test_a_seal_is_made_over_http(client: FlaskClient) -> None:
    body = {
        "department": MARKET,
        "department_name": "印川市市场监督管理局",
        "code": "21990000000051",
        "ring_text": "印川市市场监督管理局",
        "kind": "business",
        "line_text": "行政审批专用章",
    }
    assert client.post(SEALS, json=body, headers=who("market")).status_code == 403
    made = client.post(SEALS, json=body, headers=who("maker"))
    assert (made.status_code, made.get_json()["state"]) == (201, "in_use")
    assert client.post(SEALS, json=body, headers=who("maker")).get_json() == made.get_json()
    other = client.post(SEALS, json={**body, "ring_text": "印川市交通运输局"}, headers=who("maker"))
    assert (other.status_code, other.get_json()["code"]) == (409, "seal.code_taken")
    esl = client.get(f"{SEALS}/{made.get_json()['id']}/seal.esl", headers=who("reader")).data
    assert read_seal(esl).name == "印川市市场监督管理局（行政审批专用章）"


def test_a_designed_seal_for_a_token_is_made_over_http(client: FlaskClient) -> None:
    body = {
        "department": MARKET,
        "department_name": "印川市市场监督管理局",
        "code": "21990000000053",
        "picture": {"kind": "invoice", "text": "印川市市场监督管理局", "line": "发票专用章", "number": MARKET},
        "kind": "invoice",
        "ses_version": 5,
        "cert_list": "digests",
        "token": base64.b64encode(hostile_requests.GOOD.signed()).decode(),
    }
    made = client.post(SEALS, json=body, headers=who("maker"))
    assert made.status_code == 201, made.get_json()
    read = read_seal(client.get(f"{SEALS}/{made.get_json()['id']}/seal.esl", headers=who("reader")).data)
    assert (read.version, read.list_type.value, read.picture.height) == (5, "digests", 30)
    assert client.post(SEALS, json=body, headers=who("maker")).get_json() == made.get_json()
    for wrong in ({"ring_text": "印川市市场监督管理局"}, {"token": "%"}, {"picture": {"kind": "x", "text": "y"}}):
        assert client.post(SEALS, json={**body, **wrong}, headers=who("maker")).status_code == 422


def test_missing_glyphs_reach_the_clerk_by_name(client: FlaskClient) -> None:
    body = {
        "department": MARKET,
        "department_name": "印川市",
        "code": "21990000000052",
        "ring_text": "印川市\U000e0041局",
    }
    answer = client.post(SEALS, json=body, headers=who("maker"))
    assert answer.get_json()["code"] == "seal.missing_glyph"
    assert "U+E0041" in answer.get_json()["detail"]


def test_places_cross_the_wire(client: FlaskClient, one_region: Region) -> None:
    """Keyword, riding and pages in one order, for both formats; the old form with x_mm and y_mm is unchanged."""
    wanted = (
        '[{"by":"keyword","text":"line 20:","dx_mm":30},{"by":"riding"},{"by":"pages","x_mm":60,"y_mm":60,"last":1}]'
    )
    answer = placed(client, one_region, papers.pdf(2), wanted, key="places-1")
    assert (answer.status_code, answer.mimetype) == (201, "application/pdf")
    assert placed(client, one_region, papers.pdf(2), wanted, key="places-1").data == answer.data
    assert (
        placed(
            client, one_region, papers.ofd("盖章处"), '[{"by":"keyword","text":"盖章","dx_mm":50,"dy_mm":50}]'
        ).status_code
        == 201
    )


@pytest.mark.parametrize(
    ("places", "pointer"),
    [
        ('[{"by":"keyword","text":"没有"}]', "/places/0/text"),
        ('[{"by":"keyword","text":" "}]', "places"),
        ('[{"by":"riding","group":1}]', "places"),
        ('[{"by":"elsewhere"}]', "places"),
        ('[{"by":"point","x_mm":NaN,"y_mm":1}]', "places"),
        ("[]", ""),
        ("{", "places"),
        ("[" * 5000, "places"),
    ],
)
def test_bad_places_are_a_clear_refusal(client: FlaskClient, one_region: Region, places: str, pointer: str) -> None:
    answer = placed(client, one_region, papers.pdf(2), places)
    assert answer.status_code == 422
    told = answer.get_json()
    assert any(str(one.get("pointer", one.get("name", ""))).startswith(pointer) for one in told["errors"]), told


def test_a_point_and_places_at_once_are_refused(client: FlaskClient, one_region: Region) -> None:
    assert stamp(client, one_region, papers.pdf(), places='[{"by":"riding"}]').status_code == 422
    assert placed(client, one_region, papers.pdf(), None).status_code == 422


def placed(
    client: FlaskClient, region: Region, data: bytes, places: str | None, *, key: str | None = None
) -> TestResponse:
    fields = {"seal": str(region.seal_id), **({"places": places} if places is not None else {})}
    return client.post(
        STAMPS,
        data={**fields, "file": (io.BytesIO(data), "document")},
        content_type="multipart/form-data",
        headers=who("market", **{"Idempotency-Key": key or region.key()}),
    )


def test_an_ofd_takes_its_own_options(client: FlaskClient, one_region: Region) -> None:
    data = {"seal": str(one_region.seal_id), "ofd_form": "sign", "file": (io.BytesIO(papers.ofd()), "d.ofd")}
    headers = who("market", **{"Idempotency-Key": one_region.key()})
    plain = client.post(STAMPS, data=data, content_type="multipart/form-data", headers=headers)
    assert plain.status_code == 201
    assert "Doc_0/Signs/Sign_0/Seal.esl" not in Package.read(plain.data)
    newer = stamp(client, one_region, papers.ofd(), ofd_version="5", ofd_document="1", ofd_time_stamp="false")
    value = Package.read(newer.data).file("Doc_0/Signs/Sign_0/SignedValue.dat")
    assert (read_signature(value).version, read_signature(value).time_stamp) == (5, None)
    assert stamp(client, one_region, papers.pdf(), ofd_version="5").status_code == 422
    assert stamp(client, one_region, papers.ofd(), ofd_document="2").get_json()["code"] == "ofd.no_such_document"


def test_a_pdf_takes_its_own_options(client: FlaskClient, one_region: Region) -> None:
    plain = stamp(client, one_region, papers.pdf(), form="gm-seal", level="b-b", dated="2026-11-23", date_where="under")
    assert plain.status_code == 201
    assert b"/GM.sm2seal" in plain.data
    certified = stamp(client, one_region, papers.pdf(), suites="sm2,p256", certify="2")
    assert certified.status_code == 201
    assert b"/P 2" in certified.data
    also = json.dumps(
        [{"seal": str(one_region.seal_id), "places": [{"by": "point", "page": 1, "x_mm": 60, "y_mm": 60}]}]
    )
    both = stamp(client, one_region, papers.pdf(), also=also)
    assert both.status_code == 201
    assert both.data.count(b"/ETSI.CAdES.detached") == 2
    for wrong in ({"level": "b-x"}, {"certify": "4"}, {"also": "[]x"}, {"dated": "yesterday"}):
        assert stamp(client, one_region, papers.pdf(), **wrong).status_code == 422, wrong
    assert (
        stamp(client, one_region, papers.pdf(), lock='["no"]', closing="false").get_json()["code"]
        == "seal.lock_unknown"
    )
    assert stamp(client, one_region, papers.ofd(), level="b-b").get_json()["code"] == "seal.pdf_only"


def test_an_ofd_takes_a_date_too(client: FlaskClient, one_region: Region) -> None:
    dated = stamp(client, one_region, papers.ofd(), dated="2026-11-23", date_where="under")
    assert dated.status_code == 201
    assert "2026年11月23日".encode() in Package.read(dated.data).file("Doc_0/Annots/Page_0/Annotation.xml")


def test_an_ofd_takes_several_seals_in_one_order(client: FlaskClient, one_region: Region) -> None:
    also = f'[{{"seal":"{one_region.seal_id}","places":[{{"by":"point","x_mm":60,"y_mm":60}}]}}]'
    package = Package.read(stamp(client, one_region, papers.ofd(), also=also).data)
    assert "Doc_0/Signs/Sign_1/SignedValue.dat" in package

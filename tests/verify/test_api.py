"""The public routes: reports for whatever is uploaded, code trust for browsers, status without a name."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO

import pytest
from flask.testing import FlaskClient

from foundation.ground import Ground
from foundation.web.frame import make_app
from tests.verify import pki, sealing
from tests.verify import test_seals as seals
from tests.verify.conftest import Sealed
from tests.verify.make_code_vectors import VALUES
from tests.verify.pki import NOW, Region
from tests.verify.test_codes_judged import TEMPLATE, Register, region, store, text_of
from verify import base41, codes
from verify.api import ROUTES
from verify.code_templates import CodeTemplate
from verify.codes import CodeKey, CodeTrust
from verify.room import VerifyRoom
from verify.status import LicenceState

__all__ = ["region"]


@pytest.fixture
def register() -> Register:
    return Register()


@pytest.fixture
def client(ground: Ground, region: Region, register: Register) -> FlaskClient:
    room = VerifyRoom(ground, lambda: store(region), register)
    settings = ground.settings.model_copy(update={"web": ground.settings.web.model_copy(update={"rate_limits": False})})
    return make_app(settings, replace(ground, settings=settings), [room], ROUTES).test_client()


def upload(client: FlaskClient, data: bytes, name: str = "paper.pdf") -> dict:
    answer = client.post("/api/v1/verify/files", data={"file": (BytesIO(data), name)})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def test_files(client: FlaskClient, region: Region) -> None:
    sealed = sealing.pdf(region.seal, chain=(region.issuing,), tsa=region.tsa)
    report = upload(client, sealed, "执照.pdf")
    assert (report["verdict"], report["intact"], report["kind"]) == ("genuine", True, "pdf")
    assert report["name"].endswith(".pdf")
    assert report["signatures"][0]["certificate_path"][0]["status"] == "good"
    assert upload(client, sealed[:-200])["verdict"] == "not_genuine"
    assert upload(client, b"hello")["verdict"] == "cannot_tell"
    assert upload(client, region.seal.certificate, "seal.cer")["kind"] == "certificate"


def test_a_revocation_counts_at_the_next_question(client: FlaskClient, region: Region) -> None:
    sealed = sealing.pdf(region.seal, chain=(region.issuing,), tsa=region.tsa)
    assert upload(client, sealed)["verdict"] == "genuine"
    region.issuing.revoke(region.seal)
    report = upload(client, sealed)
    assert report["verdict"] == "not_genuine"
    assert "certificate.revoked" in [finding["code"] for finding in report["findings"]]


def test_codes_and_status(client: FlaskClient, region: Region, register: Register) -> None:
    text = text_of(region)
    good = client.post("/api/v1/verify/codes", json={"text": text}).get_json()
    assert (good["verdict"], good["licence"]["state"]) == ("genuine", "valid")
    register.state = LicenceState.REVOKED
    bad = client.post("/api/v1/verify/codes", json={"text": text}).get_json()
    assert bad["verdict"] == "not_genuine"
    answer = client.post("/api/v1/verify/status", json={"template": "food-operation", "status_index": 42})
    assert answer.get_json()["state"] == "revoked"
    assert "identifier" not in answer.get_json()
    assert client.post("/api/v1/verify/status", json={"identifier": "1.2.3"}).status_code == 200
    register.state = None
    assert client.post("/api/v1/verify/status", json={"identifier": "1.2.3"}).status_code == 404
    register.away = True
    assert client.post("/api/v1/verify/status", json={"identifier": "1.2.3"}).status_code == 503


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"identifier": "1", "template": "a", "status_index": 1},
        {"template": "a"},
        {"status_index": 1},
        {"identifier": ""},
    ],
)
def test_a_status_question_must_be_one_question(client: FlaskClient, body: dict) -> None:
    assert client.post("/api/v1/verify/status", json=body).status_code == 422


def test_requests_that_are_not_right(client: FlaskClient) -> None:
    assert client.post("/api/v1/verify/files", data={"x": "y"}, content_type="multipart/form-data").status_code == 422
    assert client.post("/api/v1/verify/files", json={}).status_code == 415
    assert client.post("/api/v1/verify/codes", json={"text": "x" * 9000}).status_code == 422
    assert client.post("/api/v1/verify/codes", data="x").status_code == 415


def test_too_large_a_file_is_refused_before_it_is_read(ground: Ground, region: Region) -> None:
    web = ground.settings.web.model_copy(update={"max_upload_bytes": 4096, "rate_limits": False})
    settings = ground.settings.model_copy(update={"web": web})
    room = VerifyRoom(replace(ground, settings=settings), lambda: store(region))
    small = make_app(settings, replace(ground, settings=settings), [room], ROUTES).test_client()
    answer = small.post("/api/v1/verify/files", data={"file": (BytesIO(bytes(100_000)), "big.pdf")})
    assert answer.status_code == 413
    assert answer.mimetype == "application/problem+json"


def test_a_browser_can_check_codes_with_what_code_trust_gives(client: FlaskClient, region: Region) -> None:
    trust = client.get("/api/v1/verify/code-trust").get_json()
    assert (trust["cose_algorithm"], trust["alphabet"]) == (codes.ALGORITHM, base41.ALPHABET)
    [key] = trust["keys"]
    assert key["kid"] == codes.kid_of(region.code.certificate).hex()
    assert bytes.fromhex(key["point"]) == region.code.key.spki[-65:]
    rebuilt = CodeTrust(
        (CodeKey(region.code.certificate, region.code.key.spki, key["subject"], NOW, NOW.replace(year=2036)),),
        tuple(CodeTemplate.from_json(item) for item in trust["templates"]),
    )
    rebuilt = replace(rebuilt, keys=(replace(rebuilt.keys[0], not_before=NOW.replace(year=2020)),))
    assert dict(codes.check(codes.read(text_of(region)), rebuilt).values) == VALUES
    assert trust["templates"] == [TEMPLATE.to_json()]


def test_the_licence_in_a_file_is_asked_about(sealed: Sealed) -> None:
    register = Register(LicenceState.REVOKED)
    report = sealed.judge(sealed.sm2, status=register)
    assert register.asked[0].startswith("1.2.156.3005.2.")
    assert (report.verdict.value, report.intact, report.has("licence.revoked")) == ("not_genuine", True, True)
    assert report.licence is not None
    assert (report.licence.type, report.licence.number, report.licence.holder) == ("食品经营许可证", "JY1", "老街面馆")
    assert sealed.judge(sealed.sm2, status=Register()).verdict.value == "genuine"
    assert sealed.judge(sealed.sm2, status=Register(), offline=True).has("licence.status_not_checked")
    json.dumps(report.to_json())


def test_strangers_of_every_kind_get_a_report(client: FlaskClient) -> None:
    other = pki.region("api strangers")
    report = upload(client, sealing.pdf(other.seal, chain=(other.issuing,), tsa=other.tsa))
    assert (report["verdict"], report["intact"]) == ("cannot_tell", True)
    assert report["signatures"][0]["sub_indication"] == "NO_CERTIFICATE_CHAIN_FOUND"


def test_a_file_beside_its_signature_and_strictness(client: FlaskClient, region: Region) -> None:
    seal_data = seals.seal(region.maker, region.seal)
    signed = seals.signature(region.seal, seal_data, raw=True)

    def ask(**more: object) -> dict:
        form = {"file": (BytesIO(signed), "SignedValue.dat"), **more}
        return client.post("/api/v1/verify/files", data=form).get_json()

    assert ask()["verdict"] == "cannot_tell"
    beside = ask(content=(BytesIO(seals.PAGE), "Signature.xml"))
    assert (beside["verdict"], beside["kind"]) == ("genuine", "seal")
    strict = ask(content=(BytesIO(seals.PAGE), "Signature.xml"), strict="true")
    assert strict["verdict"] == "not_genuine"
    assert "deviation.raw_signature" in {item["code"] for item in strict["findings"] if item["severity"] == "error"}

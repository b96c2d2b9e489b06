"""Certificates on pages: a citizen applies, an officer agrees, the file is collected, held and revoked."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from ca.models import CaCertificate, CaRevocation
from foundation.numbers import make_uscc
from tests.portal.house import PageHouse

PASSWORD = "correct horse battery staple"
COMPANY = make_uscc("91", "219900", "MA10077X")


class Visitor:
    """One person at one browser."""

    def __init__(self, house: PageHouse, who: str) -> None:
        self.client: FlaskClient = house.app.test_client()
        self.client.set_cookie("test-caller", who)

    def get(self, path: str) -> str:
        answer = self.client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200, answer.get_data(as_text=True)[-1500:]
        return answer.get_data(as_text=True)

    def post(self, page: str, path: str, **data: object) -> TestResponse:
        """Post a form that stands on `page`, with the page's own token."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page))
        assert token is not None
        digest = re.search(r'name="digest" value="([^"]+)"', self.get(page))
        known = {"csrf_token": unescape(token[1])} | ({"digest": digest[1]} if digest else {})
        return self.client.post(path, data=known | data, headers={"Accept": "text/html"})


@pytest.fixture(scope="module")
def application(pages: PageHouse) -> str:
    """Filed and submitted by the citizen; its address."""
    citizen = Visitor(pages, "citizen")
    form = "/my/certificates/apply/person"
    made = citizen.post(form, form, suite="rsa", delivery="pkcs12", phone="", note="网上办事")
    assert made.status_code == 303, made.get_data(as_text=True)[-1500:]
    return str(made.headers["Location"])


def test_a_citizen_gets_a_file_and_ends_it(pages: PageHouse, application: str) -> None:
    citizen, officer = Visitor(pages, "citizen"), Visitor(pages, "officer")
    identifier = application.rsplit("/", 1)[1]
    assert "已提交" in citizen.get(application)
    assert identifier in officer.get("/authority/approvals")
    page = f"/authority/approvals/{identifier}"
    assert "林知夏" in officer.get(page)  # in clear, for who decides
    assert officer.post(page, page, step="return").status_code == 422  # a reason is missing
    assert officer.post(page, page, step="review").status_code == 303
    shown = citizen.post(application, f"{application}/code").get_data(as_text=True)
    code = re.search(r'code-shown mono">([^<]+)<', shown)
    assert code is not None
    wrong = citizen.post(application, f"{application}/collection", code=code[1], password="a", password_again="b")
    assert wrong.status_code == 422
    file = citizen.post(
        application, f"{application}/collection", code=code[1], password=PASSWORD, password_again=PASSWORD
    )
    assert file.status_code == 200, file.get_data(as_text=True)[-1500:]
    key, certificate, above = pkcs12.load_key_and_certificates(file.get_data(), PASSWORD.encode())
    assert key is not None
    assert certificate is not None
    assert len(above) == 2
    _end(pages, citizen, f"{certificate.serial_number:x}")


def _end(pages: PageHouse, citizen: Visitor, serial: str) -> None:
    """Hold, then revoke for good; somebody else sees neither."""
    with pages.house.ground.db.read() as session:
        found = session.scalars(select(CaCertificate).where(CaCertificate.serial == serial)).one()
    assert str(found.id) in citizen.get("/my/certificates")
    stranger = Visitor(pages, "stranger")
    assert str(found.id) not in stranger.get("/my/certificates")
    hold = f"/my/certificates/{found.id}/hold"
    assert stranger.client.get(hold, headers={"Accept": "text/html"}).status_code == 404
    assert citizen.post(hold, hold).status_code == 422  # not confirmed
    assert citizen.post(hold, hold, confirm="yes").status_code == 303
    assert "已冻结" in citizen.get("/my/certificates")
    revoke = f"/my/certificates/{found.id}/revoke"
    assert citizen.post(revoke, revoke, confirm="yes", reason="1").status_code == 303
    with pages.house.ground.db.read() as session:
        gone = session.scalars(select(CaRevocation).where(CaRevocation.certificate_id == found.id)).one()
    assert gone.reason == 1


def test_a_company_needs_its_paper_and_two_people(pages: PageHouse) -> None:
    citizen = Visitor(pages, "citizen")
    form = "/my/certificates/apply/company"
    bad = citizen.post(form, form, organization="印川市听雨茶业有限公司", code="123", phone="13900000001")
    assert bad.status_code == 422
    assert "f-code" in bad.get_data(as_text=True)
    said = {"organization": "印川市听雨茶业有限公司", "code": COMPANY, "phone": "13900000001", "delivery": "pkcs12"}
    made = citizen.post(form, form, **said)
    place = str(made.headers["Location"])
    assert "草稿" in citizen.get(place)
    paper = (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "licence.pdf")
    sent = citizen.post(place, f"{place}/evidence", kind="business-licence", file=(BytesIO(paper[0]), paper[1]))
    assert sent.status_code == 303
    assert citizen.post(place, f"{place}/steps", step="submit").status_code == 303
    page = f"/authority/approvals/{place.rsplit('/', 1)[1]}"
    officer, approver = Visitor(pages, "officer"), Visitor(pages, "approver")
    assert "第二人" in officer.get("/authority/approvals")
    assert officer.post(page, page, step="review").status_code == 303
    again = officer.post(page, page, step="approve")
    assert again.status_code == 422  # the same person is not a second one
    assert approver.post(page, page, step="approve").status_code == 303
    assert "已批准" in citizen.get(place)


@pytest.mark.parametrize("who", ["citizen", "clerk", "window", "nobody"])
def test_queues_are_for_those_who_decide(pages: PageHouse, application: str, who: str) -> None:
    client = Visitor(pages, who).client
    for path in ("/authority/approvals", f"/authority/approvals/{application.rsplit('/', 1)[1]}"):
        assert client.get(path, headers={"Accept": "text/html"}).status_code in (303, 403)


def test_somebody_elses_application_is_not_there(pages: PageHouse, application: str) -> None:
    client = Visitor(pages, "stranger").client
    assert client.get(application, headers={"Accept": "text/html"}).status_code == 404


@pytest.mark.parametrize("path", ["", "/certificates", "/expiry", "/expiry?month=2027-11", "/health"])
def test_pages_of_the_ca_answer_and_are_kept_from_others(pages: PageHouse, path: str) -> None:
    assert "<h1>" in Visitor(pages, "admin").get(f"/authority{path}")
    refused = Visitor(pages, "citizen").client.get(f"/authority{path}", headers={"Accept": "text/html"})
    assert refused.status_code == 403


def test_one_box_finds_by_anything(pages: PageHouse) -> None:
    admin = Visitor(pages, "admin")
    with pages.house.ground.db.read() as session:
        one = session.scalars(select(CaCertificate).where(CaCertificate.profile == "department-seal")).first()
    assert one is not None
    pem = admin.client.get(f"/authority/certificates/{one.id}.pem").get_data(as_text=True)
    spaced = ":".join((one.fingerprint or "")[at : at + 2] for at in range(0, 64, 2)).upper()
    page = "/authority/certificates"
    for text in (one.subject, one.serial, f"0x{one.serial}", spaced, one.key_hash, str(one.owner), pem):
        found = admin.post(page, page, text=text).get_data(as_text=True)
        assert str(one.id) in found, text[:40]
    assert "没有符合条件的证书" in admin.post(page, page, text="从未有过的名称").get_data(as_text=True)


def test_downloads_are_what_they_say(pages: PageHouse) -> None:
    admin = Visitor(pages, "admin")
    with pages.house.ground.db.read() as session:
        rows = session.scalars(select(CaCertificate).where(CaCertificate.profile == "department-seal")).all()
    one = next(row for row in rows if row.authority == "rsa-issuing")
    base = f"/authority/certificates/{one.id}"
    chain = x509.load_pem_x509_certificates(admin.client.get(f"{base}.pem").get_data())
    assert chain[0] == x509.load_der_x509_certificate(admin.client.get(f"{base}.cer").get_data())
    assert set(pkcs7.load_der_pkcs7_certificates(admin.client.get(f"{base}.p7b").get_data())) == set(chain)
    assert admin.client.get(f"{base}.exe", headers={"Accept": "text/html"}).status_code == 404

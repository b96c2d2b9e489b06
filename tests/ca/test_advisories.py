"""The holes of Lemur's advisories, tried on this house (facts: pki 1.1): each must stay shut, whoever knocks.

GHSA-g7p5-89mh-248h, -4h97-p9wq-chqj, -cfh6-pv5c-38jv, -6c8m-q6g9-vrw3, -v5rc-cpwc-cfpr, -xpmj-wjcp-6pww.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from ca.acme.fetch import Fetcher
from ca.acme.problems import AcmeError
from ca.credentials import store
from ca.credentials.enrol import Ordered, issue_for
from ca.credentials.models import CaCredential
from ca.credentials.store import Protocol
from ca.models import CaRevocation
from ca.profiles import PROFILES
from ca.registration.models import CaRegistration
from foundation.errors import InvalidInput
from server import sample
from tests.ca.office import CERTIFICATES, CREDENTIALS, PAIRS, PASSWORD, REGISTRATIONS, Office, order
from tests.ca.registration.desk import base64_text, csr

RESERVED = sorted(profile.name for profile in PROFILES.values() if not profile.requestable)
EVERYBODY = ("", "citizen", "nobody", "officer", "km", "keeper", "program", "issuer")
MAY_ISSUE = ("program", "issuer")


# --- a CA, or any profile of the platform's own, for whoever is logged in ------------------------------------------


def credential(profile: str, protocol: str = "acme") -> dict[str, Any]:
    said = {"title": "x", "department": sample.MARKET.uscc, "organization": sample.MARKET.name, "profile": profile}
    return {"protocol": protocol, "names": ["*.oa.yinchuan.gov.cn"], **said}


DOORS: dict[str, Callable[[str], tuple[str, dict[str, Any]]]] = {
    "single": lambda profile: (CERTIFICATES, order(profile)),
    "pair": lambda profile: (PAIRS, order(profile)),
    "acme": lambda profile: (CREDENTIALS, credential(profile, "acme")),
    "est": lambda profile: (CREDENTIALS, credential(profile, "est")),
    "cmp": lambda profile: (CREDENTIALS, credential(profile, "cmp")),
}


def test_there_are_profiles_to_guard() -> None:
    assert {"root", "issuing", "sub-issuing", "ocsp", "tsa", "cmp", "kmc", "citizen-encryption"} <= set(RESERVED)


@pytest.mark.parametrize("profile", RESERVED)
@pytest.mark.parametrize("door", DOORS)
def test_no_door_gives_a_reserved_profile(office: Office, door: str, profile: str) -> None:
    address, data = DOORS[door](profile)
    before = office.certificates()
    for who in EVERYBODY:
        said = office.refused(who, "POST", address, data)
        wanted = "422 ca.profile_reserved" if who in MAY_ISSUE else "40"
        assert said.startswith(wanted) or (door == "pair" and said.startswith("422 kmc.")), (who, said)
    assert office.certificates() == before


@pytest.mark.parametrize("profile", RESERVED)
def test_nor_does_a_batch_or_an_application(office: Office, profile: str) -> None:
    before = office.certificates()
    lines = {"lines": [{"reference": "one", **order(profile)}]}
    told = office.post("program", f"{CERTIFICATES}/batch", lines)
    assert told["lines"][0]["fault"]["code"] == "ca.profile_reserved"
    for who, channel in (
        ("citizen", "self"),
        ("citizen", "company"),
        ("program", "department"),
        ("officer", "counter"),
    ):
        data = {"profile": profile, "channel": channel, "csr": base64_text(csr()), "submit": True}
        assert office.refused(who, "POST", REGISTRATIONS, data) == "422 ca.profile_reserved"
    for who in ("program", "officer"):
        form = {"profile": profile, "channel": "department", "file": (io.BytesIO("姓名或名称\r\nx".encode()), "x.csv")}
        reply = office.pages.app.test_client().post(
            "/api/v1/ca/registration-batches", data=form, headers={"X-Test-Caller": who}
        )
        assert (reply.status_code, (reply.json or {})["code"]) == (422, "ca.profile_reserved")
    assert office.certificates() == before


@pytest.mark.parametrize("profile", ["ocsp", "tsa", "sub-issuing"])
def test_a_credential_altered_in_the_database_gives_none_either(office: Office, profile: str) -> None:
    made = office.post("program", CREDENTIALS, credential("tls-server"), 201)
    room = office.pages.house.ca
    with room.ground.db.begin() as session:
        session.execute(update(CaCredential).where(CaCredential.reference == made["reference"]).values(profile=profile))
    found = store.find(room, Protocol.ACME, made["reference"])
    with pytest.raises(InvalidInput, match=r"platform"):
        issue_for(room, found, Ordered("a.oa.yinchuan.gov.cn", ("a.oa.yinchuan.gov.cn",)), csr(), str(uuid4()))


def test_a_program_issues_and_hands_out_for_its_own_department_only(office: Office) -> None:
    assert office.refused("neighbour", "POST", CERTIFICATES, order("device")) == "403 ca.other_department"
    assert office.refused("neighbour", "POST", PAIRS, order("legal-person")) == "403 ca.other_department"
    assert office.refused("neighbour", "POST", CREDENTIALS, credential("device")) == "403 ca.other_department"
    told = office.post("neighbour", f"{CERTIFICATES}/batch", {"lines": [{"reference": "one", **order("device")}]})
    assert told["lines"][0]["fault"]["code"] == "ca.other_department"


# --- a key, or what was said in an application, without owning it --------------------------------------------------


def test_a_file_with_a_key_opens_to_its_code_alone_and_once(office: Office) -> None:
    application = office.approved(csr=None, delivery="pkcs12")
    place = f"{REGISTRATIONS}/{application}"
    for who in ("stranger", "clerk", "program", "neighbour", "nobody", "issuer", "km", "keeper"):
        assert office.refused(who, "POST", f"{place}/code").startswith(("403", "404")), who
    for who in ("officer", "approver"):  # who decides sees the application, and yet makes no code
        assert office.refused(who, "POST", f"{place}/code").startswith("403"), who
    guess = {"code": "0000-0000-0000-0000-0000", "password": PASSWORD}
    for who in EVERYBODY:
        assert office.refused(who, "POST", f"{place}/collection", guess).startswith("403"), who
    code = office.post("citizen", f"{place}/code")["code"]
    other = office.approved(csr=None, delivery="pkcs12")
    wrong = {"code": code, "password": PASSWORD}
    assert office.refused("citizen", "POST", f"{REGISTRATIONS}/{other}/collection", wrong).startswith("403")
    assert office.post("", f"{place}/collection", wrong)["pkcs12"]
    assert office.refused("citizen", "POST", f"{place}/collection", wrong).startswith("403")  # a key leaves once
    handed = office.ask("citizen", "GET", f"{place}/certificate").json or {}
    assert handed["pkcs12"] is None


def test_details_and_evidence_are_for_the_asker_and_who_decides(office: Office) -> None:
    application = office.applied()
    place = f"{REGISTRATIONS}/{application}"
    strangers = ("stranger", "clerk", "program", "neighbour", "nobody", "issuer", "km", "keeper")
    for who in strangers:
        for tail in ("", "/details", "/evidence", f"/evidence/{uuid4()}", "/certificate"):
            assert office.refused(who, "GET", place + tail).startswith("404"), (who, tail)
        for step in ("submit", "withdraw", "review", "approve", "reject", "return"):
            said = office.refused(who, "POST", f"{place}/steps", {"step": step, "digest": "0" * 64, "reason": "x"})
            assert said.startswith("404"), (who, step)
        listed = office.ask(who, "GET", f"{REGISTRATIONS}?limit=100").json or {}
        assert application not in {one["id"] for one in listed["items"]}
    assert office.ask("admin", "GET", place).status_code == 200  # an auditor sees that it is there, not what it says
    assert office.refused("admin", "GET", f"{place}/details").startswith(("403", "404"))
    assert office.ask("citizen", "GET", f"{place}/details").status_code == 200


def test_an_envelope_and_a_recovery_are_somebody_s(office: Office) -> None:
    made = office.company()
    for who in ("neighbour",):
        for tail in ("", "/envelope"):
            assert office.refused(who, "GET", f"{PAIRS}/{made['id']}{tail}").startswith("404")
    for who in ("citizen", "nobody", "officer", "km", "keeper"):
        assert office.refused(who, "GET", f"{PAIRS}/{made['id']}/envelope").startswith("403")
    asked = office.post("km", "/api/v1/ca/kmc/recoveries/user", {"certificate_id": made["signing_id"]}, 201)
    place = f"/api/v1/ca/kmc/recoveries/{asked['id']}"
    for who in ("citizen", "nobody", "officer", "issuer", "keeper", "program"):
        assert office.refused(who, "POST", f"{place}/collection", {}).startswith("403")
        assert office.refused(who, "GET", place).startswith("403")
        assert office.refused(who, "GET", f"{place}/transcript").startswith("403")
    for verb, data in (("collection", {}), ("withdrawal", None), ("proof", {"signature": "AA=="})):
        assert office.refused("km-operator", "POST", f"{place}/{verb}", data).startswith("403"), verb


def test_a_natural_person_s_certificate_leaves_by_no_list(office: Office) -> None:
    held = office.held()
    shown = office.ask("issuer", "GET", f"{CERTIFICATES}/{held}").json or {}
    assert (shown["personal"], shown["certificate"]) == (True, None)
    assert office.refused("program", "GET", f"{CERTIFICATES}/{held}").startswith("404")
    assert office.refused("nobody", "GET", f"{CERTIFICATES}/{held}").startswith("403")


# --- naming somebody else's certificate (Lemur's "replaces" silenced the notices of whoever owned it) --------------


@pytest.mark.parametrize("kind", ["renew", "rekey", "change", "hold", "release", "revoke"])
def test_a_request_about_somebody_else_s_certificate(office: Office, kind: str) -> None:
    held = office.held()
    data = {"kind": kind, "certificate_id": held, "submit": True, "csr": base64_text(csr())}
    for who in ("stranger", "clerk", "nobody", "program", "neighbour", "issuer", "km", "keeper"):
        assert office.refused(who, "POST", REGISTRATIONS, data).startswith("404"), who
    with office.pages.house.ground.db.read() as session:
        named = session.scalars(select(CaRegistration.id).where(CaRegistration.certificate_id == UUID(held))).all()
        gone = session.scalars(select(CaRevocation.serial).where(CaRevocation.certificate_id == UUID(held))).all()
    assert (named, gone) == ([], [])  # so his expiry notices still go out: they stop for these rows alone


def test_a_new_application_cannot_say_what_it_replaces(office: Office) -> None:
    data = {"certificate_id": office.held(), "csr": base64_text(csr()), "submit": True}
    assert office.refused("stranger", "POST", REGISTRATIONS, data).startswith("422")


def test_revoking_by_id_reaches_one_s_own(office: Office) -> None:
    held, pair = office.held(), office.company()
    said = {"reason": "superseded"}
    for certificate in (held, pair["signing_id"], pair["encryption_id"]):
        assert office.refused("neighbour", "POST", f"{CERTIFICATES}/{certificate}/revocation", said).startswith("404")
    assert office.refused("program", "POST", f"{CERTIFICATES}/{held}/revocation", said).startswith("404")
    assert office.refused("neighbour", "POST", f"{PAIRS}/{pair['id']}/revocation", said).startswith("404")
    for who in ("citizen", "nobody", "officer", "km", "keeper"):
        assert office.refused(who, "POST", f"{CERTIFICATES}/{held}/revocation", said).startswith("403")


# --- requests from our side to addresses a caller names ------------------------------------------------------------

NAMED = {
    "metadata": "169.254.169.254", "loopback": "127.0.0.1", "private": "10.1.2.3", "v6-loopback": "::1",
    "mapped": "::ffff:127.0.0.1", "unspecified": "0.0.0.0", "other": "192.0.2.7",  # noqa: S104 - tried, not bound
}  # fmt: skip


@pytest.mark.parametrize("networks", [(), ("198.51.100.0/24",)], ids=["none", "one"])
@pytest.mark.parametrize("name", NAMED)
def test_acme_fetches_from_listed_networks_only(
    name: str, networks: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[object] = []
    monkeypatch.setattr("socket.create_connection", lambda *where, **_: reached.append(where))
    with pytest.raises(AcmeError) as caught:
        Fetcher.of(networks, 80, {"victim.test": NAMED[name]}, 1.0).key_authorization("victim.test", "t")
    assert "unauthorized" in str(caught.value.kind)
    assert reached == []

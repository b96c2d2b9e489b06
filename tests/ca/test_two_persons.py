"""Nobody is his own second person (自我审批), in any of the house's flows for two; secrets leave by one-time answers.

Facts: pki 1.1 (hashicorp/vault#19214); registration, revocation in bulk, keys, recoveries and ceremonies.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import yaml

from ca import revoke_many
from ca.errors import MassRevocationUnknown
from ca.mass_selection import Selection, prepare
from ca.reading.crl import Reason
from foundation.errors import Forbidden, InvalidInput
from foundation.principal import Kind, Permission, Principal
from foundation.web.openapi import document
from hsm.ceremony.plan import read_plan
from hsm.sm2 import DEFAULT_SM2_ID, Sm2PrivateKey
from server import sample
from server.routes import ROUTES
from tests.ca.office import CREDENTIALS, REGISTRATIONS, Office
from tests.ca.registration.desk import base64_text, csr
from tests.server.ceremony.conftest import PEOPLE

RECOVERIES, REQUESTS = "/api/v1/ca/kmc/recoveries", "/api/v1/hsm/requests"


def test_an_officer_s_own_application(office: Office) -> None:
    application = office.applied("officer")
    for who in ("officer", "approver"):
        said = office.decide(who, application, "review")
        assert said.status_code == 403, who  # the one asked for it, the other may only be the second
    assert office.decide("both", application, "review").status_code == 200


def test_one_person_with_both_roles(office: Office) -> None:
    data = {
        "profile": "official", "channel": "department", "delivery": "token", "phone": "13900000001",
        "subject": {"common_name": "林知夏", "organization": sample.MARKET.name},
        "identity": {"citizen_number": sample.CITIZEN.citizen_number},
    }  # fmt: skip
    application = office.applied("program", **data)
    assert office.decide("program", application, "review").status_code == 403
    assert office.decide("both", application, "review").status_code == 200
    again = office.decide("both", application, "approve")
    assert (again.status_code, (again.json or {})["code"]) == (403, "ca.registration.same_person")
    assert (office.ask("program", "GET", f"{REGISTRATIONS}/{application}").json or {})["state"] == "reviewed"


def test_revocation_in_bulk(office: Office) -> None:
    room, people = office.pages.house.ca, office.pages.callers
    made = office.company()
    serials = Selection("sm2-issuing", (int(_serial(office, made["signing_id"]), 16),))
    job = prepare(room, people["program"], serials, Reason.SUPERSEDED)
    for who in ("program", "neighbour", "nobody", "citizen", "officer"):  # two programs are no second person either
        with pytest.raises(Forbidden):
            revoke_many.approve(room, people[who], job.id)
    with pytest.raises(MassRevocationUnknown):
        revoke_many.cancel(room, people["neighbour"], job.id)
    with pytest.raises(Forbidden):
        prepare(room, people["nobody"], serials, Reason.SUPERSEDED)
    own = prepare(room, people["issuer"], serials, Reason.SUPERSEDED)
    with pytest.raises(Forbidden):
        revoke_many.approve(room, people["issuer"], own.id)
    revoke_many.run(room, own.id)
    assert (office.ask("issuer", "GET", f"/api/v1/ca/certificates/{made['signing_id']}").json or {})[
        "status"
    ] == "valid"


def _serial(office: Office, certificate: str) -> str:
    return str((office.ask("issuer", "GET", f"/api/v1/ca/certificates/{certificate}").json or {})["serial"])


def test_an_operation_on_a_key(office: Office) -> None:
    people = office.pages.callers
    everything = frozenset(Permission)
    people["keeper-alias"] = replace(people["keeper"], label="person:alias")
    people["key-program"] = Principal(Kind.CLIENT, "client:keys", everything, department=sample.DATA.uscc)
    wanted = {"operation": "generate", "key": f"test/{uuid4()}", "algorithm": "sm2", "reason": "x",
              "purposes": ["sealing"]}  # fmt: skip
    asked = office.post("keeper", REQUESTS, wanted, 201)
    said = {"digest": asked["digest"], "agree": True}
    place = f"{REQUESTS}/{asked['id']}"
    for who, why in (("keeper", "hsm.own_request"), ("keeper-alias", "hsm.own_request"),
                     ("key-program", "hsm.person_needed"), ("nobody", "auth.permission")):  # fmt: skip
        assert office.refused(who, "POST", f"{place}/judgements", said) == f"403 {why}"
    assert office.refused("keeper", "POST", f"{place}/execution").startswith("409")  # nobody agreed yet
    assert office.refused("keeper-2", "POST", f"{place}/judgements", {**said, "digest": "0" * 64}).startswith("40")
    assert office.refused("key-program", "POST", REQUESTS, wanted) == "403 hsm.person_needed"
    agreed = office.post("keeper-2", f"{place}/judgements", said)
    assert [one["approver"] for one in agreed["judgements"]] == [people["keeper-2"].label]


def test_a_recovery_of_keys(office: Office) -> None:
    key = Sm2PrivateKey.generate()
    made = office.company(csr=base64_text(csr(key)))
    asked = office.post("km", f"{RECOVERIES}/user", {"certificate_id": made["signing_id"]}, 201)
    place = f"{RECOVERIES}/{asked['id']}"
    said = {"statement_sha256": asked["statement_sha256"], "decision": "approve"}
    assert office.refused("km-2", "POST", f"{place}/decision", said).startswith("409")  # the holder proved nothing yet
    challenge = base64.b64decode(asked["challenge"])
    forged = base64.b64encode(Sm2PrivateKey.generate().sign(challenge, sm2_id=DEFAULT_SM2_ID)).decode()
    assert office.refused("km", "POST", f"{place}/proof", {"signature": forged}).startswith("4")
    proof = base64.b64encode(key.sign(challenge, sm2_id=DEFAULT_SM2_ID)).decode()
    office.post("km", f"{place}/proof", {"signature": proof})
    assert office.refused("km", "POST", f"{place}/decision", said).startswith("403")
    assert office.refused("km-operator", "POST", f"{place}/decision", said) == "403 auth.permission"
    assert office.refused("km", "POST", f"{place}/collection", {}).startswith("409")
    office.post("km-2", f"{place}/decision", said)
    assert office.refused("km-2", "POST", f"{place}/collection", {}).startswith("403")
    assert office.post("km", f"{place}/collection", {})["keys"]


@pytest.mark.parametrize("role", ["author", "operator"])
def test_a_plan_of_a_ceremony(tmp_path: Path, role: str) -> None:
    """Who wrote it approves it never; who carries it out may, but is no witness of himself."""
    plan = {
        "version": 1, "title": "仪式", "location": "机房", "public_url": "https://ca.example",
        "region": {"code": "219900", "name": "印川市", "environment": "sample"},
        "environment": "sample", "sealed_by": "passphrase",
        "people": PEOPLE | ({"approvers": [PEOPLE["author"], "沈晴"]} if role == "author"
                            else {"witnesses": [PEOPLE["operator"], "林知夏"]}),
        "steps": [{"do": "generate-root", "suite": "sm2"}],
    }  # fmt: skip
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(plan, allow_unicode=True), "utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_plan(path)
    assert "/people" in [fault.pointer for fault in caught.value.faults]


# --- secrets ---------------------------------------------------------------------------------------------------------

ONE_TIME = {
    ("CredentialMade", "secret"),
    ("CodeOut", "code"),
    ("HandedOut", "pkcs12"),
    ("TokenOut", "access_token"),
}
"""All the secrets an answer may hold, each for the one who asked and never again."""
SEALED = {("IssuedPairOut", "envelope"), ("RecoveredKeyOut", "envelope")}
"""Keys, but encrypted to a key of whoever may have them."""
PUBLIC = {
    ("CaOutcomeOut", "code"), ("CodeTrustOut", "keys"), ("CollectedOut", "keys"), ("DetailsOut", "csr"),
    ("FieldOut", "key"), ("FindingOut", "code"), ("HsmOutcomeOut", "key"), ("IdentityBody", "organization_code"),
    ("FileOut", "code"), ("FileOut", "kind_code"), ("ForeignOut", "code"), ("KindOut", "code"),
    ("MaterialOut", "code"), ("RegionOut", "code"), ("SealItemOut", "code"),
    ("LicenceItemOut", "key"), ("JwksOut", "keys"), ("LicenceOut", "holder_code"), ("LineFault", "code"),
    ("MetadataOut", "token_endpoint"), ("Problem", "code"), ("ProfileOut", "extended_key_usage"),
    ("ProfileOut", "key_usage"), ("RecoveredKeyOut", "key_id"), ("RecoveryOut", "challenge"), ("RequestOut", "key"),
    ("SealOut", "code"), ("SessionsOut", "sessions"), ("TokenOut", "id_token"), ("TokenOut", "token_type"),
    ("TypeOut", "code"),
}  # fmt: skip
"""Looked at: names of keys, public keys, codes of errors, departments and seals, requests, what an id token says."""
TELLING = re.compile(r"secret|passw|private|pin$|key|pkcs|token|code|envelope|share|phrase|otp|blob|nonce|challenge|"
                     r"cookie|session|salt|seed|csr|mac$|kek")  # fmt: skip


def test_no_answer_has_room_for_a_secret_but_the_one_time_ones() -> None:
    told = document(ROUTES)
    found = {
        (schema, name)
        for path in told["paths"].values()
        for operation in path.values()
        for schema, name in _properties(operation["responses"], told["components"]["schemas"], "", set())
        if TELLING.search(name)
    }
    assert found == ONE_TIME | SEALED | PUBLIC


def _properties(node: Any, schemas: dict[str, Any], name: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    if isinstance(node, list):
        for one in node:
            yield from _properties(one, schemas, name, seen)
    if not isinstance(node, dict):
        return
    if "$ref" in node:
        target = node["$ref"].rsplit("/", 1)[1]
        if target not in seen:
            seen.add(target)
            yield from _properties(schemas[target], schemas, target, seen)
    for key, value in node.items():
        if key == "properties":
            yield from ((name, field) for field in value)
        yield from _properties(value, schemas, name, seen)


def test_answers_with_secrets_are_never_kept_for_replay() -> None:
    holders = {schema for schema, _ in ONE_TIME}
    for route in ROUTES:
        if getattr(route.returns, "__name__", "") in holders:
            assert not route.idempotent, route.url


def test_what_was_shown_once_is_in_no_other_answer(office: Office) -> None:
    """By whoever may see most: every address that lists or shows, after the secrets were made."""
    people = office.pages.callers
    people["all"] = Principal(
        Kind.OFFICIAL, "person:all", frozenset(Permission), sample.DATA.uscc, person_id=UUID(int=99)
    )
    said = {"title": "x", "department": sample.MARKET.uscc, "organization": sample.MARKET.name, "profile": "device"}
    made = office.post("program", CREDENTIALS, {"protocol": "est", "names": ["gate-*"], **said}, 201)
    application = office.approved(csr=None, delivery="pkcs12")
    code = office.post("citizen", f"{REGISTRATIONS}/{application}/code")["code"]
    secrets, looked = (made["secret"], code, code.replace("-", "")), 0
    for route in ROUTES:
        if route.method != "GET" or route.handler is None or route.public:
            continue
        address = re.sub(r"\{[^}]+\}", made["id"] if "credentials" in route.url else application, route.url)
        for who in ("all", "citizen"):
            reply = office.ask(who, "GET", address)
            assert reply.status_code < 500, (address, reply.text)
            assert not [one for one in secrets if one in reply.get_data(as_text=True)], address
            looked += reply.status_code == 200
    assert looked > 20

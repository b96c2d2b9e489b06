"""Steps of a recovery, as several tests walk them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from uuid import UUID

from ca.issue import issue
from ca.kmc.asking import open_judicial, open_user
from ca.kmc.collecting import Collected, collect
from ca.kmc.pairs import Pair
from ca.kmc.recoveries import Recovery, decide, prove
from ca.kmc.statements import Case
from ca.suites import Suite
from foundation.principal import SYSTEM, Principal
from hsm.escrow.opening import open_envelope
from hsm.escrow.shapes import Allotment, Form
from hsm.keys import Algorithm
from hsm.sm2 import DEFAULT_SM2_ID, Sm2PrivateKey
from tests.ca.conftest import IDENTITIES, SUBJECTS, Region
from tests.ca.kmc.conftest import APPROVERS, OPERATOR, Holder, fresh, holder
from tests.hsm.escrow import judges

CASE = Case("（2026）印检证 7 号", "刑事诉讼法第五十四条", "印川市人民检察院")


@dataclass(frozen=True)
class Organ:
    """A prosecutor's office with an encryption certificate, and the key to it."""

    key: Sm2PrivateKey
    certificate: bytes


def organ(region: Region) -> Organ:
    """Its key came to it out of the escrow once, as any holder's does."""
    escrow, receiver = region.room.escrow, Sm2PrivateKey.generate()
    assert escrow is not None
    request = fresh(region)
    made = escrow.allot(Allotment(f"organ:{request}", Algorithm.SM2, receiver.spki, request), SYSTEM)
    certificate = issue(
        region.room,
        SYSTEM,
        suite=Suite.SM2,
        profile="legal-person-encryption",
        subject=SUBJECTS["legal-person"],
        identity=IDENTITIES["legal-person"],
        spki=made.spki,
        request_key=request,
    )
    from tests.hsm.escrow.test_keys import PARTIES

    got = escrow.deliver(made.id, Form.SKF, PARTIES, SYSTEM)
    return Organ(Sm2PrivateKey.load(open_envelope(Form.SKF, got.octets, receiver.pkcs8(), made.spki)), certificate.der)


def asked_judicially(
    region: Region, pairs: list[Pair], to: Organ, *, who: Principal = OPERATOR, with_history: bool = False
) -> Recovery:
    certificates = [one.encryption.id for one in pairs]
    return open_judicial(region.room, who, certificates, to.certificate, CASE, fresh(region), with_history=with_history)


def agreed(region: Region, found: Recovery, *people: Principal) -> Recovery:
    for one in people or APPROVERS[:2]:
        found = decide(region.room, one, found.id, found.statement.digest, approve=True)
    return found


def asked_by_holder(region: Region, certificate: UUID, key: str | None = None) -> Recovery:
    return open_user(region.room, OPERATOR, certificate, key or fresh(region))


def proof(who: Holder, found: Recovery) -> bytes:
    assert isinstance(who.key, Sm2PrivateKey)
    return who.key.sign(found.statement.challenge, sm2_id=DEFAULT_SM2_ID)


def proven(region: Region, who: Holder, found: Recovery) -> Recovery:
    return prove(region.room, OPERATOR, found.id, proof(who, found))


def collected(region: Region, found: Recovery, form: Form = Form.SM2_ENVELOPED_KEY) -> Collected:
    return collect(region.room, OPERATOR, found.id, form)


def opens_with(got: Collected, key: Sm2PrivateKey, form: Form = Form.SM2_ENVELOPED_KEY) -> dict[str, str]:
    """Every envelope opens to the escrowed key it claims; returns what openssl says of each."""
    found = {}
    for one in got.keys:
        private = open_envelope(form, one.envelope.octets, key.pkcs8(), one.key.spki)
        assert judges.openssl_public_half(private) == one.key.spki
        found[str(one.key.id)] = base64.b64encode(one.key.spki).decode()
    return found


__all__ = ["CASE", "Organ", "agreed", "asked_by_holder", "asked_judicially", "collected", "holder", "opens_with"]

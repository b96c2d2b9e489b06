"""Pairs: two certificates for one request, every form of delivery, refusals before anything exists, revocation."""

from __future__ import annotations

import threading

import pytest
from asn1crypto import core, x509
from sqlalchemy import func, select, update

from ca.enrol import Enrolment
from ca.issue import issue
from ca.kmc.csr_response import CsrResponse, read_csr_response
from ca.kmc.deliveries import Delivery, deliver, offered
from ca.kmc.errors import DeliveryUnfit, KeyKind, NoTwin, PairKeyTaken, PairUnknown
from ca.kmc.find import pair as find_pair
from ca.kmc.find import pair_with
from ca.kmc.models import CaKmcPair
from ca.kmc.pairs import Pair, enrol_pair
from ca.kmc.revoking import Which, revoke_one, revoke_pair
from ca.models import CaCertificate, CaRevocation
from ca.reading import KeyUsage, identity_of, read_certificate
from ca.reading.crl import Reason
from ca.suites import Suite
from foundation import der
from foundation.der import DerError
from foundation.errors import Forbidden, InvalidInput, YinxinError
from foundation.principal import SYSTEM, Kind, Permission, Principal
from hsm.errors import KeyDamaged
from hsm.escrow.errors import NotEscrowed
from hsm.escrow.models import HsmEscrowKey
from hsm.escrow.opening import open_envelope
from hsm.escrow.shapes import Form
from hsm.private_keys import PrivateKey
from hsm.sm2 import Sm2PrivateKey
from tests.ca.conftest import IDENTITIES, SUBJECTS, USCC, Region
from tests.ca.kmc.conftest import Holder, fresh, holder, signed_request
from tests.hsm.escrow import judges
from tests.hsm.escrow.test_forms import decrypts_for_its_public_half


class CertificateSet(core.SetOf):
    _child_spec = x509.Certificate


class CsrResponseShape(core.Sequence):
    """GM/T 0092-2020 clause 8, stated here."""

    _fields = [  # noqa: RUF012 - asn1crypto's own spelling
        ("signing", CertificateSet),
        ("key", judges.Sm2EnvelopedKey, {"explicit": 0, "optional": True}),
        ("encryption", CertificateSet, {"implicit": 1, "optional": True}),
    ]


def count(region: Region) -> tuple[int, ...]:
    with region.room.ground.db.read() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (CaKmcPair, CaCertificate, HsmEscrowKey)
        )


def test_a_pair_has_the_right_usages_and_one_holder(region: Region) -> None:
    who = holder()
    made = who.enrol(region, fresh(region))
    signing, encryption = read_certificate(made.signing.der), read_certificate(made.encryption.der)
    assert signing.key_usage == {KeyUsage.DIGITAL_SIGNATURE, KeyUsage.NON_REPUDIATION}
    assert encryption.key_usage == {
        KeyUsage.KEY_ENCIPHERMENT,
        KeyUsage.DATA_ENCIPHERMENT,
        KeyUsage.KEY_AGREEMENT,
    }
    assert signing.subject.raw == encryption.subject.raw
    assert identity_of(signing) == identity_of(encryption) == who.identity
    assert signing.spki == who.key.spki
    assert encryption.spki not in (who.key.spki, signing.spki)


@pytest.mark.parametrize("delivery", [one for one in Delivery if one is not Delivery.CFCA])
def test_every_form_gives_the_key_of_the_encryption_certificate(region: Region, delivery: Delivery) -> None:
    who = holder()
    made = who.enrol(region, fresh(region))
    spki = read_certificate(made.encryption.der).spki
    octets = deliver(region.room, SYSTEM, made.id, delivery).octets
    assert deliver(region.room, SYSTEM, made.id, delivery).octets == octets
    form = Form.SM2_ENVELOPED_KEY if delivery is Delivery.CSR_RESPONSE else Form(delivery.value)
    if delivery is Delivery.CSR_RESPONSE:
        found = read_csr_response(octets)
        assert (found.signing, found.encryption) == ((made.signing.der,), (made.encryption.der,))
        assert found.enveloped is not None
        octets = found.enveloped.write()
    centre = region.room.keys.find("ca/sm2-kmc")
    private = open_envelope(form, octets, who.key.pkcs8(), spki, centre.spki if centre else None)
    decrypts_for_its_public_half(private, spki)


def test_csr_response_by_a_definition_of_our_own(region: Region) -> None:
    made = holder().enrol(region, fresh(region))
    octets = deliver(region.room, SYSTEM, made.id, Delivery.CSR_RESPONSE).octets
    found = CsrResponseShape.load(octets, strict=True)
    assert found["signing"][0].dump() == made.signing.der
    assert found["encryption"][0].dump() == made.encryption.der
    assert found["key"]["public"].dump()[3:] == read_certificate(made.encryption.der).spki[-65:]


def test_csr_response_in_the_other_tagging_and_damaged(region: Region) -> None:
    made = holder().enrol(region, fresh(region))
    ours = read_csr_response(deliver(region.room, SYSTEM, made.id, Delivery.CSR_RESPONSE).octets)
    assert ours.enveloped is not None
    other = der.sequence(
        der.set_of(ours.signing),
        der.implicit(0, ours.enveloped.write()),
        der.explicit(1, der.set_of(ours.encryption)),
    )
    assert read_csr_response(other) == ours
    alone = CsrResponse(ours.signing, None, ())
    assert read_csr_response(alone.write()) == alone
    octets = ours.write()
    for damaged in (b"", octets[:-1], octets + b"\0", der.sequence(), der.sequence(der.set_of([])), other[:400]):
        with pytest.raises(DerError):
            read_csr_response(damaged)


def test_an_rsa_pair(region: Region, rsa_key: PrivateKey) -> None:
    made = Holder(rsa_key, Suite.RSA).enrol(region, fresh(region))
    encryption = read_certificate(made.encryption.der)
    assert encryption.key_usage == {KeyUsage.KEY_ENCIPHERMENT, KeyUsage.DATA_ENCIPHERMENT}
    got = deliver(region.room, SYSTEM, made.id)
    assert got.delivery is Delivery.ENVELOPED_DATA
    package = judges.openssl_cms_decrypt(rsa_key.pkcs8(), made.signing.der, got.octets)
    private = core.SequenceOf.load(package, spec=core.Any)[0].dump()
    assert judges.openssl_public_half(private) == encryption.spki
    with pytest.raises(DeliveryUnfit):
        deliver(region.room, SYSTEM, made.id, Delivery.SKF)


def test_the_same_request_again_is_the_same_pair(region: Region) -> None:
    who, key = holder(), fresh(region)
    made = who.enrol(region, key)
    before = count(region)
    again = who.enrol(region, key)
    assert (again.id, again.signing.der, again.encryption.der) == (made.id, made.signing.der, made.encryption.der)
    assert count(region) == before
    with pytest.raises(PairKeyTaken):
        holder().enrol(region, key)


def test_a_second_pair_makes_the_first_key_history(region: Region) -> None:
    first, second = (holder(41).enrol(region, fresh(region)) for _ in range(2))
    assert first.owner == second.owner
    assert region.room.escrow is not None
    found = region.room.escrow.history(first.owner)
    assert [one.id for one in found][-2:] == [first.escrow_id, second.escrow_id]


REFUSED: dict[str, tuple[dict[str, object], type[YinxinError], str]] = {
    "no twin": ({"profile": "code-signer"}, NoTwin, "kmc.no_twin"),
    "the platform's own": ({"profile": "citizen-encryption"}, InvalidInput, "ca.profile_reserved"),
    "unknown profile": ({"profile": "nobody"}, InvalidInput, "ca.profile_unknown"),
    "no number": ({"identity": IDENTITIES["code-signer"]}, InvalidInput, ""),
    "sm2 key under rsa": ({"suite": Suite.RSA}, YinxinError, ""),
    "broken request": ({"csr": b"\x30\x00"}, InvalidInput, "ca.csr"),
    "empty request key": ({"request_key": ""}, InvalidInput, "ca.request_key"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_is_refused_leaves_nothing_behind(region: Region, name: str) -> None:
    """Neither a pair, nor a certificate, nor an allotted key."""
    changed, error, code = REFUSED[name]
    wanted = holder(42).enrolment(fresh(region))
    fields = {slot: getattr(wanted, slot) for slot in Enrolment.__slots__}
    before = count(region)
    with pytest.raises(error) as refused:
        enrol_pair(region.room, SYSTEM, Enrolment(**{**fields, **changed}))  # type: ignore[arg-type]
    assert refused.value.code.startswith(code)
    assert count(region) == before


def test_somebody_elses_signature_is_no_possession(region: Region) -> None:
    mine, theirs = holder(), holder()
    info = der.sequence(der.integer(0), der.sequence(), mine.key.spki, der.tlv(0xA0, b""))
    stolen = der.parse(signed_request(theirs.key)).children()
    csr = der.sequence(info, stolen[1].raw, stolen[2].raw)
    with pytest.raises(InvalidInput):
        enrol_pair(region.room, SYSTEM, mine.enrolment(fresh(region), csr=csr))


def test_a_p256_signing_key_has_no_envelope(region: Region) -> None:
    from hsm import private_keys
    from hsm.keys import Algorithm

    key = private_keys.generate(Algorithm.P256)
    body = der.sequence(der.integer(0), der.sequence(), key.spki, der.tlv(0xA0, b""))
    algorithm = der.sequence(der.oid("1.2.840.10045.4.3.2"))
    csr = der.sequence(body, algorithm, der.bit_string(private_keys.sign(key, body)))
    with pytest.raises(KeyKind):
        enrol_pair(region.room, SYSTEM, Holder(key, Suite.RSA).enrolment(fresh(region), csr=csr))


def test_no_encryption_certificate_without_an_escrowed_key(region: Region) -> None:
    """By the plain issuing function too, whoever calls it."""
    before = count(region)
    with pytest.raises(NotEscrowed):
        issue(
            region.room,
            SYSTEM,
            suite=Suite.SM2,
            profile="citizen-encryption",
            subject=SUBJECTS["citizen"],
            identity=IDENTITIES["citizen"],
            spki=Sm2PrivateKey.generate().spki,
            request_key=fresh(region),
        )
    assert count(region) == before


def test_an_escrow_row_that_does_not_open_is_not_certified(own_region: Region) -> None:
    room = own_region.room
    spki = own_region.escrowed(Suite.SM2)
    with room.ground.db.begin() as session:
        session.execute(update(HsmEscrowKey).values(owner="citizen:thief"))
    with pytest.raises(KeyDamaged):
        issue(
            room,
            SYSTEM,
            suite=Suite.SM2,
            profile="citizen-encryption",
            subject=SUBJECTS["citizen"],
            identity=IDENTITIES["citizen"],
            spki=spki,
            request_key="damaged",
        )


def test_two_at_once_get_one_pair(region: Region) -> None:
    who, key, made = holder(), fresh(region), []
    gate = threading.Barrier(3)

    def work() -> None:
        gate.wait()
        made.append(who.enrol(region, key))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(made) == 3
    assert len({(one.id, one.signing.der, one.encryption.der, one.escrow_id) for one in made}) == 1


def program(department: str) -> Principal:
    rights = frozenset({Permission.CA_ISSUE, Permission.CA_READ, Permission.CA_REVOKE})
    return Principal(Kind.CLIENT, "client:x", rights, department=department, client_id="x")


def test_a_program_reaches_its_departments_pairs_only(region: Region) -> None:
    who = Holder(Sm2PrivateKey.generate(), profile="legal-person", identity=IDENTITIES["legal-person"])
    made = who.enrol(region, fresh(region), program(USCC))
    assert find_pair(region.room, program(USCC), made.id).id == made.id
    stranger = program("91219900MB1000020X")
    for look in (
        lambda: find_pair(region.room, stranger, made.id),
        lambda: pair_with(region.room, stranger, made.signing.id),
        lambda: deliver(region.room, stranger, made.id),
        lambda: revoke_pair(region.room, stranger, made.id, Reason.SUPERSEDED),
    ):
        with pytest.raises(PairUnknown):
            look()
    with pytest.raises(Forbidden):
        who.enrol(region, fresh(region), stranger)


def reasons(region: Region, made: Pair) -> dict[str, int]:
    with region.room.ground.db.read() as session:
        rows = session.scalars(
            select(CaRevocation).where(CaRevocation.certificate_id.in_([made.signing.id, made.encryption.id]))
        ).all()
    return {("signing" if row.certificate_id == made.signing.id else "encryption"): row.reason for row in rows}


def test_revoking_the_pair_revokes_both(region: Region) -> None:
    made = holder().enrol(region, fresh(region))
    assert pair_with(region.room, SYSTEM, made.encryption.id).id == made.id
    revoke_pair(region.room, SYSTEM, made.id, Reason.KEY_COMPROMISE)
    assert reasons(region, made) == {"signing": 1, "encryption": 1}
    assert region.room.escrow is not None
    assert region.room.escrow.find(made.escrow_id), "the key stays for what was encrypted with it"


def test_the_encryption_certificate_alone(region: Region) -> None:
    made = holder().enrol(region, fresh(region))
    said = revoke_pair(region.room, SYSTEM, made.id, Reason.SUPERSEDED, which=Which.ENCRYPTION)
    assert said.signing is None
    assert reasons(region, made) == {"encryption": 4}
    revoke_pair(region.room, SYSTEM, made.id, Reason.SUPERSEDED)
    assert reasons(region, made) == {"encryption": 4, "signing": 4}


def test_by_its_id_the_signing_half_never_goes_alone(region: Region) -> None:
    made, alone = holder().enrol(region, fresh(region)), holder().enrol(region, fresh(region))
    assert revoke_one(region.room, SYSTEM, made.signing.id, Reason.SUPERSEDED).certificate_id == made.signing.id
    assert reasons(region, made) == {"signing": 4, "encryption": 4}
    revoke_one(region.room, SYSTEM, alone.encryption.id, Reason.SUPERSEDED)
    assert reasons(region, alone) == {"encryption": 4}
    single = region.issue(Suite.SM2, "code-signer")
    assert revoke_one(region.room, SYSTEM, single.id, Reason.SUPERSEDED).certificate_id == single.id


def test_offers(region: Region) -> None:
    made = holder().enrol(region, fresh(region))
    assert offered(made)[0] is Delivery.SM2_ENVELOPED_KEY
    assert Delivery.CFCA not in offered(made)

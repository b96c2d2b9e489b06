"""Every form a private key travels in: its layout by definitions of our own, opened by judges, refused when damaged."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import SystemClock
from foundation.der import DerError
from foundation.errors import YinxinError
from foundation.ids import SystemIds
from hsm import private_keys, sm2_cipher
from hsm.errors import BadCiphertext, BadSignature
from hsm.escrow.cfca_key import read_cfca_key
from hsm.escrow.enveloped_data import read_enveloped_data
from hsm.escrow.opening import open_envelope
from hsm.escrow.sealing import scalar, seal
from hsm.escrow.shapes import CENTRE_KEY, Form, IssuerSerial, Parties
from hsm.escrow.signed_enveloped import read_signed_and_enveloped
from hsm.escrow.skf_blob import read_skf_blob
from hsm.escrow.sm2_enveloped_key import read_sm2_enveloped_key
from hsm.keys import Algorithm, KeyRef, Purpose
from hsm.private_keys import PrivateKey
from hsm.signing import KeySigner
from hsm.sm2 import Sm2PrivateKey, Sm2PublicKey, pkcs8_of_scalar, point_of_spki
from tests.ca.oracles import openssl_accepts_sm2
from tests.hsm.escrow import judges

NAME = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, "印川市 CA")])
ISSUER = NAME.public_bytes()
PARTIES = Parties(IssuerSerial(ISSUER, "4d2"), IssuerSerial(ISSUER, "10e1"), b"\x30\x03\x02\x01\x07")
IDS = SystemIds(SystemClock())
SM2_FORMS = (Form.SM2_ENVELOPED_KEY, Form.SIGNED_AND_ENVELOPED, Form.SKF, Form.CFCA)


@dataclass(frozen=True)
class Cast:
    """Whose key it is, who receives it, and the centre."""

    kept: Sm2PrivateKey
    holder: Sm2PrivateKey
    centre: Sm2PrivateKey
    rsa_kept: PrivateKey
    rsa_holder: rsa.RSAPrivateKey

    def envelope(self, form: Form, key: PrivateKey | None = None, to: bytes | None = None) -> bytes:
        ref = KeyRef(CENTRE_KEY, 1, Algorithm.SM2, frozenset({Purpose.KEY_CENTRE}), self.centre.spki)
        signer = KeySigner(ref, self.centre)
        return seal(key or self.kept, to or self.holder.spki, form, PARTIES, IDS, signer, "test")

    def opened(self, form: Form, octets: bytes) -> bytes:
        return open_envelope(form, octets, self.holder.pkcs8(), self.kept.spki, self.centre.spki)

    @property
    def rsa_spki(self) -> bytes:
        public = self.rsa_holder.public_key()
        return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def rsa_pkcs8(self) -> bytes:
        return self.rsa_holder.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


@pytest.fixture(scope="module")
def cast() -> Cast:
    sm2 = [Sm2PrivateKey.generate() for _ in range(3)]
    rsa_kept = private_keys.generate(Algorithm.RSA_2048)
    return Cast(*sm2, rsa_kept, rsa.generate_private_key(65537, 2048))


def decrypts_for_its_public_half(private: bytes, spki: bytes) -> None:
    """The recovered key belongs to the certificate's key and opens what anybody encrypts to that."""
    assert judges.openssl_public_half(private) == spki
    sealed = sm2_cipher.encrypt(Sm2PublicKey(spki), "不动产登记".encode())
    assert judges.openssl_sm2_decrypt(private, sealed) == "不动产登记".encode()


def test_sm2_enveloped_key_layout_and_judges(cast: Cast) -> None:
    found = judges.Sm2EnvelopedKey.load(cast.envelope(Form.SM2_ENVELOPED_KEY), strict=True)
    assert found["alg"]["algorithm"].native == "1.2.156.10197.1.104.1"
    assert found["alg"]["parameters"].dump() == b"\x05\x00"
    point, body = found["public"].dump()[3:], found["private"].dump()[3:]
    assert (point, len(body)) == (point_of_spki(cast.kept.spki), 32)
    key = judges.openssl_sm2_decrypt(cast.holder.pkcs8(), found["key"].dump())
    assert judges.gmssl_decrypt(scalar(cast.holder), found["key"]) == key
    text = judges.openssl_sm4_ecb(key, body)
    assert judges.sm_crypto(scalar(cast.holder), found["key"], body) == text
    decrypts_for_its_public_half(pkcs8_of_scalar(text), cast.kept.spki)


def test_signed_and_enveloped_layout_and_judges(cast: Cast) -> None:
    info = judges.GmContentInfo.load(cast.envelope(Form.SIGNED_AND_ENVELOPED), strict=True)
    assert info["type"].native == "1.2.156.10197.6.1.4.2.4"
    body = info["content"]
    (recipient,), (signer,) = body["recipients"], body["signers"]
    assert recipient["rid"]["serial"].native == 0x4D2
    assert recipient["rid"]["issuer"].dump() == ISSUER
    assert recipient["alg"]["algorithm"].native == "1.2.156.10197.1.301.3"
    assert body["content"]["alg"].dump() == judges.Algorithm({"algorithm": "1.2.156.10197.1.104"}).dump()
    content = body["content"]["content"].native
    key = judges.openssl_sm2_decrypt(cast.holder.pkcs8(), recipient["key"].native)
    text = judges.openssl_sm4_ecb(key, content)
    assert (len(text), text[:32]) == (64, bytes(32))
    assert signer["sid"]["serial"].native == 0x10E1
    assert signer["alg"]["algorithm"].native == "1.2.156.10197.1.301.1"
    openssl_accepts_sm2(cast.centre.spki, text, signer["signature"].native)
    decrypts_for_its_public_half(pkcs8_of_scalar(text[32:]), cast.kept.spki)


def test_skf_blob_layout_and_judges(cast: Cast) -> None:
    octets = cast.envelope(Form.SKF)
    found = judges.SkfStructure(octets)
    assert (found.version, found.algorithm, found.bits, found.key_bits) == (1, 0x401, 256, 256)
    assert (len(octets), found.cipher_length, len(found.cipher)) == (388, 16, 16)
    point = point_of_spki(cast.kept.spki)
    assert (found.x, found.y) == (bytes(32) + point[1:33], bytes(32) + point[33:])
    key = judges.openssl_sm2_decrypt(cast.holder.pkcs8(), found.sm2_cipher.dump())
    assert judges.gmssl_decrypt(scalar(cast.holder), found.sm2_cipher) == key
    text = judges.openssl_sm4_ecb(key, found.private[32:])
    decrypts_for_its_public_half(pkcs8_of_scalar(text), cast.kept.spki)


def test_gm_enveloped_data_layout_and_judges(cast: Cast) -> None:
    for kept in (cast.kept, cast.rsa_kept):
        info = judges.GmEnvelopedInfo.load(cast.envelope(Form.ENVELOPED_DATA, kept), strict=True)
        assert info["type"].native == "1.2.156.10197.6.1.4.2.3"
        (recipient,), content = info["content"]["recipients"], info["content"]["content"]
        assert content["alg"]["algorithm"].native == "1.2.156.10197.1.104.2"
        key = judges.openssl_sm2_decrypt(cast.holder.pkcs8(), recipient["key"].native)
        vector = content["alg"]["parameters"].parse(judges.core.OctetString).native
        private = judges.openssl_sm4_cbc(key, vector, content["content"].native)
        assert judges.openssl_public_half(private) == kept.spki


def test_rsa_enveloped_data_opens_with_openssl_cms(cast: Cast) -> None:
    certificate = _certificate(cast)
    for kept in (cast.rsa_kept, cast.kept):
        octets = cast.envelope(Form.ENVELOPED_DATA, kept, cast.rsa_spki)
        body = judges.rfc_enveloped(octets)
        assert body["recipient_infos"][0].chosen["key_encryption_algorithm"]["algorithm"].native == "rsaes_oaep"
        package = judges.openssl_cms_decrypt(cast.rsa_pkcs8, certificate, octets)
        private = judges.core.SequenceOf.load(package, spec=judges.core.Any)[0].dump()
        assert judges.openssl_public_half(private) == kept.spki
        opened = open_envelope(Form.ENVELOPED_DATA, octets, cast.rsa_pkcs8, kept.spki)
        assert judges.openssl_public_half(opened) == kept.spki


def _certificate(cast: Cast) -> bytes:
    from datetime import UTC, datetime

    from cryptography.hazmat.primitives import hashes

    builder = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .serial_number(0x4D2)
        .public_key(cast.rsa_holder.public_key())
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
    )
    return builder.sign(cast.rsa_holder, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize("form", [*SM2_FORMS, Form.ENVELOPED_DATA])
def test_what_we_write_we_read_and_open(cast: Cast, form: Form) -> None:
    octets = cast.envelope(form)
    assert judges.openssl_public_half(cast.opened(form, octets)) == cast.kept.spki
    assert cast.envelope(form) != octets, "every envelope has a key of its own"


@pytest.mark.parametrize("form", SM2_FORMS)
def test_written_again_from_its_parts_it_is_the_same(cast: Cast, form: Form) -> None:
    from hsm.escrow.cfca_key import write_cfca_key

    octets = cast.envelope(form)
    again = {
        Form.SM2_ENVELOPED_KEY: lambda: read_sm2_enveloped_key(octets).write(),
        Form.SIGNED_AND_ENVELOPED: lambda: read_signed_and_enveloped(octets).write(),
        Form.SKF: lambda: read_skf_blob(octets).write(),
        Form.CFCA: lambda: write_cfca_key(read_cfca_key(octets)),
    }[form]()
    assert again == octets


@pytest.mark.parametrize("form", [*SM2_FORMS, Form.ENVELOPED_DATA])
def test_someone_elses_key_opens_nothing(cast: Cast, form: Form) -> None:
    octets, stranger = cast.envelope(form), Sm2PrivateKey.generate()
    with pytest.raises(BadCiphertext):
        open_envelope(form, octets, stranger.pkcs8(), cast.kept.spki, cast.centre.spki)
    with pytest.raises((BadCiphertext, BadSignature)):
        open_envelope(form, octets, cast.holder.pkcs8(), stranger.spki, cast.centre.spki)


def test_an_envelope_signed_by_a_stranger_is_refused(cast: Cast) -> None:
    octets = cast.envelope(Form.SIGNED_AND_ENVELOPED)
    with pytest.raises(BadSignature):
        open_envelope(
            Form.SIGNED_AND_ENVELOPED, octets, cast.holder.pkcs8(), cast.kept.spki, Sm2PrivateKey.generate().spki
        )


READERS = {
    Form.SM2_ENVELOPED_KEY: read_sm2_enveloped_key,
    Form.SIGNED_AND_ENVELOPED: read_signed_and_enveloped,
    Form.SKF: read_skf_blob,
    Form.ENVELOPED_DATA: read_enveloped_data,
    Form.CFCA: read_cfca_key,
}


@pytest.mark.parametrize("form", list(READERS))
def test_cut_or_lengthened_is_refused(cast: Cast, form: Form) -> None:
    octets = cast.envelope(form)
    for damaged in (b"", octets[:-1], octets + b"\0", octets[: len(octets) // 2], b"\x30" * 70_000):
        with pytest.raises(DerError):
            READERS[form](damaged)


@pytest.mark.parametrize("form", list(READERS))
def test_a_changed_octet_never_gives_another_key(cast: Cast, form: Form) -> None:
    """Either it is refused, or what changed was a label and the key is the right one."""
    octets, right = cast.envelope(form), cast.kept.spki
    for place in range(0, len(octets), 7):
        altered = bytearray(octets)
        altered[place] ^= 0x21
        try:
            found = cast.opened(form, bytes(altered))
        except YinxinError:
            continue
        assert Sm2PrivateKey.load(found).spki == right


@given(data=st.binary(max_size=600))
def test_readers_meet_nonsense_with_one_error(data: bytes) -> None:
    for reader in READERS.values():
        with pytest.raises(DerError):
            reader(data)

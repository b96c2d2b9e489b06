"""CFCA's double-key requests and its file for the returned key, against what its own kit made."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from ca.enrol import proven_key
from ca.kmc.deliveries import Delivery, deliver, offered
from ca.kmc.double_key import temporary_key
from ca.kmc.errors import DeliveryUnfit
from ca.kmc.pairs import enrol_pair
from foundation import der
from foundation.der import DerError
from foundation.errors import InvalidInput
from foundation.principal import SYSTEM
from hsm import private_keys
from hsm.errors import BadCiphertext, BadSignature
from hsm.escrow.opening import open_envelope
from hsm.escrow.shapes import Form
from hsm.keys import Algorithm
from hsm.public_keys import describe
from hsm.sm2 import Sm2PrivateKey, pkcs8_of_scalar, point_of_spki
from tests.ca.conftest import Region
from tests.ca.kmc.conftest import Holder, fresh, holder, signed_request
from tests.hsm.escrow import judges

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "cfca"
HEAD = bytes.fromhex("00b4000000010000")


def octets(name: str) -> bytes:
    lines = (VECTORS / name).read_text().splitlines()
    return base64.b64decode("".join(lines[1:-1]))


@pytest.mark.parametrize(
    ("name", "kind", "x"),
    [
        ("sadk.csr", "SM2", "28b93ec29b057de2"),
        ("trustasia.csr", "SM2", "92d53e2886e54985"),
        ("rsa.csr", "RSA-2048", ""),
    ],
)
def test_requests_of_the_kits_are_read(name: str, kind: str, x: str) -> None:
    request = octets(name)
    if name == "trustasia.csr":  # read, but never issued for: it does not prove possession of its key
        with pytest.raises(InvalidInput):
            proven_key(request)
    else:
        assert proven_key(request)
    found = temporary_key(request)
    assert found is not None
    assert describe(found) == kind
    if x:
        assert point_of_spki(found)[1:9].hex() == x


def test_the_kits_returned_key_is_opened() -> None:
    vector = json.loads((VECTORS / "escrow.json").read_text())
    holder_key = pkcs8_of_scalar(bytes.fromhex(vector["temporary_private_key"]))
    spki = Sm2PrivateKey.load(pkcs8_of_scalar(bytes.fromhex(vector["encryption_private_key"]))).spki
    text = vector["with_head"]
    for form in (text, vector["with_commas"], text[80:]):
        private = open_envelope(Form.CFCA, form.encode(), holder_key, spki)
        assert bytes.fromhex(vector["encryption_private_key"]) in private
    for damaged in (text[:-4], text.replace("0268", "0269"), text[:-1] + "*", "0" * 80):
        with pytest.raises((DerError, BadCiphertext)):
            open_envelope(Form.CFCA, damaged.encode(), holder_key, spki)
    for refused in vector["refused"].values():
        with pytest.raises((DerError, BadCiphertext)):
            open_envelope(Form.CFCA, refused.encode(), holder_key, spki)


def sm2_attribute(point: bytes, *, wrapped: bool = True, in_set: bool = False) -> bytes:
    inner = HEAD + point[1:33] + bytes(32) + point[33:] + bytes(32)
    body = der.octet_string(der.sequence(der.integer(1), der.octet_string(inner)) if wrapped else inner)
    return der.sequence(der.oid("1.2.840.113549.1.9.63"), der.tlv(der.SET, body) if in_set else body)


def challenge() -> bytes:
    return der.sequence(der.oid("1.2.840.113549.1.9.7"), der.printable("111111"))


@pytest.mark.parametrize("shape", [{}, {"wrapped": False}, {"in_set": True}], ids=["kit", "early", "pkcs10"])
def test_a_double_key_request_is_answered_in_kind(region: Region, shape: dict[str, bool]) -> None:
    """The request as we write it after the kit's; the answer opens with the temporary key only."""
    who, temporary = holder(), Sm2PrivateKey.generate()
    csr = signed_request(who.key, challenge() + sm2_attribute(point_of_spki(temporary.spki), **shape))
    pair = enrol_pair(region.room, SYSTEM, who.enrolment(fresh(region), csr=csr))
    assert offered(pair)[0] is Delivery.CFCA
    made = deliver(region.room, SYSTEM, pair.id)
    spki = region.room.escrow.find(pair.escrow_id).spki  # type: ignore[union-attr]
    private = open_envelope(Form.CFCA, made.octets, temporary.pkcs8(), spki)
    assert judges.openssl_public_half(private) == spki
    assert made.octets[:64] == b"00000000000000010000000000000001" + b"0" * 32
    with pytest.raises((BadCiphertext, BadSignature)):
        open_envelope(Form.CFCA, made.octets, who.key.pkcs8(), spki)
    with pytest.raises(DeliveryUnfit):
        deliver(region.room, SYSTEM, pair.id, Delivery.SKF)


def test_an_rsa_double_key_request(region: Region) -> None:
    from ca.suites import Suite

    keys = [private_keys.generate(Algorithm.RSA_2048) for _ in range(2)]
    bits = der.parse(keys[1].spki).children()[1].as_bits()
    body = der.octet_string(der.sequence(der.integer(1), der.octet_string(bits)))
    csr = signed_request(keys[0], der.sequence(der.oid("1.2.840.113549.1.9.63"), body))
    who = Holder(keys[0], Suite.RSA)
    pair = enrol_pair(region.room, SYSTEM, who.enrolment(fresh(region), csr=csr))
    made = deliver(region.room, SYSTEM, pair.id)
    assert made.delivery is Delivery.ENVELOPED_DATA
    spki = region.room.escrow.find(pair.escrow_id).spki  # type: ignore[union-attr]
    assert open_envelope(Form.ENVELOPED_DATA, made.octets, keys[1].pkcs8(), spki)


OFF_CURVE = bytearray(point_of_spki(Sm2PrivateKey.generate().spki))
OFF_CURVE[40] ^= 1


@pytest.mark.parametrize(
    "attributes",
    [
        sm2_attribute(bytes(OFF_CURVE)),
        sm2_attribute(b"\x04" + bytes(64)),
        sm2_attribute(point_of_spki(Sm2PrivateKey.generate().spki)) * 2,
        der.sequence(der.oid("1.2.840.113549.1.9.63"), der.octet_string(b"\x30\x80")),
        der.sequence(der.oid("1.2.840.113549.1.9.63"), der.integer(5)),
        der.sequence(der.oid("1.2.840.113549.1.9.63"), der.octet_string(HEAD + bytes(40))),
        der.sequence(der.oid("1.2.840.113549.1.9.63"), der.tlv(der.SET, b"")),
    ],
    ids=["off-curve", "zero", "twice", "broken", "integer", "short", "empty"],
)
def test_a_bad_temporary_key_is_refused_before_anything_is_recorded(region: Region, attributes: bytes) -> None:
    who = holder()
    with pytest.raises(InvalidInput) as refused:
        enrol_pair(region.room, SYSTEM, who.enrolment(fresh(region), csr=signed_request(who.key, attributes)))
    assert refused.value.code == "kmc.temporary_key"

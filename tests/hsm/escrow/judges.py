"""Judges of envelopes that nobody here wrote: asn1crypto definitions stated here, openssl, gmssl, sm-crypto-v2."""

from __future__ import annotations

import json
import struct
import subprocess
import tempfile
from pathlib import Path

from asn1crypto import algos, cms, core, x509
from gmssl import sm2 as other_sm2

ROOT = Path(__file__).resolve().parents[3]


class Sm2Cipher(core.Sequence):
    _fields = [  # noqa: RUF012 - asn1crypto's own spelling
        ("x", core.Integer),
        ("y", core.Integer),
        ("hash", core.OctetString),
        ("cipher", core.OctetString),
    ]


class Algorithm(core.Sequence):
    _fields = [("algorithm", core.ObjectIdentifier), ("parameters", core.Any, {"optional": True})]  # noqa: RUF012


class Sm2EnvelopedKey(core.Sequence):
    _fields = [  # noqa: RUF012
        ("alg", Algorithm),
        ("key", Sm2Cipher),
        ("public", core.BitString),
        ("private", core.BitString),
    ]


class IssuerSerial(core.Sequence):
    _fields = [("issuer", x509.Name), ("serial", core.Integer)]  # noqa: RUF012


class Recipient(core.Sequence):
    _fields = [  # noqa: RUF012
        ("version", core.Integer),
        ("rid", IssuerSerial),
        ("alg", Algorithm),
        ("key", core.OctetString),
    ]


class Recipients(core.SetOf):
    _child_spec = Recipient


class Algorithms(core.SetOf):
    _child_spec = Algorithm


class Content(core.Sequence):
    _fields = [  # noqa: RUF012
        ("type", core.ObjectIdentifier),
        ("alg", Algorithm),
        ("content", core.OctetString, {"implicit": 0}),
    ]


class Certificates(core.SetOf):
    _child_spec = core.Any


class Signer(core.Sequence):
    _fields = [  # noqa: RUF012
        ("version", core.Integer),
        ("sid", IssuerSerial),
        ("digest", Algorithm),
        ("alg", Algorithm),
        ("signature", core.OctetString),
    ]


class Signers(core.SetOf):
    _child_spec = Signer


class SignedAndEnveloped(core.Sequence):
    _fields = [  # noqa: RUF012
        ("version", core.Integer),
        ("recipients", Recipients),
        ("digests", Algorithms),
        ("content", Content),
        ("certificates", Certificates, {"implicit": 0, "optional": True}),
        ("signers", Signers),
    ]


class GmContentInfo(core.Sequence):
    _fields = [  # noqa: RUF012
        ("type", core.ObjectIdentifier),
        ("content", SignedAndEnveloped, {"explicit": 0}),
    ]


class GmEnveloped(core.Sequence):
    _fields = [("version", core.Integer), ("recipients", Recipients), ("content", Content)]  # noqa: RUF012


class GmEnvelopedInfo(core.Sequence):
    _fields = [("type", core.ObjectIdentifier), ("content", GmEnveloped, {"explicit": 0})]  # noqa: RUF012


def run(*command: str | Path, data: bytes | None = None) -> bytes:
    done = subprocess.run([*map(str, command)], input=data, capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def openssl_sm2_decrypt(holder_pkcs8: bytes, cipher_der: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        key, body = Path(name, "key.der"), Path(name, "in")
        key.write_bytes(holder_pkcs8)
        body.write_bytes(cipher_der)
        return run("openssl", "pkeyutl", "-decrypt", "-inkey", key, "-keyform", "DER", "-in", body)


def openssl_sm4_ecb(key: bytes, body: bytes) -> bytes:
    return run("openssl", "enc", "-d", "-sm4-ecb", "-nopad", "-K", key.hex(), data=body)


def openssl_sm4_cbc(key: bytes, vector: bytes, body: bytes) -> bytes:
    return run("openssl", "enc", "-d", "-sm4-cbc", "-K", key.hex(), "-iv", vector.hex(), data=body)


def openssl_public_half(private: bytes) -> bytes:
    """SubjectPublicKeyInfo of a PKCS#8 key, as openssl computes it from the scalar."""
    with tempfile.TemporaryDirectory() as name:
        key = Path(name, "key.der")
        key.write_bytes(private)
        return run("openssl", "pkey", "-in", key, "-inform", "DER", "-pubout", "-outform", "DER")


def gmssl_decrypt(scalar: bytes, cipher: Sm2Cipher) -> bytes:
    judge = other_sm2.CryptSM2(private_key=scalar.hex(), public_key="", mode=1)
    return bytes(judge.decrypt(raw(cipher)))


def raw(cipher: Sm2Cipher) -> bytes:
    x, y = (cipher[name].native.to_bytes(32, "big") for name in ("x", "y"))
    return x + y + cipher["hash"].native + cipher["cipher"].native


def sm_crypto(scalar: bytes, cipher: Sm2Cipher, body: bytes) -> bytes:
    asked = {"holder": scalar.hex(), "encryptedKey": raw(cipher).hex(), "body": body.hex()}
    return bytes.fromhex(run("node", "tests/node/sm2_unwrap.mjs", data=json.dumps(asked).encode()).decode())


class SkfStructure:
    """GM/T 0016's structures by their offsets, little-endian, packed; written from the standard's table alone."""

    def __init__(self, data: bytes) -> None:
        self.version, self.algorithm, self.bits = struct.unpack_from("<3I", data, 0)
        self.private = data[12:76]
        (self.key_bits,) = struct.unpack_from("<I", data, 76)
        self.x, self.y = data[80:144], data[144:208]
        self.cipher_x, self.cipher_y, self.hash = data[208:272], data[272:336], data[336:368]
        (self.cipher_length,) = struct.unpack_from("<I", data, 368)
        self.cipher = data[372:]

    @property
    def sm2_cipher(self) -> Sm2Cipher:
        return Sm2Cipher(
            {
                "x": int.from_bytes(self.cipher_x, "big"),
                "y": int.from_bytes(self.cipher_y, "big"),
                "hash": self.hash,
                "cipher": self.cipher,
            }
        )


def openssl_cms_decrypt(holder_pkcs8: bytes, certificate: bytes, envelope: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        key, cert, body = Path(name, "k.pem"), Path(name, "c.pem"), Path(name, "in")
        key.write_bytes(run("openssl", "pkey", "-inform", "DER", data=holder_pkcs8))
        cert.write_bytes(run("openssl", "x509", "-inform", "DER", data=certificate))
        body.write_bytes(envelope)
        return run("openssl", "cms", "-decrypt", "-inform", "DER", "-in", body, "-inkey", key, "-recip", cert)


def rfc_enveloped(data: bytes) -> cms.EnvelopedData:
    info = cms.ContentInfo.load(data, strict=True)
    assert info["content_type"].native == "enveloped_data"
    return info["content"]


assert algos.AlgorithmIdentifier  # the module must be the real one

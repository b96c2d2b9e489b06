"""Hostile certificate requests, made the same way every time: well signed where the content is the attack.

Most carry a true proof of possession, so that nothing but our own rules stands between them and a certificate (T11).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from foundation import der
from hsm import private_keys
from hsm.keys import Algorithm
from hsm.sm2 import Sm2PrivateKey, pkcs8_of_scalar

KEY, OTHER = (Sm2PrivateKey.load(pkcs8_of_scalar(bytes((number,)) * 32)) for number in (0x51, 0x52))
SM2_SM3 = der.sequence(der.oid("1.2.156.10197.1.501"))
EXTENSION_REQUEST, MICROSOFT_REQUEST = "1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14"
CN = "2.5.4.3"
Case = tuple[str, bytes]


@dataclass(frozen=True)
class Draft:
    """A request before it is signed; every part may be replaced by raw octets."""

    version: bytes = der.integer(0)
    name: bytes = der.sequence(der.tlv(der.SET, der.sequence(der.oid(CN), der.utf8("设备"))))
    spki: bytes = KEY.spki
    attributes: bytes = der.implicit(0, der.sequence())
    algorithm: bytes = SM2_SM3
    more: bytes = b""

    def info(self) -> bytes:
        return der.sequence(self.version, self.name, self.spki, self.attributes, self.more)

    def signed(self, value: bytes | None = None) -> bytes:
        info = self.info()
        bits = der.bit_string(private_keys.sign(KEY, info) if value is None else value)
        return der.sequence(info, self.algorithm, bits)


GOOD = Draft()


def every() -> list[Case]:
    """All of them, each under a name of its own."""
    makers = (_extensions, _names, _attributes, _signatures, _keys, _encodings, _flips)
    return [case for maker in makers for case in maker()]


# --- extensions a requester writes himself ---------------------------------------------------------------------------


def _asked(*extensions: bytes, kind: str = EXTENSION_REQUEST) -> bytes:
    return der.implicit(0, der.sequence(_attribute(kind, der.sequence(*extensions))))


def _attribute(oid: str, *values: bytes) -> bytes:
    return der.sequence(der.oid(oid), der.tlv(der.SET, b"".join(values)))


def _extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    return der.sequence(der.oid(oid), der.boolean(value=True) if critical else b"", der.octet_string(value))


def _name(tag: int, content: bytes) -> bytes:
    return der.sequence(der.tlv(0x80 | tag, content))


_WISHES: dict[str, tuple[str, bytes]] = {
    "ca-true": ("2.5.29.19", der.sequence(der.boolean(value=True))),
    "ca-true-path-99": ("2.5.29.19", der.sequence(der.boolean(value=True), der.integer(99))),
    "ca-true-path-negative": ("2.5.29.19", der.sequence(der.boolean(value=True), der.integer(-1))),
    "key-cert-sign": ("2.5.29.15", der.named_bits(5, 6)),
    "every-usage": ("2.5.29.15", der.named_bits(*range(9))),
    "usage-empty": ("2.5.29.15", der.bit_string(b"")),
    "any-purpose": ("2.5.29.37", der.sequence(der.oid("2.5.29.37.0"))),
    "ocsp-signing": ("2.5.29.37", der.sequence(der.oid("1.3.6.1.5.5.7.3.9"))),
    "time-stamping": ("2.5.29.37", der.sequence(der.oid("1.3.6.1.5.5.7.3.8"))),
    "dns": ("2.5.29.17", _name(2, b"www.gov.cn")),
    "dns-wildcard": ("2.5.29.17", _name(2, b"*")),
    "dns-nul": ("2.5.29.17", _name(2, b"www.gov.cn\x00.evil.example")),
    "dns-newline": ("2.5.29.17", _name(2, b"a\r\nb")),
    "dns-latin": ("2.5.29.17", _name(2, "bücher.example".encode("latin-1"))),
    "email": ("2.5.29.17", _name(1, b"root@gov.cn")),
    "email-nul": ("2.5.29.17", _name(1, b"root@gov.cn\x00@x")),
    "uri-script": ("2.5.29.17", _name(6, b"javascript:alert(1)")),
    "ip": ("2.5.29.17", _name(7, bytes((127, 0, 0, 1)))),
    "ip-odd": ("2.5.29.17", _name(7, b"\x01\x02\x03")),
    "directory-name": ("2.5.29.17", der.sequence(der.explicit(4, GOOD.name))),
    "other-name": (
        "2.5.29.17",
        der.sequence(der.implicit(0, der.sequence(der.oid("1.2.3"), der.explicit(0, b"\x0c\x01a")))),
    ),
    "registered-id": ("2.5.29.17", _name(8, b"\x2a\x03")),
    "names-1000": ("2.5.29.17", der.sequence(*(der.tlv(0x82, b"n%d.example" % n) for n in range(1000)))),
    "names-empty": ("2.5.29.17", der.sequence()),
    "issuer-names": ("2.5.29.18", _name(2, b"ca.gov.cn")),
    "key-id": ("2.5.29.14", der.octet_string(b"k" * 20)),
    "authority-key-id": ("2.5.29.35", der.sequence(der.tlv(0x80, b"k" * 20))),
    "name-constraints": ("2.5.29.30", der.sequence(der.implicit(0, der.sequence()))),
    "policy": ("2.5.29.32", der.sequence(der.sequence(der.oid("2.5.29.32.0")))),
    "policy-mapping": ("2.5.29.33", der.sequence(der.sequence(der.oid("1.2.3"), der.oid("1.2.4")))),
    "policy-constraints": ("2.5.29.36", der.sequence(der.tlv(0x80, b"\x00"))),
    "inhibit-any": ("2.5.29.54", der.integer(0)),
    "distribution-point": (
        "2.5.29.31",
        der.sequence(der.sequence(der.explicit(0, der.explicit(0, _name(6, b"http://evil"))))),
    ),
    "information-access": (
        "1.3.6.1.5.5.7.1.1",
        der.sequence(der.sequence(der.oid("1.3.6.1.5.5.7.48.1"), der.tlv(0x86, b"http://evil"))),
    ),
    "no-check": ("1.3.6.1.5.5.7.48.1.5", der.null()),
    "tls-feature": ("1.3.6.1.5.5.7.1.24", der.sequence(der.integer(5))),
    "ct-poison": ("1.3.6.1.4.1.11129.2.4.3", der.null()),
    "microsoft-template": ("1.3.6.1.4.1.311.20.2", der.tlv(0x1E, "SubCA".encode("utf-16-be"))),
    "identity-of-another": ("1.2.156.10260.4.1.1", der.implicit(0, der.printable("21990119900307001X"))),
    "credit-code-of-another": ("1.2.156.10260.4.1.4", der.printable("112199000000000000")),
    "unknown": ("1.2.3.4.5.6", der.octet_string(b"x")),
    "huge": ("1.2.3.4.5.7", b"x" * 20_000),
    "not-der": ("2.5.29.19", b"\xff\xff\xff"),
}


def _extensions() -> Iterator[Case]:
    for name, (oid, value) in _WISHES.items():
        for critical in (False, True):
            asked = _asked(_extension(oid, value, critical=critical))
            yield f"extension-{name}{'-critical' * critical}", replace(GOOD, attributes=asked).signed()
    for name in ("ca-true", "dns", "key-cert-sign"):
        asked = _asked(_extension(*_WISHES[name]), kind=MICROSOFT_REQUEST)
        yield f"microsoft-{name}", replace(GOOD, attributes=asked).signed()
    twice = _asked(_extension(*_WISHES["ca-true"]), _extension(*_WISHES["ca-true"]))
    yield "extension-twice", replace(GOOD, attributes=twice).signed()
    odd_flag = der.sequence(der.oid("2.5.29.19"), b"\x01\x01\x01", der.octet_string(_WISHES["ca-true"][1]))
    yield "extension-odd-flag", replace(GOOD, attributes=_asked(odd_flag)).signed()
    everything = _asked(*(_extension(oid, value) for name, (oid, value) in _WISHES.items() if name != "huge"))
    yield "extension-all-at-once", replace(GOOD, attributes=everything).signed()


# --- names -----------------------------------------------------------------------------------------------------------


def _rdn(*pairs: tuple[str, bytes]) -> bytes:
    return der.tlv(der.SET, b"".join(der.sequence(der.oid(oid), value) for oid, value in pairs))


_STRINGS = {
    "printable-bad": der.tlv(0x13, b"a@b*\x01"),
    "teletex": der.tlv(0x14, b"\xc8u"),
    "bmp": der.tlv(0x1E, "根CA".encode("utf-16-be")),
    "bmp-odd": der.tlv(0x1E, b"\x00"),
    "bmp-surrogate": der.tlv(0x1E, b"\xd8\x00"),
    "universal": der.tlv(0x1C, "根".encode("utf-32-be")),
    "universal-beyond": der.tlv(0x1C, b"\x7f\xff\xff\xff"),
    "ia5-high": der.tlv(0x16, b"\xff"),
    "numeric": der.tlv(0x12, b"12a"),
    "visible": der.tlv(0x1A, b"x"),
    "general": der.tlv(0x1B, b"\x1b$B"),
    "utf8-bad": der.tlv(0x0C, b"\xff\xfe"),
    "utf8-overlong": der.tlv(0x0C, b"\xc0\x80"),
    "utf8-surrogate": der.tlv(0x0C, b"\xed\xa0\x80"),
    "nul": der.utf8("gov.cn\x00.evil"),
    "controls": der.utf8("a\r\nb\x1b[2J"),
    "direction": der.utf8("\u202egov"),
    "empty": der.utf8(""),
    "long": der.utf8("长" * 5000),
    "bits": der.bit_string(b"x"),
    "octets": der.octet_string(b"x"),
    "integer": der.integer(-(1 << 2000)),
    "sequence": der.sequence(der.sequence()),
    "constructed-utf8": der.tlv(0x2C, der.utf8("a") + der.utf8("b")),
    "boolean": der.boolean(value=True),
}


def _names() -> Iterator[Case]:
    for name, value in _STRINGS.items():
        yield f"name-{name}", replace(GOOD, name=der.sequence(_rdn((CN, value)))).signed()
    text = der.utf8("x")
    shapes = {
        "none": der.sequence(),
        "two-common-names": der.sequence(_rdn((CN, text)), _rdn((CN, der.utf8("印川市电子政务根CA")))),
        "many-in-one": der.sequence(_rdn(*((CN, text) for _ in range(30)))),
        "five-hundred": der.sequence(*(_rdn((CN, text)) for _ in range(500))),
        "empty-set": der.sequence(der.tlv(der.SET, b"")),
        "unknown-attribute": der.sequence(_rdn(("1.2.3.4", text))),
        "long-identifier": der.sequence(_rdn(("1.2." + ".".join(["9"] * 80), text))),
        "country-lower": der.sequence(_rdn(("2.5.4.6", der.printable("cn")))),
        "country-long": der.sequence(_rdn(("2.5.4.6", der.printable("CHN")))),
        "email": der.sequence(_rdn(("1.2.840.113549.1.9.1", der.ia5("root@gov.cn")))),
        "not-a-sequence": der.tlv(der.SET, b""),
        "three-part-attribute": der.sequence(der.tlv(der.SET, der.sequence(der.oid(CN), text, text))),
        "reversed": der.sequence(_rdn((CN, text)), _rdn(("2.5.4.10", text)), _rdn(("2.5.4.6", der.printable("CN")))),
        "of-the-ca": der.sequence(_rdn((CN, der.utf8("印川市电子政务CA SM2")))),
    }
    for name, value in shapes.items():
        yield f"name-{name}", replace(GOOD, name=value).signed()


# --- attributes ------------------------------------------------------------------------------------------------------


def _nested(depth: int) -> bytes:
    value = der.null()
    for _ in range(depth):
        value = der.sequence(value)
    return value


def _attributes() -> Iterator[Case]:
    asked = _attribute(EXTENSION_REQUEST, der.sequence(_extension(*_WISHES["ca-true"])))
    shapes = {
        "absent": b"",
        "request-twice": der.implicit(0, der.sequence(asked, asked)),
        "request-two-values": der.implicit(
            0, der.sequence(_attribute(EXTENSION_REQUEST, der.sequence(), der.sequence()))
        ),
        "request-no-value": der.implicit(0, der.sequence(_attribute(EXTENSION_REQUEST))),
        "password": der.implicit(0, der.sequence(_attribute("1.2.840.113549.1.9.7", der.utf8("p" * 9000)))),
        "password-number": der.implicit(0, der.sequence(_attribute("1.2.840.113549.1.9.7", der.integer(5)))),
        "double-key": der.implicit(0, der.sequence(_attribute("1.2.840.113549.1.9.63", der.octet_string(OTHER.spki)))),
        "unknown": der.implicit(0, der.sequence(_attribute("1.2.3", der.null()))),
        "thousand": der.implicit(0, der.sequence(*(_attribute(f"1.2.{n}", der.null()) for n in range(1000)))),
        "deep": der.implicit(0, der.sequence(_attribute("1.2.3", _nested(3000)))),
        "not-attributes": der.implicit(0, der.sequence(der.null())),
        "primitive": der.tlv(0x80, b"\x05\x00"),
        "as-sequence": der.sequence(asked),
        "as-tag-1": der.implicit(1, der.sequence(asked)),
        "as-extensions-3": der.explicit(3, der.sequence(_extension(*_WISHES["ca-true"]))),
    }
    for name, value in shapes.items():
        yield f"attributes-{name}", replace(GOOD, attributes=value).signed()
    for name, more in {
        "another-key": OTHER.spki,
        "extensions-3": shapes["as-extensions-3"],
        "nulls": der.null() * 8,
    }.items():
        yield f"more-{name}", replace(GOOD, more=more).signed()


# --- signatures ------------------------------------------------------------------------------------------------------

_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


def _signatures() -> Iterator[Case]:
    info = GOOD.info()
    right = private_keys.sign(KEY, info)
    r, s = (part.as_integer() for part in der.parse(right).children(2))
    pair = lambda a, b: der.sequence(der.integer(a), der.integer(b))  # noqa: E731
    values = {
        "empty": b"",
        "by-another": private_keys.sign(OTHER, info),
        "over-another": private_keys.sign(KEY, info + b"x"),
        "other-signer-id": KEY.sign(info, sm2_id=b"somebody"),
        "zeros": pair(0, 0),
        "r-zero": pair(0, s),
        "s-zero": pair(r, 0),
        "r-order": pair(_ORDER, s),
        "s-plus-order": pair(r, s + _ORDER),
        "r-negative": pair(-r, s),
        "s-negative": pair(r, -s),
        "huge": pair(1 << 20_000, s),
        "swapped": pair(s, r),
        "raw": r.to_bytes(32, "big") + s.to_bytes(32, "big"),
        "trailing": right + b"\x00",
        "third-number": der.sequence(der.integer(r), der.integer(s), der.integer(1)),
        "padded": der.sequence(der.tlv(2, b"\x00\x00" + r.to_bytes(32, "big")), der.integer(s)),
        "text": b"signature",
    }
    for name, value in values.items():
        yield f"signature-{name}", GOOD.signed(value)
    algorithms = {
        "rsa-sha1": der.sequence(der.oid("1.2.840.113549.1.1.5"), der.null()),
        "rsa-md5": der.sequence(der.oid("1.2.840.113549.1.1.4"), der.null()),
        "rsa-sha256": der.sequence(der.oid("1.2.840.113549.1.1.11"), der.null()),
        "ecdsa": der.sequence(der.oid("1.2.840.10045.4.3.2")),
        "ml-dsa": der.sequence(der.oid("2.16.840.1.101.3.4.3.18")),
        "unknown": der.sequence(der.oid("1.2.3")),
        "pss-empty": der.sequence(der.oid("1.2.840.113549.1.1.10"), der.sequence()),
        "empty": der.sequence(),
        "not-a-sequence": der.null(),
        "three-parts": der.sequence(der.oid("1.2.156.10197.1.501"), der.null(), der.null()),
    }
    for name, value in algorithms.items():
        yield f"algorithm-{name}", replace(GOOD, algorithm=value).signed()
    yield "signature-unused-bits", der.sequence(info, SM2_SM3, der.tlv(der.BIT_STRING, b"\x05" + right))
    yield "signature-octets", der.sequence(info, SM2_SM3, der.octet_string(right))
    yield "signature-absent", der.sequence(info, SM2_SM3)
    yield "signature-fourth-part", der.sequence(info, SM2_SM3, der.bit_string(right), der.null())


# --- keys ------------------------------------------------------------------------------------------------------------


def _point(octets: bytes, curve: bytes = der.oid("1.2.156.10197.1.301")) -> bytes:
    return der.sequence(der.sequence(der.oid("1.2.840.10045.2.1"), curve), der.bit_string(octets))


def _spki(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined,no-any-return]


def _rsa(modulus: int, exponent: int) -> bytes:
    numbers = der.sequence(der.integer(modulus), der.integer(exponent))
    return der.sequence(der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null()), der.bit_string(numbers))


def _keys() -> Iterator[Case]:
    point = KEY.spki[-65:]
    keys = {
        "off-the-curve": _point(point[:-1] + bytes((point[-1] ^ 1,))),
        "infinity": _point(b"\x00"),
        "compressed": _point(b"\x02" + point[1:33]),
        "hybrid": _point(b"\x06" + point[1:]),
        "short": _point(point[:-1]),
        "zeros": _point(b"\x04" + bytes(64)),
        "no-curve": _point(point, b""),
        "curve-null": _point(point, der.null()),
        "curve-by-numbers": _point(point, der.sequence(der.integer(1), der.integer(2))),
        "curve-p256": _point(point, der.oid("1.2.840.10045.3.1.7")),
        "p256": _spki(ec.generate_private_key(ec.SECP256R1()).public_key()),
        "p384": _spki(ec.generate_private_key(ec.SECP384R1()).public_key()),
        "k256": _spki(ec.generate_private_key(ec.SECP256K1()).public_key()),
        "rsa-1024": _spki(rsa.generate_private_key(65537, 1024).public_key()),  # noqa: S505 - too short on purpose
        "rsa-exponent-1": _rsa((1 << 2047) + 1, 1),
        "rsa-negative": _rsa(-(1 << 2047) - 1, 65537),
        "rsa-even": _rsa(1 << 2047, 65537),
        "rsa-16384": _rsa((1 << 16383) + 1, 65537),
        "rsa-zero": _rsa(0, 0),
        "dsa": _spki(dsa.generate_private_key(1024).public_key()),  # noqa: S505
        "ed25519": _spki(ed25519.Ed25519PrivateKey.generate().public_key()),
        "x25519": _spki(x25519.X25519PrivateKey.generate().public_key()),
        "ml-dsa": private_keys.generate(Algorithm.ML_DSA_65).spki,
        "of-another": OTHER.spki,
        "not-a-key": der.sequence(der.null()),
        "unused-bits": KEY.spki.replace(b"\x03\x42\x00\x04", b"\x03\x42\x01\x04"),
    }
    for name, spki in keys.items():
        yield f"key-{name}", replace(GOOD, spki=spki).signed()


# --- encodings -------------------------------------------------------------------------------------------------------


def _encodings() -> Iterator[Case]:
    good = GOOD.signed()
    info = GOOD.info()
    tail = good[good.index(info) + len(info) :]
    versions = {"1": 1, "negative": -1, "huge": 1 << 4000}
    for name, number in versions.items():
        yield f"version-{name}", replace(GOOD, version=der.integer(number)).signed()
    yield "version-padded", replace(GOOD, version=b"\x02\x02\x00\x00").signed()
    yield "version-empty", replace(GOOD, version=b"\x02\x00").signed()
    yield "version-absent", replace(GOOD, version=b"").signed()
    shapes = {
        "empty": b"",
        "nothing": b"\x00",
        "random": random.Random(1).randbytes(300),  # noqa: S311 - the same every time is the point
        "trailing": good + b"\x00",
        "trailing-request": good + good,
        "indefinite": b"\x30\x80" + info + tail + b"\x00\x00",
        "long-length": b"\x30\x83\x00" + len(info + tail).to_bytes(2, "big") + info + tail,
        "length-beyond": b"\x30\x84\xff\xff\xff\xff" + info + tail,
        "length-of-lengths": b"\x30\xff" + b"\x01" * 127,
        "high-tag": b"\x3f\x81\x01" + good[1:],
        "set-outside": b"\x31" + good[1:],
        "octet-string": der.octet_string(good),
        "inside-a-sequence": der.sequence(good),
        "pem": b"-----BEGIN CERTIFICATE REQUEST-----",
        "too-large": replace(GOOD, attributes=der.implicit(0, der.octet_string(b"x" * 33_000))).signed(),
        "deep": _nested(8000),
        "info-only": info,
        "json": b'{"csr": 1}',
        "zeros": bytes(1000),
    }
    yield from ((f"encoding-{name}", octets) for name, octets in shapes.items())
    for at in range(1, len(good), max(1, len(good) // 20)):
        yield f"cut-at-{at}", good[:at]


def _flips() -> Iterator[Case]:
    """Sixty requests with a few octets changed, signed before: most fail at the signature, none may pass."""
    chance = random.Random(20261122)  # noqa: S311 - the same every time is the point
    good = GOOD.signed()
    for number in range(60):
        octets = bytearray(good)
        for _ in range(chance.randint(1, 3)):
            octets[chance.randrange(len(octets))] ^= chance.randint(1, 255)
        yield f"flip-{number}", bytes(octets)

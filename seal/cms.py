"""Reading CMS SignedData (签名数据), bounded and without judging: RFC 5652, and GM/T 0010 (GB/T 35275) by its own OIDs.

Signed attributes, certificates and time stamp tokens are kept as the octets that were signed. A verifier must compare
`content` with the document itself: Chinese "detached" signatures often carry a digest there (facts: sealing 2.5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from foundation import der
from foundation.der import DerError, Node
from seal.ber import to_der

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
GM_DATA = "1.2.156.10197.6.1.4.2.1"
GM_SIGNED_DATA = "1.2.156.10197.6.1.4.2.2"

CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
TIME_STAMP_ATTRIBUTE = "1.2.840.113549.1.9.16.2.14"

MOST_SIGNERS = 8
MOST_CERTIFICATES = 64
MOST_ATTRIBUTES = 64


@dataclass(frozen=True, slots=True)
class Attribute:
    oid: str
    raw: bytes
    values: tuple[bytes, ...]
    """Each value as its whole DER, header included."""


@dataclass(frozen=True, slots=True)
class SignerInfo:
    raw: bytes
    version: int
    issuer: bytes | None
    """DER Name of the certificate's issuer; None when the signer is named by key identifier."""
    serial: int | None
    key_identifier: bytes | None
    digest_algorithm: str
    signature_algorithm: str
    signature_parameters: bytes | None
    signature: bytes
    signed_attributes: tuple[Attribute, ...]
    signed_octets: bytes | None
    """What was signed: the attributes re-tagged as SET OF (RFC 5652 5.4); None without signed attributes."""
    unsigned_attributes: tuple[Attribute, ...]

    def signed(self, oid: str) -> Attribute | None:
        return _single(self.signed_attributes, oid)

    @property
    def message_digest(self) -> bytes | None:
        found = self.signed(MESSAGE_DIGEST)
        return der.parse(found.values[0]).as_octets() if found else None

    @property
    def content_type(self) -> str | None:
        found = self.signed(CONTENT_TYPE)
        return der.parse(found.values[0]).as_oid() if found else None

    @property
    def signing_time(self) -> datetime | None:
        found = self.signed(SIGNING_TIME)
        return der.parse(found.values[0]).as_time() if found else None

    @property
    def certificate_hash(self) -> tuple[str, bytes] | None:
        """(digest OID, value) of the first ESSCertIDv2 or ESSCertID; RFC 5035 makes SHA-256 the default."""
        found = self.signed(SIGNING_CERTIFICATE_V2)
        if found:
            first = _first_certificate_id(found.values[0])
            if first[0].tag == der.SEQUENCE:
                return first[0].children(2)[0].as_oid(), first[1].as_octets()
            return "2.16.840.1.101.3.4.2.1", first[0].as_octets()
        old = self.signed(SIGNING_CERTIFICATE)
        return ("1.3.14.3.2.26", _first_certificate_id(old.values[0])[0].as_octets()) if old else None

    @property
    def time_stamps(self) -> tuple[bytes, ...]:
        """Signature time stamp tokens (ContentInfo DER), in order."""
        return tuple(
            value for item in self.unsigned_attributes if item.oid == TIME_STAMP_ATTRIBUTE for value in item.values
        )


@dataclass(frozen=True, slots=True)
class SignedData:
    raw: bytes
    """As it came; equals the DER unless the writer used indefinite lengths."""
    dialect: Literal["cms", "gm"]
    version: int
    digest_algorithms: tuple[str, ...]
    content_type: str
    content: bytes | None
    """The octets of eContent; None when detached."""
    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    """Lists, and other revocation data (RFC 5652 10.2.1: [1], answers of RFC 5940)."""
    signers: tuple[SignerInfo, ...]
    trailing: bytes
    """Octets after the structure: zero padding in a PDF, or a second structure somebody stacked there."""
    indefinite: bool


def read(data: bytes) -> SignedData:
    """The SignedData at the start of `data`. What follows it is handed over in `trailing`, never ignored silently."""
    indefinite = False
    try:
        outer = der.parse(data, trailing=True)
        parsed = _signed_data(outer)
        taken = outer.end
    except DerError:
        if data[1:2] != b"\x80" and b"\x80" not in data[:64]:
            raise
        rewritten, taken = to_der(data)
        indefinite = True
        parsed = _signed_data(der.parse(rewritten))
    dialect, version, digests, content_type, content, certificates, crls, signers = parsed
    return SignedData(
        raw=data[:taken],
        dialect=dialect,
        version=version,
        digest_algorithms=digests,
        content_type=content_type,
        content=content,
        certificates=certificates,
        crls=crls,
        signers=signers,
        trailing=data[taken:],
        indefinite=indefinite,
    )


def read_signer(data: bytes) -> SignerInfo:
    """One SignerInfo by itself: a counter-signature (RFC 5652 11.4)."""
    return _signer(der.parse(data))


_Parsed = tuple[
    Literal["cms", "gm"],
    int,
    tuple[str, ...],
    str,
    bytes | None,
    tuple[bytes, ...],
    tuple[bytes, ...],
    tuple[SignerInfo, ...],
]


def _signed_data(outer: Node) -> _Parsed:
    parts = outer.expect(der.SEQUENCE).children(2)
    if len(parts) != 2:
        raise DerError("ContentInfo")
    kind = parts[0].as_oid()
    if kind not in (SIGNED_DATA, GM_SIGNED_DATA):
        raise DerError(f"content type {kind} is not SignedData")
    inner = parts[1].expect(0xA0).children(1)
    fields = iter(inner[0].expect(der.SEQUENCE).children(6)) if inner else iter(())
    version = _next(fields).as_integer()
    digests = tuple(_algorithm(item)[0] for item in _next(fields).expect(der.SET).children(MOST_SIGNERS))
    content_type, content = _encapsulated(_next(fields))
    node = _next(fields)
    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    if node.tag == 0xA0:
        certificates = tuple(item.raw for item in node.children(MOST_CERTIFICATES) if item.tag == der.SEQUENCE)
        node = _next(fields)
    if node.tag == 0xA1:
        crls = tuple(item.raw for item in node.children(MOST_CERTIFICATES) if item.tag in (der.SEQUENCE, 0xA1))
        node = _next(fields)
    signers = tuple(_signer(item) for item in node.expect(der.SET).children(MOST_SIGNERS))
    dialect: Literal["cms", "gm"] = "gm" if kind == GM_SIGNED_DATA else "cms"
    return dialect, version, digests, content_type, content, certificates, crls, signers


def _encapsulated(node: Node) -> tuple[str, bytes | None]:
    parts = node.expect(der.SEQUENCE).children(2)
    if not parts:
        raise DerError("encapContentInfo")
    if len(parts) == 1:
        return parts[0].as_oid(), None
    inner = parts[1].expect(0xA0).children(1)
    if not inner:
        raise DerError("eContent")
    # PKCS#7 allows any type here; only an OCTET STRING has its header taken off
    content = inner[0].content if inner[0].tag == der.OCTET_STRING else inner[0].raw
    return parts[0].as_oid(), content


def _signer(node: Node) -> SignerInfo:
    fields = iter(node.expect(der.SEQUENCE).children(7))
    version = _next(fields).as_integer()
    issuer, serial, key_identifier = _identifier(_next(fields))
    digest, _ = _algorithm(_next(fields))
    part = _next(fields)
    signed: tuple[Attribute, ...] = ()
    octets: bytes | None = None
    if part.tag == 0xA0:
        signed = _attributes(part)
        octets = b"\x31" + part.raw[1:]
        part = _next(fields)
    algorithm, parameters = _algorithm(part)
    signature = _next(fields).as_octets()
    rest = next(fields, None)
    return SignerInfo(
        raw=node.raw,
        version=version,
        issuer=issuer,
        serial=serial,
        key_identifier=key_identifier,
        digest_algorithm=digest,
        signature_algorithm=algorithm,
        signature_parameters=parameters,
        signature=signature,
        signed_attributes=signed,
        signed_octets=octets,
        unsigned_attributes=_attributes(rest.expect(0xA1)) if rest else (),
    )


def _identifier(node: Node) -> tuple[bytes | None, int | None, bytes | None]:
    if node.tag == 0x80:
        return None, None, node.content
    parts = node.expect(der.SEQUENCE).children(2)
    if len(parts) != 2:
        raise DerError("issuerAndSerialNumber")
    return parts[0].raw, int.from_bytes(parts[1].expect(der.INTEGER).content, "big", signed=True), None


def _attributes(node: Node) -> tuple[Attribute, ...]:
    found = []
    for item in node.children(MOST_ATTRIBUTES):
        parts = item.expect(der.SEQUENCE).children(2)
        if len(parts) != 2:
            raise DerError("Attribute")
        values = tuple(value.raw for value in parts[1].expect(der.SET).children(MOST_ATTRIBUTES))
        found.append(Attribute(parts[0].as_oid(), item.raw, values))
    return tuple(found)


def _single(attributes: tuple[Attribute, ...], oid: str) -> Attribute | None:
    """One attribute of this type with one value; two would let a verifier and a reader see different ones."""
    found = [item for item in attributes if item.oid == oid]
    if not found:
        return None
    if len(found) > 1 or len(found[0].values) != 1:
        raise DerError(f"attribute {oid} must occur once with one value")
    return found[0]


def _first_certificate_id(value: bytes) -> list[Node]:
    certificates = der.parse(value).expect(der.SEQUENCE).children(4)
    items = certificates[0].expect(der.SEQUENCE).children(MOST_CERTIFICATES) if certificates else []
    parts = items[0].expect(der.SEQUENCE).children(4) if items else []
    if not parts:
        raise DerError("signingCertificate")
    return parts


def _algorithm(node: Node) -> tuple[str, bytes | None]:
    parts = node.expect(der.SEQUENCE).children(2)
    if not parts:
        raise DerError("AlgorithmIdentifier")
    return parts[0].as_oid(), parts[1].raw if len(parts) == 2 else None


def _next(fields: Iterator[Node]) -> Node:
    node = next(fields, None)
    if node is None:
        raise DerError("cut off")
    return node

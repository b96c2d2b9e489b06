"""Time stamp tokens (时间戳令牌): TSTInfo inside CMS SignedData (RFC 3161 2.4.2, RFC 5652 5, GB/T 20520).

One signer, signed attributes present, as RFC 3161 demands. Works for SM2 and RSA alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ca import oids
from ca.names import Name, read_name
from ca.reading.algorithms import algorithm_oid, digest_of, scheme_of
from ca.reading.certificate import Certificate, read_certificate, read_serial
from ca.reading.shapes import fields, sole
from foundation import der
from foundation.der import DerError
from hsm.digests import Digest
from hsm.schemes import Scheme

MOST_OCTETS = 256 * 1024


@dataclass(frozen=True, slots=True)
class TstInfo:
    """`raw` is the signed content; `digest` is None for an imprint algorithm we do not know."""

    raw: bytes
    policy: str
    digest: Digest | None
    digest_oid: str
    imprint: bytes
    serial: int
    time: datetime
    accuracy: timedelta | None
    ordering: bool
    nonce: int | None


@dataclass(frozen=True, slots=True)
class TokenSigner:
    """The one SignerInfo. The signature covers `signed_attributes`, the DER SET OF; with SM2, Z goes before it."""

    issuer: Name | None
    serial: int | None
    key_id: bytes | None
    digest: Digest | None
    scheme: Scheme | None
    signed_attributes: bytes
    content_type: str
    message_digest: bytes
    certificate_hash: bytes | None
    """From ESSCertID or ESSCertIDv2: digest of the signer's certificate, under `certificate_digest`."""
    certificate_digest: Digest | None
    signature: bytes
    unsigned_attributes: bytes | None


@dataclass(frozen=True, slots=True)
class TimeStampToken:
    der: bytes
    info: TstInfo
    signer: TokenSigner
    certificates: tuple[bytes, ...]

    def signer_certificate(self) -> Certificate | None:
        """The certificate inside that the SignerInfo names; the others lead up to a root."""
        for octets in self.certificates:
            found = read_certificate(octets)
            if self.signer.key_id is not None and found.subject_key_id == self.signer.key_id:
                return found
            if (found.serial, found.issuer) == (self.signer.serial, self.signer.issuer):
                return found
        return None


def read_token(data: bytes) -> TimeStampToken:
    """Parse one TimeStampToken (a ContentInfo). Raises `DerError`."""
    if len(data) > MOST_OCTETS:
        raise DerError("time stamp larger than 256 KiB")
    outer = fields(der.parse(data), 2, 2, "ContentInfo")
    if outer[0].as_oid() not in (oids.SIGNED_DATA, oids.GM_SIGNED_DATA):
        raise DerError("time stamp is not SignedData")
    parts = fields(sole(outer[1].expect(0xA0)), 4, 6, "SignedData")
    content = fields(parts[2], 2, 2, "content of a time stamp")
    if content[0].as_oid() != oids.TST_INFO:
        raise DerError("content of a time stamp is not TSTInfo")
    certificates = next((part.children(16) for part in parts[3:] if part.tag == 0xA0), [])
    return TimeStampToken(
        der=data,
        info=read_tst_info(sole(content[1].expect(0xA0)).as_octets()),
        signer=_signer(sole(parts[-1].expect(der.SET))),
        certificates=tuple(certificate.raw for certificate in certificates),
    )


def read_tst_info(data: bytes) -> TstInfo:
    version, policy, message, serial, at, *rest = fields(der.parse(data), 5, 10, "TSTInfo")
    if version.as_integer() != 1:
        raise DerError("version of TSTInfo")
    algorithm, imprint = fields(message, 2, 2, "message imprint")
    optional = {part.tag: part for part in rest}
    return TstInfo(
        raw=data,
        policy=policy.as_oid(),
        digest=digest_of(algorithm),
        digest_oid=algorithm_oid(algorithm),
        imprint=imprint.as_octets(),
        serial=read_serial(serial, []),
        time=read_moment(at),
        accuracy=_accuracy(optional[der.SEQUENCE]) if der.SEQUENCE in optional else None,
        ordering=der.BOOLEAN in optional and optional[der.BOOLEAN].content != b"\x00",
        nonce=optional[der.INTEGER].as_integer() if der.INTEGER in optional else None,
    )


_MOMENT = re.compile(rb"(\d{14})(?:\.(\d{1,6})\d*)?Z")


def read_moment(node: der.Node) -> datetime:
    """GeneralizedTime with an optional fraction (RFC 3161 2.4.2)."""
    match = _MOMENT.fullmatch(node.expect(der.GENERALIZED_TIME).content)
    if match is None:
        raise DerError("time of a time stamp")
    try:
        whole = datetime.strptime(match[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise DerError("time of a time stamp") from error
    return whole.replace(microsecond=int((match[2] or b"0").ljust(6, b"0")))


def _accuracy(node: der.Node) -> timedelta:
    units = {der.INTEGER: 1_000_000, 0x80: 1000, 0x81: 1}
    total = 0
    for part in node.children(3):
        if part.tag not in units or not 0 < len(part.content) <= 4:
            raise DerError("accuracy")
        total += int.from_bytes(part.content, "big") * units[part.tag]
    return timedelta(microseconds=total)


def _signer(node: der.Node) -> TokenSigner:
    _, who, digest_algorithm, attributes, algorithm, signature, *unsigned = fields(node, 6, 7, "SignerInfo")
    issuer, serial, key_id = None, None, None
    if who.tag == der.SEQUENCE:
        named = fields(who, 2, 2, "signer identifier")
        issuer, serial = read_name(named[0]), read_serial(named[1], [])
    else:
        key_id = who.expect(0x80).content
    values = _attributes(attributes.expect(0xA0))
    kind, digest = values.get(oids.ATTRIBUTE_CONTENT_TYPE), values.get(oids.ATTRIBUTE_MESSAGE_DIGEST)
    if kind is None or digest is None:
        raise DerError("signed attributes of a time stamp")
    hashed, hashed_with = _certificate_hash(values)
    return TokenSigner(
        issuer=issuer,
        serial=serial,
        key_id=key_id,
        digest=digest_of(digest_algorithm),
        scheme=scheme_of(algorithm, digest_of(digest_algorithm)),
        # signed as a SET OF, sent with an implicit tag (RFC 5652 5.4)
        signed_attributes=b"\x31" + attributes.raw[1:],
        content_type=kind.as_oid(),
        message_digest=digest.as_octets(),
        certificate_hash=hashed,
        certificate_digest=hashed_with,
        signature=signature.as_octets(),
        unsigned_attributes=unsigned[0].raw if unsigned else None,
    )


def _attributes(node: der.Node) -> dict[str, der.Node]:
    """The one value of each attribute; a repeated attribute is refused (RFC 5652 5.3)."""
    found: dict[str, der.Node] = {}
    for entry in node.children(32):
        kind, values = fields(entry, 2, 2, "attribute")
        if kind.as_oid() in found:
            raise DerError("attribute stands twice")
        found[kind.as_oid()] = sole(values.expect(der.SET))
    return found


_HASHES = (
    (oids.ATTRIBUTE_SIGNING_CERTIFICATE_V2, Digest.SHA256),  # RFC 5816: SHA-256 when unnamed
    (oids.ATTRIBUTE_SIGNING_CERTIFICATE, Digest.SHA1),
)


def _certificate_hash(values: dict[str, der.Node]) -> tuple[bytes | None, Digest | None]:
    for kind, unnamed in _HASHES:
        if kind not in values:
            continue
        identifiers = fields(fields(values[kind], 1, 2, "signing certificate")[0], 1, 16, "signing certificate")
        first, *rest = fields(identifiers[0], 1, 3, "ESSCertID")
        if first.tag == der.SEQUENCE and rest:
            return rest[0].as_octets(), digest_of(first)
        return first.as_octets(), unnamed
    return None, None

"""One certificate (数字证书), parsed into a frozen record over its original octets (RFC 5280 4.1, GB/T 20518 5.2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from ca import oids
from ca.names import Name, read_name
from ca.reading.algorithms import algorithm_oid, scheme_of
from ca.reading.extensions import Extension, read_extensions, urls_of_access, urls_of_points
from ca.reading.shapes import fields, sole
from foundation import der
from foundation.der import DerError
from hsm.schemes import Scheme

MOST_OCTETS = 64 * 1024
_SERIAL_MOST = 32
_KEPT = 512
"""Of what stands alike in thousands of certificates: usages, policies, issuers. Never of subjects."""


class KeyUsage(StrEnum):
    """RFC 5280 4.2.1.3, in bit order."""

    DIGITAL_SIGNATURE = "digitalSignature"
    NON_REPUDIATION = "nonRepudiation"
    KEY_ENCIPHERMENT = "keyEncipherment"
    DATA_ENCIPHERMENT = "dataEncipherment"
    KEY_AGREEMENT = "keyAgreement"
    KEY_CERT_SIGN = "keyCertSign"
    CRL_SIGN = "cRLSign"
    ENCIPHER_ONLY = "encipherOnly"
    DECIPHER_ONLY = "decipherOnly"


_BITS = tuple(KeyUsage)


@dataclass(frozen=True, repr=False)
class Certificate:
    """What a certificate says. `tbs` is the exact slice the signature covers."""

    der: bytes
    tbs: bytes
    version: int
    serial: int
    issuer: Name
    subject: Name
    not_before: datetime
    not_after: datetime
    spki: bytes
    signature_algorithm: bytes
    scheme: Scheme | None
    """None: an algorithm we do not know; the certificate can be shown but not trusted."""
    signature: bytes
    extensions: tuple[Extension, ...]
    key_usage: frozenset[KeyUsage] | None
    eku: tuple[str, ...]
    is_ca: bool
    path_len: int | None
    subject_key_id: bytes | None
    authority_key_id: bytes | None
    crl_urls: tuple[str, ...]
    ocsp_urls: tuple[str, ...]
    issuer_urls: tuple[str, ...]
    policies: tuple[str, ...]
    deviations: tuple[str, ...]
    """Departures from DER or the profile that we tolerate and a verifier should report."""

    def __repr__(self) -> str:
        """Names no one: a certificate of a citizen must not leak into a log through a traceback."""
        return f"Certificate(serial={self.serial:x}, {len(self.der)} octets)"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the octets, hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def self_issued(self) -> bool:
        return self.issuer.raw == self.subject.raw

    def find(self, oid: str) -> Extension | None:
        return next((extension for extension in self.extensions if extension.oid == oid), None)

    def allows(self, usage: KeyUsage) -> bool:
        """An absent key usage allows everything (RFC 5280 4.2.1.3)."""
        return self.key_usage is None or usage in self.key_usage

    def valid_at(self, at: datetime) -> bool:
        return self.not_before <= at <= self.not_after


def read_certificate(data: bytes) -> Certificate:
    """Parse one DER certificate. Raises `DerError`."""
    if len(data) > MOST_OCTETS:
        raise DerError("certificate larger than 64 KiB")
    tbs, algorithm, signature = fields(der.parse(data), 3, 3, "a certificate has three parts")
    facts = _read_tbs(tbs)
    if algorithm_oid(facts.algorithm) != algorithm_oid(algorithm):
        raise DerError("signature algorithms inside and outside differ")
    deviations = list(facts.deviations)
    if facts.algorithm.raw != algorithm.raw:
        deviations.append("algorithm-parameters-differ")
    return facts.certificate(data, tbs.raw, algorithm, signature.as_bits(), deviations)


def read_tbs(data: bytes) -> Certificate:
    """Parse a to-be-signed certificate as if it were signed with nothing; the lints look at one."""
    tbs = der.parse(data)
    facts = _read_tbs(tbs)
    return facts.certificate(b"", tbs.raw, facts.algorithm, b"", facts.deviations)


@dataclass
class _Facts:
    version: int
    serial: int
    algorithm: der.Node
    issuer: Name
    subject: Name
    not_before: datetime
    not_after: datetime
    spki: bytes
    extensions: tuple[Extension, ...]
    deviations: list[str]

    def certificate(
        self, whole: bytes, tbs: bytes, algorithm: der.Node, signature: bytes, deviations: list[str]
    ) -> Certificate:
        found = {extension.oid: extension.value for extension in self.extensions}
        is_ca, path_len = _basic_constraints(found.get(oids.BASIC_CONSTRAINTS))
        ocsp_urls, issuer_urls = urls_of_access(found.get(oids.AUTHORITY_INFO_ACCESS))
        scheme, parameters = _scheme(algorithm.raw)
        if parameters:
            deviations = [*deviations, "sm2-parameters-present"]
        return Certificate(
            der=whole,
            tbs=tbs,
            version=self.version,
            serial=self.serial,
            issuer=self.issuer,
            subject=self.subject,
            not_before=self.not_before,
            not_after=self.not_after,
            spki=self.spki,
            signature_algorithm=algorithm.raw,
            scheme=scheme,
            signature=signature,
            extensions=self.extensions,
            key_usage=_key_usage(found.get(oids.KEY_USAGE)),
            eku=_oid_list(found.get(oids.EXTENDED_KEY_USAGE)),
            is_ca=is_ca,
            path_len=path_len,
            subject_key_id=_octets(found.get(oids.SUBJECT_KEY_ID)),
            authority_key_id=_authority_key_id(found.get(oids.AUTHORITY_KEY_ID)),
            crl_urls=urls_of_points(found.get(oids.CRL_DISTRIBUTION_POINTS)),
            ocsp_urls=ocsp_urls,
            issuer_urls=issuer_urls,
            policies=_policies(found.get(oids.CERTIFICATE_POLICIES)),
            deviations=tuple(deviations),
        )


def _read_tbs(tbs: der.Node) -> _Facts:
    parts = tbs.expect(der.SEQUENCE).children(12)
    deviations: list[str] = []
    version = 1
    if parts and parts[0].tag == 0xA0:
        version = sole(parts[0]).as_integer() + 1
        parts = parts[1:]
    if len(parts) < 6 or version not in (1, 2, 3):
        raise DerError("to-be-signed certificate")
    validity = fields(parts[3], 2, 2, "validity")
    extensions: tuple[Extension, ...] = ()
    for part in parts[6:]:
        if part.tag == 0xA3:
            extensions = read_extensions(sole(part), deviations)
        elif part.tag & 0xDF not in (0x81, 0x82):  # issuerUniqueID, subjectUniqueID
            raise DerError("unknown part of a certificate")
    return _Facts(
        version,
        read_serial(parts[0], deviations),
        parts[1],
        _issuer(parts[2].raw),
        read_name(parts[4]),
        validity[0].as_time(),
        validity[1].as_time(),
        parts[5].expect(der.SEQUENCE).raw,
        extensions,
        deviations,
    )


@lru_cache(maxsize=_KEPT)
def _scheme(raw: bytes) -> tuple[Scheme | None, bool]:
    """The scheme of a signature algorithm, and whether SM2 has parameters it should not have."""
    algorithm = der.parse(raw)
    parameters = bool(algorithm.children(2)[1:])
    return scheme_of(algorithm), parameters and algorithm_oid(algorithm) == "1.2.156.10197.1.501"


@lru_cache(maxsize=_KEPT)
def _issuer(raw: bytes) -> Name:
    return read_name(der.parse(raw))


def read_serial(node: der.Node, deviations: list[str]) -> int:
    """Old CAs wrote serials that are negative or not minimal; they are read, and said."""
    content = node.expect(der.INTEGER).content
    if not 0 < len(content) <= _SERIAL_MOST:
        raise DerError("serial number")
    serial = int.from_bytes(content, "big", signed=True)
    if serial <= 0 or len(content) > 20 or der.integer(serial) != node.raw:
        deviations.append("serial-number")
    return serial


@lru_cache(maxsize=_KEPT)
def _key_usage(value: bytes | None) -> frozenset[KeyUsage] | None:
    if value is None:
        return None
    bits = der.parse(value).as_bits()
    return frozenset(usage for at, usage in enumerate(_BITS) if at // 8 < len(bits) and bits[at // 8] & 0x80 >> at % 8)


@lru_cache(maxsize=_KEPT)
def _basic_constraints(value: bytes | None) -> tuple[bool, int | None]:
    if value is None:
        return False, None
    parts = der.parse(value).expect(der.SEQUENCE).children(2)
    is_ca = bool(parts) and parts[0].tag == der.BOOLEAN and parts[0].content != b"\x00"
    limit = next((part.as_integer() for part in parts if part.tag == der.INTEGER), None)
    return is_ca, limit


@lru_cache(maxsize=_KEPT)
def _oid_list(value: bytes | None) -> tuple[str, ...]:
    return () if value is None else tuple(node.as_oid() for node in der.parse(value).expect(der.SEQUENCE).children(64))


def _octets(value: bytes | None) -> bytes | None:
    return None if value is None else der.parse(value).as_octets()


@lru_cache(maxsize=_KEPT)
def _authority_key_id(value: bytes | None) -> bytes | None:
    if value is None:
        return None
    parts = der.parse(value).expect(der.SEQUENCE).children(3)
    return next((part.content for part in parts if part.tag == 0x80), None)


@lru_cache(maxsize=_KEPT)
def _policies(value: bytes | None) -> tuple[str, ...]:
    if value is None:
        return ()
    found = der.parse(value).expect(der.SEQUENCE).children(64)
    return tuple(fields(policy, 1, 2, "policy")[0].as_oid() for policy in found)


_PEM = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\s]{1,100000})-----END")


def read_certificates(data: bytes) -> list[Certificate]:
    """Every certificate in a file: one in DER, or PEM blocks, or bare base64 as some tools export."""
    if data[:1] == b"\x30":
        return [read_certificate(data)]
    blocks = _PEM.findall(data) or [data]
    try:
        return [read_certificate(base64.b64decode(b"".join(block.split()), validate=True)) for block in blocks]
    except binascii.Error as error:
        raise DerError("neither DER nor PEM") from error

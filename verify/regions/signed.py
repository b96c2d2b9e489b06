"""Signed lists of regions (签名信任列表): JWS in JSON, one or several signatures (RFC 7515 7.2.1), by pins.

A list is believed for the certificates pinned by whoever reads it and for how many of them must have signed, never for
a chain it brings along. SM2 under `SGD_SM3_SM2` (GM/T 0006), RSA and P-256 under their registered names.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ca.reading import Certificate, read_certificate
from foundation import base64url
from foundation.der import DerError
from foundation.errors import InvalidInput
from foundation.text import Text
from hsm import signature_value
from hsm.digests import sha256
from hsm.errors import BadKey, BadSignature
from hsm.schemes import Scheme
from hsm.verifying import DEFAULT_SM2_ID, verify
from verify.regions.shapes import BadEntry, RegionList, read_list, read_object

TYPE = "region-trust-list+json"
_MOST_SIGNATURES = 16
_ALGORITHMS: Mapping[str, tuple[Scheme, int | None]] = {
    "SGD_SM3_SM2": (Scheme.SM2_SM3, signature_value.SM2_ORDER),
    "ES256": (Scheme.ECDSA_SHA256, signature_value.P256_ORDER),
    "RS256": (Scheme.RSA_SHA256, None),
}


@dataclass(frozen=True, slots=True)
class Pins:
    """Whose signatures count, and how many of them there must be."""

    certificates: tuple[Certificate, ...]
    threshold: int = 1


@dataclass(frozen=True, slots=True)
class SignedList:
    """`sha256`: of the octets as published, which the next edition names as its `previous`."""

    octets: bytes
    list: RegionList
    signers: tuple[Certificate, ...]

    @property
    def sha256(self) -> str:
        return sha256(self.octets).hex()


class NotBelieved(InvalidInput):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__(
            "verify.list_not_believed",
            Text(f"不能采信该信任列表：{zh}。", f"The list of regions is not believed: {en}."),
        )


def signing_input(certificate: bytes, payload: bytes, algorithm: str = "SGD_SM3_SM2") -> bytes:
    header = {"alg": algorithm, "typ": TYPE, "x5c": [base64.b64encode(certificate).decode("ascii")]}
    head = json.dumps(header, separators=(",", ":")).encode("ascii")
    return f"{base64url.encode(head)}.{base64url.encode(payload)}".encode("ascii")


def assemble(parts: Iterable[tuple[bytes, bytes]]) -> bytes:
    """`parts`: signing inputs over one payload, each with its value as the signer gives it."""
    signatures, payload = [], ""
    for together, value in parts:
        head, _, body = together.partition(b".")
        payload = body.decode("ascii")
        raw = value if _header(_unb64(head))[0] == "RS256" else signature_value.to_raw(value)
        signatures.append({"protected": head.decode("ascii"), "signature": base64url.encode(raw)})
    return json.dumps({"payload": payload, "signatures": signatures}, separators=(",", ":")).encode("ascii")


def payload_of(octets: bytes) -> bytes:
    """What a list says, whoever signed it."""
    body = read_object(octets, {"payload", "signatures"})["payload"]
    if not isinstance(body, str):
        raise BadEntry("签名结构有误", "the payload is no text")
    return _unb64(body)


def claimed_signers(octets: bytes) -> tuple[Certificate, ...]:
    """The certificates a list brings along. Nobody has vouched for them: to be shown, never to be believed."""
    entries = read_object(octets, {"payload", "signatures"})["signatures"]
    if not isinstance(entries, list) or not 0 < len(entries) <= _MOST_SIGNATURES:
        raise BadEntry("签名结构有误", "the signatures are no list")
    try:
        return tuple(read_certificate(_header(_unb64(str(entry["protected"])))[1]) for entry in entries)
    except (DerError, KeyError, TypeError) as error:
        raise BadEntry("签署者证书无法读取", "a signer's certificate cannot be read") from error


def verified(octets: bytes, pins: Pins, now: datetime) -> SignedList:
    """The list, when enough pinned signers signed it; raises `NotBelieved` or `BadEntry`."""
    outer = read_object(octets, {"payload", "signatures"})
    body, entries = outer["payload"], outer["signatures"]
    if not isinstance(body, str) or not isinstance(entries, list) or not 0 < len(entries) <= _MOST_SIGNATURES:
        raise BadEntry("签名结构有误", "the signatures are no list")
    known = {one.fingerprint: one for one in pins.certificates}
    signers: dict[str, Certificate] = {}
    for entry in entries:
        signer = _signer(entry, body, known, now)
        if signer is not None:
            signers[signer.fingerprint] = signer
    if len(signers) < max(1, pins.threshold):
        zh = f"需要 {pins.threshold} 个已确认的签署者签名，只有 {len(signers)} 个"
        en = f"it needs {pins.threshold} signatures of agreed signers and has {len(signers)}"
        raise NotBelieved(zh, en)
    return SignedList(octets, read_list(_unb64(body)), tuple(signers.values()))


def read_signing_input(data: bytes) -> tuple[bytes, RegionList]:
    """The signer's certificate and the list that is about to be signed."""
    head, _, body = data.partition(b".")
    algorithm, certificate = _header(_unb64(head))
    if algorithm != "SGD_SM3_SM2":
        raise BadEntry("签名算法有误", "the algorithm is not ours")
    return certificate, read_list(_unb64(body))


def _signer(entry: object, body: str, known: Mapping[str, Certificate], now: datetime) -> Certificate | None:
    """A pinned signer whose signature stands; None for somebody else's, an error for a pinned one that is broken."""
    if not isinstance(entry, dict) or entry.keys() != {"protected", "signature"}:
        raise BadEntry("签名结构有误", "a signature has other fields")
    head, value = str(entry["protected"]), _unb64(str(entry["signature"]))
    algorithm, octets = _header(_unb64(head))
    try:
        certificate = read_certificate(octets)
    except DerError as error:
        raise BadEntry("签署者证书无法读取", "a signer's certificate cannot be read") from error
    if certificate.fingerprint not in known:
        return None
    if not certificate.valid_at(now):
        raise NotBelieved("签署者证书不在有效期内", "the certificate of a signer is not valid now")
    scheme, order = _ALGORITHMS[algorithm]
    try:
        signature = value if order is None else signature_value.from_raw(value, order)
        verify(certificate.spki, scheme, f"{head}.{body}".encode("ascii"), signature, sm2_id=DEFAULT_SM2_ID)
    except (BadKey, BadSignature, UnicodeEncodeError) as error:
        raise NotBelieved(
            "签名不成立，内容可能被改动", "a signature does not hold; it may have been changed"
        ) from error
    return certificate


def _header(octets: bytes) -> tuple[str, bytes]:
    head = read_object(octets, {"alg", "typ", "x5c"})
    chain = head["x5c"]
    if head["alg"] not in _ALGORITHMS or head["typ"] != TYPE or not isinstance(chain, list) or len(chain) != 1:
        raise BadEntry("签名头有误", "the header is not of a list of regions")
    try:
        return str(head["alg"]), base64.b64decode(str(chain[0]).encode("ascii"), validate=True)
    except ValueError as error:
        raise BadEntry("签署者证书无法读取", "a signer's certificate cannot be read") from error


def _unb64(text: str | bytes) -> bytes:
    try:
        return base64url.decode(text)
    except base64url.NotBase64Url as error:
        raise BadEntry("编码有误", "it is not base64url") from error

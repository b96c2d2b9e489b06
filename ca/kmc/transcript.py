"""Transcripts of recoveries (密钥恢复记录): statement, the escrow's signed account, certificates; in one JSON file.

Verifying needs this file and a root certificate, no database. The report says each thing that was checked, and why the
transcript does not stand when it does not.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from ca import oids
from ca.kmc.centre import KMC
from ca.kmc.errors import BadTranscript
from ca.kmc.statements import Statement, canonical
from ca.reading.certificate import Certificate, KeyUsage, read_certificate
from ca.signatures import check_certificate
from foundation.der import DerError
from foundation.text import Text
from hsm.errors import BadSignature
from hsm.escrow import attesting
from hsm.escrow.shapes import LEAST_APPROVALS, Attestation
from hsm.schemes import Scheme
from hsm.verifying import DEFAULT_SM2_ID, verify

TYPE = "yinxin-kmc-transcript-1"
MOST_OCTETS = 1024 * 1024
_MEMBERS = {"type", "statement", "attestation", "signature", "centre", "chain", "recipient"}


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    good: bool
    text: Text


@dataclass(frozen=True, slots=True)
class TranscriptReport:
    findings: tuple[Finding, ...]
    statement: dict[str, Any]
    account: dict[str, Any]
    signer: str

    @property
    def genuine(self) -> bool:
        return all(one.good for one in self.findings)


def write_transcript(
    statement: Statement,
    said: Attestation,
    centre: Certificate,
    chain: Sequence[Certificate],
    recipient: Certificate,
) -> bytes:
    return canonical(
        {
            "type": TYPE,
            "statement": _text(statement.octets),
            "attestation": _text(said.octets),
            "signature": _text(said.signature),
            "centre": _text(centre.der),
            "chain": [_text(one.der) for one in chain],
            "recipient": _text(recipient.der),
        }
    )


def verify_transcript(octets: bytes, roots: Sequence[bytes]) -> TranscriptReport:
    """Raises `BadTranscript` for a file that is none; the rest are findings. `roots` are trusted certificates."""
    said = _read(octets)
    statement, account = Statement(_octets(said["statement"])), _octets(said["attestation"])
    try:
        centre, recipient = read_certificate(_octets(said["centre"])), read_certificate(_octets(said["recipient"]))
        chain = [read_certificate(_octets(one)) for one in said["chain"]]
    except DerError as error:
        raise BadTranscript(Text("证书无法解析", "a certificate cannot be read")) from error
    told, asked = _account(account), statement.members
    released = _moment(told.get("released_at"))
    findings = (
        _signature(centre, account, _octets(said["signature"])),
        _path(centre, chain, roots, released),
        _role(centre),
        _finding(
            "statement",
            told.get("statement_sha256") == statement.digest.hex() and told.get("grant") == asked.get("id"),
            Text("签名记录对应本申请书", "the signed account is about this statement"),
        ),
        _recipient(recipient, asked, told),
        _finding(
            "keys",
            _pairs(asked.get("keys")) == _pairs(told.get("keys")) and bool(asked.get("keys")),
            Text("交付的密钥就是所申请的密钥", "the keys that left are the keys asked for"),
        ),
        _finding("envelopes", _sealed(told.get("keys")), Text("每把密钥的信封均有记录", "every envelope is on record")),
        _quorum(asked, told, released),
    )
    return TranscriptReport(findings, asked, told, centre.subject.text)


def _read(octets: bytes) -> dict[str, Any]:
    try:
        found = json.loads(octets) if len(octets) <= MOST_OCTETS else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("type") != TYPE or set(found) != _MEMBERS:
        raise BadTranscript(Text("文件格式不对", "the file has another shape"))
    if not isinstance(found["chain"], list) or len(found["chain"]) > 8:
        raise BadTranscript(Text("证书链格式不对", "the chain has another shape"))
    return found


def _account(octets: bytes) -> dict[str, Any]:
    try:
        found = json.loads(octets)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("type") != attesting.TYPE:
        raise BadTranscript(Text("签名记录格式不对", "the signed account has another shape"))
    return found


def _signature(centre: Certificate, account: bytes, signature: bytes) -> Finding:
    text = Text("密钥管理中心的签名有效", "the key centre's signature stands")
    try:
        verify(centre.spki, Scheme.SM2_SM3, account, signature, sm2_id=DEFAULT_SM2_ID)
    except BadSignature:
        return Finding("signature", good=False, text=text)
    return Finding("signature", good=True, text=text)


def _path(centre: Certificate, chain: Sequence[Certificate], roots: Sequence[bytes], at: datetime | None) -> Finding:
    """Link by link up to a trusted root, each valid when the keys left."""
    text = Text("证书链到受信任的根且当时有效", "its chain ends in a trusted root and was valid then")
    trusted = {hashlib.sha256(one).hexdigest() for one in roots}
    links = [centre, *chain]
    good = at is not None and all(one.not_before <= at <= one.not_after for one in links)
    try:
        for below, above in pairwise(links):
            good = good and above.is_ca and above.subject.raw == below.issuer.raw
            check_certificate(below, above.spki)
    except BadSignature:
        good = False
    return Finding("path", good=good and links[-1].fingerprint in trusted, text=text)


def _role(centre: Certificate) -> Finding:
    """A citizen's certificate comes from the same CA; only the centre's has the centre's policy."""
    policy = any(one.startswith(f"{oids.EXAMPLE_ARC}.") and one.endswith(f".1.{KMC.number}") for one in centre.policies)
    signs = KeyUsage.DIGITAL_SIGNATURE in (centre.key_usage or ())
    return _finding("role", policy and signs, Text("签名者是密钥管理中心", "the signer is the key centre"))


def _recipient(recipient: Certificate, asked: dict[str, Any], told: dict[str, Any]) -> Finding:
    named, spki = asked.get("recipient"), hashlib.sha256(recipient.spki).hexdigest()
    good = (
        isinstance(named, dict)
        and named.get("certificate_sha256") == recipient.fingerprint
        and named.get("spki_sha256") == told.get("recipient_sha256") == spki
    )
    return _finding("recipient", good, Text("密钥只封装给所申请的证书", "keys were sealed to the certificate named"))


def _quorum(asked: dict[str, Any], told: dict[str, Any], released: datetime | None) -> Finding:
    """Enough different people, none of them the requester, nobody against, each yes still in force."""
    text = Text("批准人数足够、互不相同且非申请人", "enough different people agreed, and not the requester")
    kinds = {kind.value: least for kind, least in LEAST_APPROVALS.items()}
    least, quorum, said = kinds.get(str(told.get("kind"))), told.get("quorum"), told.get("approvals")
    if least is None or not isinstance(quorum, int) or not isinstance(said, list) or released is None:
        return Finding("quorum", good=False, text=text)
    same = all(asked.get(name) == told.get(name) for name in ("kind", "quorum", "requester"))
    voices = [one for one in said if isinstance(one, dict)]
    yes = {one.get("approver") for one in voices if one.get("approved") is True and _in_force(one, released)}
    against = any(one.get("approved") is not True for one in voices)
    good = same and not against and told.get("requester") not in yes and len(yes) >= max(quorum, least)
    return Finding("quorum", good=good, text=text)


def _in_force(one: dict[str, Any], released: datetime) -> bool:
    at, until = _moment(one.get("at")), _moment(one.get("until"))
    return at is not None and until is not None and at <= released < until


def _pairs(keys: object) -> set[tuple[object, object]] | None:
    if not isinstance(keys, list) or not all(isinstance(one, dict) for one in keys):
        return None
    return {(one.get("id"), one.get("spki_sha256")) for one in keys}


def _sealed(keys: object) -> bool:
    return isinstance(keys, list) and all(isinstance(one, dict) and one.get("envelope_sha256") for one in keys)


def _finding(code: str, good: object, text: Text) -> Finding:
    return Finding(code, good=bool(good), text=text)


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _octets(text: object) -> bytes:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError as error:
        raise BadTranscript(Text("编码不对", "it is not base64")) from error

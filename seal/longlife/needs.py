"""What a sealed PDF needs to be judged alone (所需凭据): its signers and their time stamps.

Every filled signature field is looked at; one we cannot read is a reason not to extend, never to pass over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyhanko.sign.fields import enumerate_sig_fields

from ca.reading import Certificate, read_certificate
from ca.reading.stamp import TimeStampToken, read_token
from foundation.der import DerError
from seal import cms, ses
from seal.longlife.levels import NotExtendable
from seal.pdf.pages import entry

_SES = "/GM.sm2seal"
_STAMP = "/ETSI.RFC3161"
ALWAYS = datetime(1950, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Signer:
    """One certificate that must be shown good by data made at `after` or later."""

    certificate: Certificate
    brought: tuple[bytes, ...]
    after: datetime


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature dictionary. `time`: of its own time stamp; None for a signature without one (B-B)."""

    contents: bytes
    signers: tuple[Signer, ...]
    time: datetime | None
    is_stamp: bool = False


def signatures(reader: Any) -> tuple[Signature, ...]:
    """All of the last revision; call it inside `reading()`."""
    found = []
    for _, value, _ in enumerate_sig_fields(reader):
        if value is not None:
            found.append(_signature(value.get_object()))
    if not found:
        raise NotExtendable("文件没有签章", "it carries no signature")
    return tuple(found)


def _signature(value: Any) -> Signature:
    raw = entry(value, "/Contents")
    contents = bytes(raw.original_bytes if hasattr(raw, "original_bytes") else raw)
    subfilter = str(entry(value, "/SubFilter", ""))
    try:
        if subfilter == _STAMP:
            token = _token(contents)
            return Signature(contents, (_authority(token),), token.info.time, is_stamp=True)
        if subfilter == _SES:
            return _seal(contents)
        return _cms(contents)
    except DerError as error:
        raise NotExtendable(
            "其中一个签名无法读取", f"one of its signatures cannot be read ({error.detail.en})"
        ) from error


def _cms(contents: bytes) -> Signature:
    signed = cms.read(contents)
    if len(signed.signers) != 1:
        raise NotExtendable("一个签名中有多个签名者", "one of its signatures has several signers")
    signer = signed.signers[0]
    certificate = next(
        (
            item
            for item in map(read_certificate, signed.certificates)
            if (item.issuer.raw, item.serial) == (signer.issuer, signer.serial)
            or (signer.key_identifier is not None and item.subject_key_id == signer.key_identifier)
        ),
        None,
    )
    if certificate is None:
        raise NotExtendable("签名中没有签名者证书", "a signature does not carry its certificate")
    tokens = [read_token(item) for item in signer.time_stamps]
    return _told(contents, certificate, signed.certificates, tokens)


def _seal(contents: bytes) -> Signature:
    signature = ses.read_signature(_one(contents))
    tokens = [read_token(signature.time_stamp)] if signature.time_stamp is not None else []
    return _told(contents, read_certificate(signature.certificate), (), tokens)


def _told(
    contents: bytes, certificate: Certificate, brought: tuple[bytes, ...], tokens: list[TimeStampToken]
) -> Signature:
    time = min((token.info.time for token in tokens), default=None)
    signer = Signer(certificate, brought, time or ALWAYS)
    return Signature(contents, (signer, *map(_authority, tokens)), time)


def _authority(token: TimeStampToken) -> Signer:
    found = token.signer_certificate()
    if found is None:
        raise NotExtendable("时间戳中没有时间戳机构的证书", "a time stamp does not carry its authority's certificate")
    return Signer(found, token.certificates, token.info.time)


def _token(contents: bytes) -> TimeStampToken:
    return read_token(_one(contents))


def _one(contents: bytes) -> bytes:
    """The structure without the zeros of its reserved place."""
    if len(contents) < 4 or contents[0] != 0x30:
        raise DerError("/Contents")
    if contents[1] < 0x80:
        return contents[: 2 + contents[1]]
    count = contents[1] & 0x7F
    return contents[: 2 + count + int.from_bytes(contents[2 : 2 + count], "big")]

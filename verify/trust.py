"""What a verifier believes (信任库): roots, intermediates, revocation data, code keys and templates.

A folder (`roots/ intermediates/ certificates/ crls/ ocsp/ templates/`), one certificate file, or a composition from our
own CA. Nothing here is fetched from a network, and nothing in a judged file can add to it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from ca.reading import (
    Certificate,
    CertificateList,
    OcspResponse,
    read_certificate,
    read_certificates,
    read_crl,
    read_ocsp_response,
)
from foundation import der
from foundation.der import DerError
from foundation.errors import InvalidInput, NotFound
from foundation.text import Text
from seal import cms
from verify.code_templates import CodeTemplate

_T = TypeVar("_T")
MOST_FILES = 4096
MOST_SMALL = 1024 * 1024
MOST_CRL = 128 * 1024 * 1024


class Use(StrEnum):
    """What a root may vouch for. A root without an entry in `purposes.json` may vouch for everything."""

    SEAL = "seal"
    SEAL_MAKING = "seal-making"
    TIMESTAMP = "timestamp"
    CODE = "code"
    CERTIFICATE = "certificate"


@dataclass(frozen=True)
class TrustStore:
    """Immutable; make a new one when the data changes. `anchors` end a path, `intermediates` only help to build one."""

    anchors: tuple[Certificate, ...] = ()
    intermediates: tuple[Certificate, ...] = ()
    leaves: tuple[Certificate, ...] = ()
    """Published end-entity certificates: code signers and seals."""
    crls: tuple[CertificateList, ...] = ()
    ocsp: tuple[OcspResponse, ...] = ()
    templates: tuple[CodeTemplate, ...] = ()
    purposes: Mapping[str, frozenset[Use]] = field(default_factory=dict)
    """SHA-256 of a root → its uses."""

    @classmethod
    def build(
        cls,
        roots: Iterable[bytes],
        *,
        intermediates: Iterable[bytes] = (),
        leaves: Iterable[bytes] = (),
        crls: Iterable[bytes] = (),
        ocsp: Iterable[bytes] = (),
        templates: Iterable[CodeTemplate] = (),
    ) -> TrustStore:
        """From DER, as the composition root of a region does."""
        return cls(
            tuple(read_certificate(data) for data in roots),
            tuple(read_certificate(data) for data in intermediates),
            tuple(read_certificate(data) for data in leaves),
            tuple(read_crl(data) for data in crls),
            tuple(read_ocsp_response(data) for data in ocsp),
            tuple(templates),
        )

    @classmethod
    def load(cls, place: Path) -> TrustStore:
        """A trust folder or a single file of certificates, each of which is then an anchor."""
        if place.is_dir():
            return _load_folder(place)
        if not place.is_file():
            raise NotFound(
                "verify.no_trust",
                Text(f"找不到信任库：{place.name}", f"There is no trust folder or file named {place.name}."),
            )
        return cls(tuple(_certificates(place, _bounded(place, MOST_SMALL))))

    def may(self, anchor: Certificate, use: Use) -> bool:
        allowed = self.purposes.get(anchor.fingerprint)
        return allowed is None or use in allowed

    @cached_property
    def anchor_prints(self) -> frozenset[str]:
        return frozenset(anchor.fingerprint for anchor in self.anchors)

    @cached_property
    def by_subject(self) -> Mapping[bytes, tuple[Certificate, ...]]:
        found: dict[bytes, tuple[Certificate, ...]] = {}
        for certificate in (*self.anchors, *self.intermediates):
            found[certificate.subject.raw] = (*found.get(certificate.subject.raw, ()), certificate)
        return found

    @cached_property
    def crls_by_issuer(self) -> Mapping[bytes, tuple[CertificateList, ...]]:
        found: dict[bytes, tuple[CertificateList, ...]] = {}
        for crl in self.crls:
            found[crl.issuer.raw] = (*found.get(crl.issuer.raw, ()), crl)
        return found

    @cached_property
    def fingerprint(self) -> str:
        """Short name of exactly this set of anchors, for logs and reports."""
        return hashlib.sha256("".join(sorted(self.anchor_prints)).encode()).hexdigest()[:16]


def _load_folder(place: Path) -> TrustStore:
    def certificates(folder: str) -> tuple[Certificate, ...]:
        files = _files(place / folder, (".cer", ".crt", ".pem", ".der", ".p7b"))
        return tuple(c for file in files for c in _certificates(file, _bounded(file, MOST_SMALL)))

    crls = [
        _parsed(file, lambda path: read_crl(_unarmoured(_bounded(path, MOST_CRL))))
        for file in _files(place / "crls", (".crl", ".pem"))
    ]
    answers = [
        _parsed(file, lambda path: read_ocsp_response(_bounded(path, MOST_SMALL)))
        for file in _files(place / "ocsp", (".ors", ".ocsp", ".der"))
    ]
    templates = [CodeTemplate.from_json(_json(file)) for file in _files(place / "templates", (".json",))]
    store = TrustStore(
        certificates("roots"),
        certificates("intermediates"),
        certificates("certificates"),
        tuple(crls),
        tuple(answers),
        tuple(templates),
        _purposes(place / "purposes.json"),
    )
    if not store.anchors:
        raise InvalidInput(
            "verify.no_roots",
            Text(
                "信任库的 roots/ 中没有根证书，任何文件都无法判断。请放入至少一张根证书。",
                "The trust folder holds no certificate in roots/, so nothing could be judged. Put at least one there.",
            ),
        )
    return store


def _files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    if not folder.is_dir():
        return []
    found = sorted(file for file in folder.iterdir() if file.suffix.lower() in suffixes and file.is_file())
    if len(found) > MOST_FILES:
        raise _bad(folder, "too many files")
    return found


def _bounded(file: Path, most: int) -> bytes:
    if file.stat().st_size > most:
        raise _bad(file, "too large")
    return file.read_bytes()


def _parsed(file: Path, parse: Callable[[Path], _T]) -> _T:
    try:
        return parse(file)
    except DerError as error:
        raise _bad(file, error.detail.en) from error


def _certificates(file: Path, data: bytes) -> list[Certificate]:
    """DER, PEM, bare base64 or a certificate bag (`.p7b`, PKCS#7 without signers)."""
    try:
        plain = _unarmoured(data)
        if plain[:1] == b"\x30" and der.parse(plain).children(3)[0].tag == der.OID:
            return [read_certificate(item) for item in cms.read(plain).certificates]
        return read_certificates(data)
    except DerError as error:
        raise _bad(file, error.detail.en) from error


_ARMOUR = re.compile(rb"-----BEGIN (X509 CRL|PKCS7|CMS)-----([A-Za-z0-9+/=\s]+)-----END")


def _unarmoured(data: bytes) -> bytes:
    found = _ARMOUR.search(data)
    if found is None:
        return data
    try:
        return base64.b64decode(b"".join(found[2].split()), validate=True)
    except binascii.Error as error:
        raise DerError("PEM armour") from error


def _json(file: Path) -> dict[str, object]:
    try:
        document = json.loads(_bounded(file, MOST_SMALL))
    except (ValueError, RecursionError) as error:
        raise _bad(file, "not JSON") from error
    if not isinstance(document, dict):
        raise _bad(file, "not a JSON object")
    return document


def _purposes(file: Path) -> dict[str, frozenset[Use]]:
    if not file.is_file():
        return {}
    try:
        return {
            str(print_).lower(): frozenset(Use(str(use)) for use in uses)  # type: ignore[attr-defined]  # a non-list raises TypeError below
            for print_, uses in _json(file).items()
        }
    except (TypeError, ValueError) as error:
        raise _bad(file, "unknown purpose") from error


def _bad(file: Path, why: str) -> InvalidInput:
    return InvalidInput(
        "verify.trust_damaged",
        Text(
            f"信任库中的 {file.name} 无法使用（{why}），请重新获取该文件。",
            f"{file.name} in the trust folder cannot be used ({why}). Get the file again.",
        ),
    )

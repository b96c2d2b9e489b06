"""What a verifier believes (信任库): roots, intermediates, revocation data, code keys and templates.

A folder (`roots/ intermediates/ certificates/ crls/ ocsp/ templates/ purposes.json anchors.json`), one certificate
file, or a composition from our own CA. Nothing here is fetched from a network, and no judged file can add to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from ca import oids
from ca.reading import (
    Certificate,
    CertificateList,
    OcspResponse,
    SingleStatus,
    read_certificate,
    read_crl,
    read_ocsp_response,
)
from foundation.errors import InvalidInput, NotFound
from foundation.text import Text
from seal.status_service import wire
from verify import trust_files as files
from verify.anchors import UNRULED, AnchorRules, Use
from verify.code_templates import CodeTemplate
from verify.paths.known_lists import KnownList
from verify.paths.memory import Memory, Routes
from verify.paths.names import Comparable, comparable
from verify.paths.scopes import Scope, scope_of
from verify.paths.state import Issuers
from verify.times.items import Online

__all__ = ["TrustStore", "Use"]

_T = TypeVar("_T")
_MOST_SCOPES = 4096
_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class TrustStore:
    """Immutable; make a new one when the data changes. `anchors` end a path, `intermediates` only help to build one.

    Whatever is worked out from it (indexes, verified lists, judged issuers) lives and dies with it.
    """

    anchors: tuple[Certificate, ...] = ()
    intermediates: tuple[Certificate, ...] = ()
    leaves: tuple[Certificate, ...] = ()
    """Published end-entity certificates: code signers and seals."""
    crls: tuple[CertificateList, ...] = ()
    ocsp: tuple[OcspResponse, ...] = ()
    templates: tuple[CodeTemplate, ...] = ()
    purposes: Mapping[str, frozenset[Use]] = field(default_factory=dict)
    """SHA-256 of a root → its uses."""
    rules: Mapping[str, AnchorRules] = field(default_factory=dict)
    """SHA-256 of a root → what else it is held to."""
    seal_lists: tuple[bytes, ...] = ()
    """Signed lists of seal states, as published; `verify.seal_status` judges their publishers."""
    online: Online | None = None
    """Whom to ask for what is missing; None, which is usual: nobody."""

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
        online: Online | None = None,
    ) -> TrustStore:
        """From DER, as the composition root of a region does."""
        return cls(
            tuple(read_certificate(data) for data in roots),
            tuple(read_certificate(data) for data in intermediates),
            tuple(read_certificate(data) for data in leaves),
            tuple(read_crl(data) for data in crls),
            tuple(read_ocsp_response(data) for data in ocsp),
            tuple(templates),
            online=online,
        )

    @classmethod
    def load(cls, place: Path, *, rooted: bool = True) -> TrustStore:
        """A trust folder or a single file of certificates, each of which is then an anchor.

        `rooted`: a folder without roots is refused; `verify.regions.folder` may have them from a list.
        """
        if place.is_dir():
            return _load_folder(place, rooted=rooted)
        if not place.is_file():
            raise NotFound(
                "verify.no_trust",
                Text(f"找不到信任库：{place.name}", f"There is no trust folder or file named {place.name}."),
            )
        return cls(tuple(files.certificates(place, files.bounded(place, files.MOST_SMALL))))

    def may(self, anchor: Certificate, use: Use) -> bool:
        allowed = self.purposes.get(anchor.fingerprint) if self.purposes else None
        return allowed is None or use in allowed

    def rules_of(self, anchor: Certificate) -> AnchorRules:
        return self.rules.get(anchor.fingerprint, UNRULED) if self.rules else UNRULED

    @property
    def companions(self) -> tuple[Certificate, ...]:
        """Certificates beside ours that a judged file brought along; `verify.times.evidence` has them."""
        return ()

    def known_since(self, octets: bytes) -> datetime | None:
        """When a list or an answer is proved to have existed; what we hold ourselves was taken in when it was made."""
        del octets
        return _ALWAYS

    def is_archived(self, octets: bytes) -> bool:
        """Whether a file brought it along under a document time stamp."""
        del octets
        return False

    @cached_property
    def anchor_prints(self) -> frozenset[str]:
        return frozenset(anchor.fingerprint for anchor in self.anchors)

    @cached_property
    def anchored(self) -> frozenset[bytes]:
        """The anchors by their octets."""
        return frozenset(anchor.der for anchor in self.anchors)

    @cached_property
    def held(self) -> frozenset[bytes]:
        """Everything that may stand in a path without being brought along by a file, by octets."""
        return frozenset(certificate.der for certificate in (*self.anchors, *self.intermediates))

    @cached_property
    def by_name(self) -> Mapping[Comparable, tuple[Certificate, ...]]:
        """Anchors before intermediates."""
        unique = {certificate.der: certificate for certificate in (*self.anchors, *self.intermediates)}
        return _grouped((comparable(certificate.subject.raw), certificate) for certificate in unique.values())

    @cached_property
    def lists(self) -> Mapping[Comparable, tuple[KnownList, ...]]:
        return _grouped((comparable(crl.issuer.raw), KnownList(crl)) for crl in self.crls)

    @cached_property
    def answers(self) -> Mapping[int, tuple[tuple[OcspResponse, SingleStatus], ...]]:
        """By serial number; an answer may speak about several certificates."""
        good = (answer for answer in self.ocsp if answer.status == 0)
        return _grouped((single.about.serial, (answer, single)) for answer in good for single in answer.answers)

    @cached_property
    def memory(self) -> Memory[Issuers]:
        """Issuers judged under this store."""
        return Memory()

    @cached_property
    def routes(self) -> dict[bytes, Routes]:
        """Issuer's octets → its ways up, filled as they are asked for."""
        return {}

    @cached_property
    def _scopes(self) -> dict[tuple[bytes, bytes, bool], Scope]:
        return {}

    def scope_of(self, certificate: Certificate) -> Scope:
        """Which lists speak about it: the same for all certificates of one issuer with one distribution point."""
        point = certificate.find(oids.CRL_DISTRIBUTION_POINTS)
        key = (certificate.issuer.raw, point.value if point is not None else b"", certificate.is_ca)
        found = self._scopes.get(key)
        if found is None:
            if len(self._scopes) >= _MOST_SCOPES:
                self._scopes.clear()
            found = self._scopes[key] = scope_of(certificate, self.lists)
        return found

    @cached_property
    def fingerprint(self) -> str:
        """Short name of exactly this set of anchors, for logs and reports."""
        return hashlib.sha256("".join(sorted(self.anchor_prints)).encode()).hexdigest()[:16]


_K = TypeVar("_K")


def _grouped(pairs: Iterable[tuple[_K, _T]]) -> dict[_K, tuple[_T, ...]]:
    found: dict[_K, list[_T]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}


def _seal_list(file: Path) -> bytes:
    """A list that cannot be read stops the load; whether it is believed is judged later, at the time in question."""
    octets = files.bounded(file, files.MOST_CRL)
    wire.read(octets)
    return octets


def _load_folder(place: Path, *, rooted: bool) -> TrustStore:
    def certificates(folder: str) -> tuple[Certificate, ...]:
        named = files.files(place / folder, (".cer", ".crt", ".pem", ".der", ".p7b"))
        return tuple(c for file in named for c in files.certificates(file, files.bounded(file, files.MOST_SMALL)))

    crls = [
        files.parsed(file, lambda path: read_crl(files.unarmoured(files.bounded(path, files.MOST_CRL))))
        for file in files.files(place / "crls", (".crl", ".pem"))
    ]
    answers = [
        files.parsed(file, lambda path: read_ocsp_response(files.bounded(path, files.MOST_SMALL)))
        for file in files.files(place / "ocsp", (".ors", ".ocsp", ".der"))
    ]
    templates = files.files(place / "templates", (".json",))
    store = TrustStore(
        certificates("roots"),
        certificates("intermediates"),
        certificates("certificates"),
        tuple(crls),
        tuple(answers),
        tuple(CodeTemplate.from_json(files.json_of(file)) for file in templates),
        files.purposes(place / "purposes.json"),
        files.rules(place / "anchors.json"),
        tuple(_seal_list(file) for file in files.files(place / "seal-status", (".json",))),
    )
    if rooted and not store.anchors:
        raise InvalidInput(
            "verify.no_roots",
            Text(
                "信任库的 roots/ 中没有根证书，任何文件都无法判断。请放入至少一张根证书。",
                "The trust folder holds no certificate in roots/, so nothing could be judged. Put at least one there.",
            ),
        )
    return store

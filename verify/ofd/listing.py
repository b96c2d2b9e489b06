"""Which signatures an OFD lists and what each refers to (签名列表). GB/T 33190-2016 18, A.7, A.8.

Read leniently, for real files differ from the schema in a dozen ways (facts: standards 3.2); judged strictly elsewhere.
"""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from hsm.digests import Digest, digest_of_oid
from seal.ofd.document import Body, children, sole, text
from seal.ofd.package import Package, PackageError

MOST_SIGNATURES = 64
MOST_REFERENCES = 8192

_KEYED = {"1.2.156.10197.1.401.2", "HMAC-SM3"}
"""SM3 with a key: a digest nobody else can compute, written by one vendor in place of SM3 (facts: standards 2.6)."""
_NAMES = {"SM3": Digest.SM3, "SHA1": Digest.SHA1, "SHA256": Digest.SHA256}


@dataclass(frozen=True, slots=True)
class Reference:
    file: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """One Signature of Signatures.xml, with the names of its own files resolved."""

    id: str
    kind: str
    """@Type as written: `Seal` (the default) or `Sign`."""
    document: str
    """DocRoot of the document whose list names it."""
    list_file: str
    signature_file: str
    value_file: str
    seal_file: str | None
    provider: str
    method: str
    digest: Digest | None
    digest_name: str
    date_time: str
    """SignatureDateTime as written."""
    references: tuple[Reference, ...]

    @property
    def keyed_digest(self) -> bool:
        return self.digest_name.upper() in _KEYED

    @property
    def own_files(self) -> frozenset[str]:
        named = (self.signature_file, self.value_file, self.seal_file)
        return frozenset(name for name in named if name is not None)


def repeated(names: Iterable[str]) -> list[str]:
    """Those that stand there more than once."""
    return sorted(name for name, times in Counter(names).items() if times > 1)


def listed_signatures(package: Package, documents: list[Body]) -> list[Listed]:
    """Every signature of every document body; raises `PackageError` when the list is damaged."""
    found: list[Listed] = []
    for body in documents:
        if body.signatures is None:
            continue
        for entry in children(package.xml(body.signatures), "Signature"):
            if len(found) >= MOST_SIGNATURES:
                raise PackageError("too_many_signatures", "签名过多", "it lists too many signatures")
            found.append(_read(package, body, body.signatures, entry))
    return found


def _read(package: Package, body: Body, list_file: str, entry: etree._Element) -> Listed:
    name = package.resolve(entry.get("BaseLoc", ""), base=list_file)
    root = package.xml(name)
    info = sole(root, "SignedInfo")
    references = sole(info, "References") if info is not None else None
    if info is None or references is None:
        raise PackageError("signature_incomplete", f"签名文件 {name} 不完整", f"{name} is incomplete")
    provider = sole(info, "Provider")
    seal = sole(info, "Seal")
    location = text(sole(seal, "BaseLoc")) if seal is not None else ""
    check = references.get("CheckMethod", "MD5").strip()
    return Listed(
        id=entry.get("ID", ""),
        kind=entry.get("Type", "Seal"),
        document=body.document,
        list_file=list_file,
        signature_file=name,
        value_file=package.resolve(text(sole(root, "SignedValue")), base=name),
        seal_file=package.resolve(location, base=name) if location else None,
        provider=provider.get("ProviderName", "") if provider is not None else "",
        method=text(sole(info, "SignatureMethod")),
        digest=_NAMES.get(check.upper()) or digest_of_oid(check),
        digest_name=check,
        date_time=text(sole(info, "SignatureDateTime")),
        references=tuple(_references(package, references, name)),
    )


def _references(package: Package, element: etree._Element, base: str) -> list[Reference]:
    entries = children(element, "Reference")
    if len(entries) > MOST_REFERENCES:
        raise PackageError("too_many_references", "引用过多", "a signature has too many references")
    found: list[Reference] = []
    for entry in entries:
        file = package.resolve(entry.get("FileRef", ""), base=base)
        try:
            value = base64.b64decode(text(sole(entry, "CheckValue")), validate=True)
        except (binascii.Error, ValueError) as error:
            raise PackageError("check_value", "引用的摘要不是 Base64", "a reference's digest is no base64") from error
        found.append(Reference(file, value))
    return found

"""Which signatures an OFD lists and what each refers to (签名列表). GB/T 33190-2016 18, A.7, A.8.

Read leniently, for real files differ from the schema in a dozen ways (facts: standards 3.2); judged strictly elsewhere.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from lxml import etree

from hsm.digests import Digest, digest_of_oid
from seal.ofd.document import bodies, child, children, text
from seal.ofd.package import Package, PackageError

MOST_SIGNATURES = 64
MOST_REFERENCES = 8192

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
    list_file: str
    signature_file: str
    value_file: str
    seal_file: str | None
    provider: str
    method: str
    digest: Digest | None
    digest_name: str
    references: tuple[Reference, ...]

    @property
    def own_files(self) -> frozenset[str]:
        named = (self.signature_file, self.value_file, self.seal_file)
        return frozenset(name for name in named if name is not None)


def listed_signatures(package: Package) -> list[Listed]:
    """Every signature of every document body; raises `PackageError` when the list is damaged."""
    found: list[Listed] = []
    for body in bodies(package):
        if body.signatures is None:
            continue
        for entry in children(package.xml(body.signatures), "Signature"):
            if len(found) >= MOST_SIGNATURES:
                raise PackageError("too_many_signatures", "签名过多", "it lists too many signatures")
            found.append(_read(package, body.signatures, entry))
    return found


def _read(package: Package, list_file: str, entry: etree._Element) -> Listed:
    name = package.resolve(entry.get("BaseLoc", ""), base=list_file)
    root = package.xml(name)
    info = child(root, "SignedInfo")
    references = child(info, "References") if info is not None else None
    if info is None or references is None:
        raise PackageError("signature_incomplete", f"签名文件 {name} 不完整", f"{name} is incomplete")
    provider = child(info, "Provider")
    seal = child(info, "Seal")
    location = text(child(seal, "BaseLoc")) if seal is not None else ""
    check = references.get("CheckMethod", "MD5").strip()
    return Listed(
        id=entry.get("ID", ""),
        kind=entry.get("Type", "Seal"),
        list_file=list_file,
        signature_file=name,
        value_file=package.resolve(text(child(root, "SignedValue")), base=name),
        seal_file=package.resolve(location, base=name) if location else None,
        provider=provider.get("ProviderName", "") if provider is not None else "",
        method=text(child(info, "SignatureMethod")),
        digest=_NAMES.get(check.upper()) or digest_of_oid(check),
        digest_name=check,
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
            value = base64.b64decode(text(child(entry, "CheckValue")), validate=True)
        except (binascii.Error, ValueError) as error:
            raise PackageError("check_value", "引用的摘要不是 Base64", "a reference's digest is no base64") from error
        found.append(Reference(file, value))
    return found

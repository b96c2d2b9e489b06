"""Signing an OFD with a seal (OFD 签章): Signatures.xml, Signature.xml, Seal.esl, SignedValue.dat. GB/T 33190-2016 18.

References cover every file of the package, OFD.xml among them, so it must name the list of signatures before it is
hashed. A closing signature also covers that list: then nobody can add another (18.1). Only OFD.xml and the list are
ever changed, everything else stays octet for octet.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from lxml import etree

from hsm import oids
from hsm.digests import sm3
from seal.ofd import document as tree
from seal.ofd.document import Body, child, children, qualified, text
from seal.ofd.package import NAMESPACE, ROOT, Package, PackageError, parse_xml

PROVIDER, PROVIDER_VERSION = "Yinxin", "1.0"


@dataclass(frozen=True, slots=True)
class Annotation:
    """One StampAnnot: the whole seal's box on a page, and what of it shows (in the box's own coordinates)."""

    page_id: str
    boundary: tuple[float, float, float, float]
    clip: tuple[float, float, float, float] | None = None

    @property
    def attributes(self) -> dict[str, str]:
        told = {"PageRef": self.page_id, "Boundary": _numbers(self.boundary)}
        return {**told, "Clip": _numbers(self.clip)} if self.clip is not None else told


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the signature says: the seal, and where it shows (millimetres)."""

    seal: bytes
    annotations: tuple[Annotation, ...]
    time: datetime
    closing: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """A package complete but for its SignedValue.dat. `data_hash` and `property_info` go into TBS_Sign."""

    source: Package
    entries: Mapping[str, bytes]
    signature_name: str
    value_name: str

    @property
    def data_hash(self) -> bytes:
        return sm3(self.entries[self.signature_name])

    @property
    def property_info(self) -> str:
        return "/" + self.signature_name

    def finish(self, signed_value: bytes) -> bytes:
        """The sealed file."""
        return self.source.rewritten({**self.entries, self.value_name: signed_value})


def prepare(package: Package, stamp: Stamp) -> Prepared:
    """Everything but the signature value; raises `PackageError` when an earlier signature locks the file."""
    body = tree.only_body(package)
    entries = dict(package.entries)
    listed = body.signatures or f"{body.folder}/Signs/Signatures.xml"
    if body.signatures is None:
        if listed in entries:
            raise PackageError("stray_signatures", "含有未登记的签名列表", "it holds an unlisted list of signatures")
        entries[ROOT] = with_list_named(entries[ROOT], listed)
    else:
        _refuse_locked(package, body)
    folder, identifier, entries[listed] = _extend_list(package, body, listed)
    entries[f"{folder}/Seal.esl"] = stamp.seal
    covered = [name for name in entries if name != listed or stamp.closing]
    name = f"{folder}/Signature.xml"
    entries[name] = _signature_xml(entries, covered, stamp, folder, identifier)
    return Prepared(package, entries, name, f"{folder}/SignedValue.dat")


def with_list_named(root: bytes, listed: str) -> bytes:
    """OFD.xml with the list named in its body; the list comes after DocInfo, DocRoot and Versions (schema order)."""
    element = parse_xml(root, ROOT)
    body = children(element, "DocBody")[0]
    named = etree.SubElement(body, qualified("Signatures"))
    named.text = "/" + listed
    return _serialise(element)


def _refuse_locked(package: Package, body: Body) -> None:
    assert body.signatures is not None  # noqa: S101 - the caller has looked
    for item in children(package.xml(body.signatures), "Signature"):
        name = package.resolve(item.get("BaseLoc", ""), base=body.signatures)
        info = child(package.xml(name), "SignedInfo")
        references = child(info, "References") if info is not None else None
        for reference in children(references, "Reference") if references is not None else []:
            if package.resolve(reference.get("FileRef", ""), base=name) == body.signatures:
                raise PackageError(
                    "locked",
                    "先前的签章已锁定文件，不允许再增加签章",
                    "an earlier signature locks it, no further one may be added",
                )


def _extend_list(package: Package, body: Body, listed: str) -> tuple[str, str, bytes]:
    """(folder of the new signature, its identifier, the list with it)."""
    if body.signatures is None:
        root = etree.Element(qualified("Signatures"), nsmap={"ofd": NAMESPACE})
        numbers = []
    else:
        root = package.xml(listed)
        numbers = [int(match[0]) for item in root if (match := re.search(r"\d{1,9}$", item.get("ID", "")))]
    number = max(numbers, default=0) + 1
    identifier = f"s{number:03d}"
    base = PurePosixPath(listed).parent.as_posix()
    index = 0
    while any(name.casefold().startswith(f"{base}/sign_{index}/".casefold()) for name in package):
        index += 1
    folder = f"{base}/Sign_{index}"
    highest = child(root, "MaxSignId")
    if highest is None:
        highest = etree.Element(qualified("MaxSignId"))
        root.insert(0, highest)
    highest.text = identifier
    etree.SubElement(
        root, qualified("Signature"), {"ID": identifier, "Type": "Seal", "BaseLoc": f"/{folder}/Signature.xml"}
    )
    return folder, identifier, _serialise(root)


def _signature_xml(
    entries: Mapping[str, bytes], covered: list[str], stamp: Stamp, folder: str, identifier: str
) -> bytes:
    root = etree.Element(qualified("Signature"), nsmap={"ofd": NAMESPACE})
    info = etree.SubElement(root, qualified("SignedInfo"))
    etree.SubElement(
        info,
        qualified("Provider"),
        {"ProviderName": PROVIDER, "Version": PROVIDER_VERSION, "Company": PROVIDER},
    )
    _leaf(info, "SignatureMethod", oids.SM2_WITH_SM3)
    _leaf(info, "SignatureDateTime", stamp.time.astimezone(UTC).strftime("%Y%m%d%H%M%SZ"))
    references = etree.SubElement(info, qualified("References"), {"CheckMethod": oids.SM3})
    for name in covered:
        reference = etree.SubElement(references, qualified("Reference"), {"FileRef": f"/{name}"})
        _leaf(reference, "CheckValue", base64.b64encode(sm3(entries[name])).decode())
    for number, annotation in enumerate(stamp.annotations, 1):
        etree.SubElement(info, qualified("StampAnnot"), {"ID": f"{identifier}a{number}", **annotation.attributes})
    _leaf(etree.SubElement(info, qualified("Seal")), "BaseLoc", f"/{folder}/Seal.esl")
    _leaf(root, "SignedValue", f"/{folder}/SignedValue.dat")
    return _serialise(root)


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value + 0.0:.3f}".rstrip("0").rstrip(".") for value in values)


def _leaf(parent: etree._Element, name: str, value: str) -> None:
    etree.SubElement(parent, qualified(name)).text = value


def _serialise(element: etree._Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(element, encoding="UTF-8")


def referenced(signature: etree._Element) -> dict[str, str]:
    """FileRef → base64 CheckValue, as written; for comparing after signing."""
    info = child(signature, "SignedInfo")
    references = child(info, "References") if info is not None else None
    return {
        item.get("FileRef", ""): text(child(item, "CheckValue"))
        for item in (children(references, "Reference") if references is not None else [])
    }

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
from seal.ofd import lists
from seal.ofd.document import Body, child, children, qualified, text
from seal.ofd.package import NAMESPACE, Package
from seal.ofd_forms import OfdForm

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
    """What the signature says: the seal, and where it shows (millimetres). A plain signature has neither."""

    seal: bytes | None
    annotations: tuple[Annotation, ...]
    time: datetime
    closing: bool
    body: Body | None = None
    """Which document; None for the only one."""

    @property
    def form(self) -> OfdForm:
        return OfdForm.SIGN if self.seal is None else OfdForm.SEAL


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
    """Everything but the signature value; raises `PackageError` when the file or an earlier signature forbids it."""
    body = stamp.body or tree.only_body(package)
    entries, all_lists = lists.refuse_unsignable(package, body)
    folder, identifier, entries[body.list_name] = _extend_list(package, body, stamp.form)
    if stamp.seal is not None:
        entries[f"{folder}/Seal.esl"] = stamp.seal
    covered = [name for name in entries if name not in all_lists or stamp.closing]
    name = f"{folder}/Signature.xml"
    entries[name] = _signature_xml(entries, covered, stamp, folder, identifier)
    return Prepared(package, entries, name, f"{folder}/SignedValue.dat")


def _extend_list(package: Package, body: Body, form: OfdForm) -> tuple[str, str, bytes]:
    """(folder of the new signature, its identifier, the list with it)."""
    if body.signatures is None:
        root = etree.Element(qualified("Signatures"), nsmap={"ofd": NAMESPACE})
    else:
        root = package.xml(body.signatures)
    highest = child(root, "MaxSignId")
    named = [item.get("ID", "") for item in children(root, "Signature")]
    numbers = [int(match[0]) for one in (*named, text(highest)) if (match := re.search(r"\d{1,9}$", one))]
    identifier = f"s{max(numbers, default=0) + 1:03d}"
    base = PurePosixPath(body.list_name).parent.as_posix()
    index = 0
    while any(name.casefold().startswith(f"{base}/sign_{index}/".casefold()) for name in package):
        index += 1
    folder = f"{base}/Sign_{index}"
    if highest is None:
        highest = etree.Element(qualified("MaxSignId"))
        root.insert(0, highest)
    highest.text = identifier
    etree.SubElement(
        root, qualified("Signature"), {"ID": identifier, "Type": form.type, "BaseLoc": f"/{folder}/Signature.xml"}
    )
    return folder, identifier, lists.serialise(root)


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
    if stamp.seal is not None:
        _leaf(etree.SubElement(info, qualified("Seal")), "BaseLoc", f"/{folder}/Seal.esl")
    _leaf(root, "SignedValue", f"/{folder}/SignedValue.dat")
    return lists.serialise(root)


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value + 0.0:.3f}".rstrip("0").rstrip(".") for value in values)


def _leaf(parent: etree._Element, name: str, value: str) -> None:
    etree.SubElement(parent, qualified(name)).text = value


def referenced(signature: etree._Element) -> dict[str, str]:
    """FileRef → base64 CheckValue, as written; for comparing after signing."""
    info = child(signature, "SignedInfo")
    references = child(info, "References") if info is not None else None
    return {
        item.get("FileRef", ""): text(child(item, "CheckValue"))
        for item in (children(references, "Reference") if references is not None else [])
    }

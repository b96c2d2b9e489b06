"""Comparing a sealed OFD with what was approved (OFD 用章复核), before anything leaves.

Reads the finished package with its own eyes, not the writer's: files, references, seal, digest, value, time stamp.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

from ca.suites import Suite
from hsm.digests import sm3
from hsm.schemes import scheme_of_oid
from seal import cms, ses
from seal.compare import certificate_of, check_time_stamp, check_value
from seal.errors import SealedDiffers
from seal.held import Held
from seal.ofd import document
from seal.ofd.document import children
from seal.ofd.lists import with_lists
from seal.ofd.package import Package
from seal.ofd.signing import referenced
from seal.ofd_forms import OfdForm


@dataclass(frozen=True, slots=True)
class Ordered:
    """What of the order shows in the signature."""

    time: datetime
    closing: bool
    which: str | None = None
    form: OfdForm = OfdForm.SEAL
    version: int = 4
    time_stamp: bool = True


def check_ofd(approved: Package, package: Package, held: Held, ordered: Ordered) -> None:
    """Every approved file is there unchanged (OFD.xml and the list may grow), all are referenced, the values stand."""
    before = document.chosen_body(approved, ordered.which)
    body = document.chosen_body(package, ordered.which)
    listed, base = before.list_name, with_lists(approved, before)
    _demand(body.signatures == listed, "list of signatures")
    for name, octets in base.items():
        _demand(name == listed or package.entries.get(name) == octets, "approved files")
    last = children(package.xml(listed), "Signature")[-1]
    place = package.resolve(last.get("BaseLoc", ""), base=listed)
    folder = place.rpartition("/")[0]
    mine = {place, f"{folder}/SignedValue.dat"}
    if ordered.form is OfdForm.SEAL:
        mine.add(f"{folder}/Seal.esl")
    _demand(package.entries.keys() - base.keys() == mine | ({listed} - base.keys()), "added files")
    _demand(last.get("Type") == ordered.form.type, "type of the signature")
    _check_references(package, place, f"{folder}/SignedValue.dat", ordered)
    value = package.file(f"{folder}/SignedValue.dat")
    if ordered.form is OfdForm.SEAL:
        _demand(package.file(f"{folder}/Seal.esl") == held.esl, "seal")
        _check_seal(value, package.file(place), f"/{place}", held, ordered)
    else:
        _check_plain(value, package.file(place), held, ordered)


def _check_references(package: Package, place: str, value: str, ordered: Ordered) -> None:
    covered = {name for name in package if name not in (place, value)}
    if not ordered.closing:
        covered -= {one.list_name for one in document.bodies(package)}
    wanted = {f"/{name}": base64.b64encode(sm3(package.file(name))).decode() for name in covered}
    _demand(referenced(package.xml(place)) == wanted, "references")


def _check_seal(value: bytes, signature_xml: bytes, place: str, held: Held, ordered: Ordered) -> None:
    signature = ses.read_signature(value)
    _demand(signature.seal.raw == held.esl and signature.version == ordered.version, "seal")
    _demand(signature.data_hash == sm3(signature_xml), "hash of Signature.xml")
    _demand(signature.property_info == place and signature.time == ordered.time, "signed properties")
    _demand(signature.certificate == held.templates[Suite.SM2].certificate, "certificate of the seal")
    _demand(signature.certificate in held.certificates, "certificate in the seal")
    _demand(scheme_of_oid(signature.algorithm) is Suite.SM2.scheme, "signature value")
    check_value(certificate_of(signature.certificate).spki, Suite.SM2, signature.signed, signature.signature)
    _check_stamps(() if signature.time_stamp is None else (signature.time_stamp,), ordered, signature.signature)


def _check_plain(value: bytes, signature_xml: bytes, held: Held, ordered: Ordered) -> None:
    data, certificate = cms.read(value), held.gm_template.certificate
    _demand(data.dialect == "gm" and data.content_type == cms.GM_DATA, "CMS shape")
    _demand(not data.trailing and data.content is None and len(data.signers) == 1, "CMS shape")
    signer, parsed = data.signers[0], certificate_of(certificate)
    _demand(signer.message_digest == sm3(signature_xml), "hash of Signature.xml")
    _demand(certificate in data.certificates, "certificate of the seal")
    _demand((signer.issuer, signer.serial) == (parsed.issuer.raw, parsed.serial), "signer's name")
    check_value(parsed.spki, Suite.SM2, signer.signed_octets or b"", signer.signature)
    _check_stamps(signer.time_stamps, ordered, signer.signature)


def _check_stamps(stamps: tuple[bytes, ...], ordered: Ordered, value: bytes) -> None:
    _demand(len(stamps) == int(ordered.time_stamp), "time stamp")
    for token in stamps:
        check_time_stamp(token, Suite.SM2, value)


def _demand(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise SealedDiffers(what)

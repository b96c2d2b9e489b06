"""The judgement of one OFD (OFD 核验), in visible steps; each signature after facts standards 2.5.

Every file in use must be protected by a signature that holds. Only OFD.xml and a list left open for further signatures
may stand outside, and are reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from foundation.der import DerError
from hsm.schemes import scheme_of_oid
from seal import cms, ses
from seal.ofd.document import child, children, text
from seal.ofd.package import ROOT, Package, PackageError
from verify.checked import Checked, tell, tell_unsupported
from verify.cms_check import Document, check_cms
from verify.moments import Moment
from verify.ofd.container import is_altered
from verify.ofd.listing import Listed, listed_signatures
from verify.report import Finding, Severity, SignatureReport, Sub
from verify.seals import Place, check_seal_signature
from verify.trust import TrustStore
from verify.words import finding

_LIMITS = {
    "bomb",
    "too_large",
    "too_many_entries",
    "xml_too_large",
    "xml_depth",
    "too_many_signatures",
    "too_many_references",
}
_INTEGRITY = "OFDEntries.xml"


@dataclass(frozen=True, slots=True)
class Judged:
    signatures: tuple[SignatureReport, ...]
    findings: tuple[Finding, ...]
    licence: Mapping[str, str] | None = None
    """Name → value of DocInfo/CustomDatas (GB/T 36903 short names)."""


def judge_ofd(data: bytes, trust: TrustStore, moment: Moment) -> Judged:
    """Judge the OFD in `data`. Never raises over what the file holds."""
    try:
        package = Package.read(data)
        listed = listed_signatures(package)
        licence = _custom_data(package)
    except PackageError as error:
        code = "file.limits" if error.reason in _LIMITS else "file.damaged"
        return Judged((), (finding(code, error.detail.en),))
    if not listed:
        integrity = any(name.rsplit("/", 1)[-1] == _INTEGRITY for name in package)
        return Judged((), (finding("ofd.integrity"),) if integrity else (), licence)
    reports = [_signature(package, item, trust, moment) for item in listed]
    findings = _protection(package, listed, reports)
    if is_altered(data, package, listed[-1].provider):
        findings.append(finding("ofd.container"))
    open_parts = tuple(_open_parts(package, listed, reports))
    reports = [replace(report, unprotected=open_parts) for report in reports]
    return Judged(tuple(reports), tuple(findings), licence)


def _signature(package: Package, item: Listed, trust: TrustStore, moment: Moment) -> SignatureReport:
    name = item.id or item.signature_file
    try:
        value, signed = package.file(item.value_file), package.file(item.signature_file)
    except PackageError as error:
        return tell_unsupported(name, "OFD", finding("file.damaged", error.detail.en))
    form, checked = _check(package, item, value, signed, trust, moment)
    if checked is None:
        return tell_unsupported(name, form, finding("ofd.bare_value"))
    broken = _references(package, item)
    report = tell(checked, name=name, form=form, coverage="references", broken_by=tuple(broken))
    if checked.intact and any(found.code == "ofd.reference" for found in broken):
        report = replace(report, sub_indication=Sub.HASH_FAILURE)
    return report


def _check(
    package: Package, item: Listed, value: bytes, signed: bytes, trust: TrustStore, moment: Moment
) -> tuple[str, Checked | None]:
    """By what the value is, not by what @Type says: a seal signature, a GB/T 35275 message, or something older."""
    document = Document(lambda digest: digest.of(signed), lambda: signed)
    kind = _kind(value)
    if kind == "ses":
        seal = package.file(item.seal_file) if item.seal_file is not None and item.seal_file in package else None
        if item.seal_file is not None and seal is None:
            return "OFD SES", Checked(intact=False, sub=Sub.FORMAT_FAILURE, findings=(finding("ofd.seal_differs"),))
        place = Place(property_info="/" + item.signature_file, seal_file=seal)
        checked = check_seal_signature(value, document, trust, moment, place)
        standard = checked.seal["standard"] if checked.seal else "SES"
        return f"OFD {standard}", checked
    if kind == "cms":
        return "OFD GB/T 35275", check_cms(value, document, trust, moment, needs_binding=False)
    return "OFD", None


def _kind(value: bytes) -> str | None:
    try:
        ses.read_signature(value)
    except DerError:
        pass
    else:
        return "ses"
    try:
        cms.read(value)
    except DerError:
        # damaged structures of a container's size are damaged containers; a bare value has 64 to 72 octets
        return None if len(value) <= 80 else "ses"
    return "cms"


def _references(package: Package, item: Listed) -> list[Finding]:
    """Every referred file is there and has the digest the signature states."""
    if item.digest is None:
        return [finding("ofd.digest_unknown", item.digest_name)]
    if scheme_of_oid(item.method) is None and item.method:
        return [finding("signature.algorithm_unknown", item.method)]
    found = [
        finding("ofd.reference", reference.file)
        for reference in item.references
        if reference.file not in package or item.digest.of(package.file(reference.file)) != reference.value
    ]
    if item.digest.weak:
        found.append(finding("signature.algorithm_weak", item.digest.value))
    return found


def _covered(listed: list[Listed], reports: list[SignatureReport]) -> set[str]:
    """Files that a signature which holds protects: its references, and its own parts, which sign each other."""
    covered: set[str] = set()
    for item, report in zip(listed, reports, strict=True):
        covered |= item.own_files
        if report.intact:
            covered |= {reference.file for reference in item.references}
    return covered


def _open_parts(package: Package, listed: list[Listed], reports: list[SignatureReport]) -> list[str]:
    covered = _covered(listed, reports)
    return [name for name in package if name not in covered]


def _protection(package: Package, listed: list[Listed], reports: list[SignatureReport]) -> list[Finding]:
    """T20: a file outside every reference is refused, except OFD.xml and lists that are open for more signatures."""
    if not all(report.intact for report in reports):
        return []  # the broken signature is the answer; listing its files again would hide it
    excused = {ROOT, *(item.list_file for item in listed)}
    parts = _open_parts(package, listed, reports)
    stray = [name for name in parts if name not in excused]
    found = []
    if stray:
        found.append(finding("ofd.unlisted", "、".join(stray[:5]), severity=Severity.ERROR))
    loose = [name for name in parts if name in excused]
    if loose:
        found.append(finding("ofd.unprotected", "、".join(loose)))
    return found


def _custom_data(package: Package) -> dict[str, str] | None:
    body = child(package.xml(ROOT), "DocBody")
    info = child(body, "DocInfo") if body is not None else None
    data = child(info, "CustomDatas") if info is not None else None
    if data is None:
        return None
    return {item.get("Name", ""): text(item) for item in children(data, "CustomData")[:256]}

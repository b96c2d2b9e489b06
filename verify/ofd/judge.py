"""The judgement of one OFD (OFD 核验), in visible steps; each signature after facts standards 2.5.

Package → what lists signatures → each signature and its references → what they leave open → the integrity protocol of
GM/T 0099 → the container. Every file in use must be protected by a signature that holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hsm.digests import Digest
from hsm.schemes import scheme_of_oid
from seal.ofd.document import bodies, child, children, refuse_alike, text
from seal.ofd.package import ROOT, Package, PackageError
from verify.checked import Checked, tell, tell_unsupported
from verify.moments import Moment
from verify.ofd.container import is_altered
from verify.ofd.integrity import Integrity, check_integrity
from verify.ofd.listing import Listed, listed_signatures, repeated
from verify.ofd.protection import protection
from verify.ofd.signed_value import Tries, check_value
from verify.ofd.times import compare_times
from verify.recurring import is_template, template_digest
from verify.report import Finding, SignatureReport, Sub
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
_ENCRYPTED = "encryptions.xml"
"""GM/T 0099-2020: where it says how the other files were encrypted."""


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
        if any(name.rpartition("/")[2].casefold() == _ENCRYPTED for name in package):
            return Judged((), (finding("ofd.encrypted"),))
        return _judge(data, package, trust, moment)
    except PackageError as error:
        if error.reason == "encrypted":
            return Judged((), (finding("ofd.encrypted"),))
        code = "file.limits" if error.reason in _LIMITS else "file.damaged"
        return Judged((), (finding(code, error.detail.en),))


class _Work:
    """What is spent on one package: each file is digested once, and only so many certificates are tried."""

    def __init__(self, package: Package) -> None:
        self.tries = Tries()
        self._package = package
        self._digests: dict[tuple[Digest, str], bytes] = {}

    def digest(self, kind: Digest, name: str) -> bytes:
        found = self._digests.get((kind, name))
        if found is None:
            content = self._package.file(name)
            found = template_digest(kind, content) if is_template(name, content) else kind.of(content)
            self._digests[kind, name] = found
        return found


def _judge(data: bytes, package: Package, trust: TrustStore, moment: Moment) -> Judged:
    documents = bodies(package)
    refuse_alike(documents)
    listed = listed_signatures(package, documents)
    licence = _custom_data(package)
    integrity = check_integrity(package, trust, moment)
    work, several = _Work(package), len(documents) > 1
    reports = [_signature(package, item, trust, moment, work, several=several) for item in listed]
    findings = list(_integrity_findings(integrity, reports))
    if not listed:
        told = (integrity.report,) if integrity is not None else ()
        return Judged(told, tuple(findings), licence)
    left = protection(package, documents, listed, reports, integrity.own_files if integrity else frozenset())
    findings += left.findings
    if is_altered(data, package, listed[-1].provider):
        findings.append(finding("ofd.container"))
    reports = [
        replace(report, unprotected=left.open_parts, covers=_covers(item, listed, reports))
        for item, report in zip(listed, reports, strict=True)
    ]
    if integrity is not None:
        reports.append(integrity.report)
    return Judged(tuple(reports), tuple(findings), licence)


def _covers(item: Listed, listed: list[Listed], reports: list[SignatureReport]) -> tuple[str, ...]:
    """Names of the signatures whose value is among what this one refers to."""
    named = {reference.file for reference in item.references}
    pairs = zip(listed, reports, strict=True)
    return tuple(report.name for other, report in pairs if other is not item and other.value_file in named)


def _integrity_findings(integrity: Integrity | None, reports: list[SignatureReport]) -> list[Finding]:
    """The list of names is worth something only beside seals that hold the contents."""
    if integrity is None:
        return []
    sealed = bool(reports) and all(report.intact for report in reports)
    return [finding("ofd.integrity_list") if sealed else finding("ofd.integrity_names_only")]


def _signature(
    package: Package, item: Listed, trust: TrustStore, moment: Moment, work: _Work, *, several: bool
) -> SignatureReport:
    name = item.id or item.signature_file
    if several:
        name = f"{item.document}#{name}"
    try:
        value, signed = package.file(item.value_file), package.file(item.signature_file)
    except PackageError as error:
        return tell_unsupported(name, "OFD", finding("file.damaged", error.detail.en))
    form, checked = check_value(package, item, value, signed, trust, moment, work.tries)
    if checked is None:
        return tell_unsupported(name, form, finding("ofd.bare_value"))
    broken = _references(package, item, work)
    report = tell(_timed(checked, item), name=name, form=form, coverage="references", broken_by=tuple(broken))
    if checked.intact and any(found.code == "ofd.reference" for found in broken):
        report = replace(report, sub_indication=Sub.HASH_FAILURE)
    return report


def _timed(checked: Checked, item: Listed) -> Checked:
    """The time Signature.xml states, beside the one the seal signature states."""
    claimed, found = compare_times(item.date_time, checked.claimed)
    return replace(checked, claimed=claimed, findings=(*checked.findings, *found))


def _references(package: Package, item: Listed, work: _Work) -> list[Finding]:
    """Every referred file is there, once, and has the digest the signature states."""
    if item.keyed_digest:
        return [finding("ofd.digest_keyed", item.digest_name)]
    if item.digest is None:
        return [finding("ofd.digest_unknown", item.digest_name)]
    if scheme_of_oid(item.method) is None and item.method:
        return [finding("signature.algorithm_unknown", item.method)]
    found = [
        finding("ofd.reference", reference.file)
        for reference in item.references
        if reference.file not in package or work.digest(item.digest, reference.file) != reference.value
    ]
    if twice := repeated(reference.file for reference in item.references):
        found.append(finding("ofd.reference_twice", "、".join(twice[:5])))
    if item.digest.weak:
        found.append(finding("signature.algorithm_weak", item.digest.value))
    return found


def _custom_data(package: Package) -> dict[str, str] | None:
    body = child(package.xml(ROOT), "DocBody")
    info = child(body, "DocInfo") if body is not None else None
    data = child(info, "CustomDatas") if info is not None else None
    if data is None:
        return None
    return {item.get("Name", ""): text(item) for item in children(data, "CustomData")[:256]}

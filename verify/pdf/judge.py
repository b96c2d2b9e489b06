"""The judgement of one PDF (PDF 核验), in visible steps. PAdES (EN 319 142-1), GM/T 0112-2021, GB/T 38540 in PDF.

A file is as good as its worst signature: every one found, in any revision or merely in the octets, must hold, cover
what it must cover, and be followed by nothing but archive data or signatures that hold as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

from verify.checked import Checked, tell, tell_stamp, tell_unsupported
from verify.cms_check import Document, check_cms
from verify.moments import Moment
from verify.pdf.attachments import licence_data
from verify.pdf.changes import Changes, changes_after
from verify.pdf.ranges import BadRange, Coverage, coverage, marker, revision_end, seen_ranges
from verify.pdf.structure import PdfTrouble, Signature, Structure, read_structure
from verify.report import Finding, SignatureReport, Sub
from verify.seals import check_seal_signature
from verify.stamps import StampResult, check_stamp
from verify.trust import TrustStore
from verify.words import finding

_CMS = {"/ETSI.CAdES.detached", "/adbe.pkcs7.detached", "/adbe.pkcs7.sha1", "/GM.sm2cms.detached", "/GM.SM2"}
_SES = {"/GM.sm2seal"}
_STAMP = {"/ETSI.RFC3161"}
_HIDDEN = ""
"""Field name of signature data that belongs to no field."""


@dataclass(frozen=True, slots=True)
class Judged:
    signatures: tuple[SignatureReport, ...]
    findings: tuple[Finding, ...]
    licence: Mapping[str, object] | None = None


@dataclass(slots=True)
class _Found:
    """One signature on its way through the steps."""

    signature: Signature
    coverage: Coverage | None = None
    bad_range: str | None = None
    revision: int | None = None
    checked: Checked | None = None
    stamp: StampResult | None = None

    @property
    def good(self) -> bool:
        if self.stamp is not None:
            return self.stamp.intact
        return self.checked is not None and self.checked.intact

    @property
    def trusted(self) -> bool:
        if self.stamp is not None:
            return self.stamp.trusted
        return self.checked is not None and self.checked.trusted


def judge_pdf(data: bytes, trust: TrustStore, moment: Moment) -> Judged:
    """Judge the PDF in `data`. Never raises over what the file holds."""
    findings: list[Finding] = []
    if not data.startswith(b"%PDF-"):
        findings.append(finding("pdf.leading_bytes"))
    # 1. what is in it
    structure = _open(data, findings)
    found = _collect(data, structure)
    # 2. what each covers
    for item in found:
        _cover(item, data, structure)
    # 3. time stamps first: they prove when the others existed
    for item in found:
        if item.signature.subfilter in _STAMP and item.coverage is not None:
            item.stamp = check_stamp(item.coverage.contents, item.coverage.digester, trust, moment.now)
    # 4. each signature for itself
    for item in found:
        if item.coverage is not None and item.stamp is None:
            item.checked = _check(item, item.coverage, trust, _proved(item, found, moment))
    # 5. what came after each, now that it is known who signed later
    reports = [_tell(item, found, structure) for item in found]
    findings += _around(data, found, structure)
    licence = _licence(structure) if structure is not None and found else None
    return Judged(tuple(reports), tuple(findings), licence)


def _open(data: bytes, findings: list[Finding]) -> Structure | None:
    try:
        return read_structure(data)
    except PdfTrouble as trouble:
        if str(trouble) == "encrypted":
            findings.append(finding("pdf.encrypted"))
        else:
            findings.append(finding("file.limits" if trouble.limit else "file.damaged", str(trouble)))
        return None


def _collect(data: bytes, structure: Structure | None) -> list[_Found]:
    """Signatures of the fields of all revisions, and whatever else the octets show as one."""
    known = list(structure.signatures.values()) if structure is not None else []
    ranges = {signature.byte_range for signature in known}
    for numbers in seen_ranges(data):
        if numbers not in ranges:
            known.append(Signature(_HIDDEN, "", _near(data, numbers), numbers, b"", None, None, None))
    known.sort(key=lambda signature: sum(signature.byte_range[2:4]))
    return [_Found(signature) for signature in known]


def _near(data: bytes, numbers: tuple[int, ...]) -> str:
    """SubFilter beside a hole, for files too damaged to be parsed."""
    around = data[max(0, numbers[1] - 2048) : numbers[1]] + data[numbers[2] : numbers[2] + 2048]
    match = re.search(rb"/SubFilter\s*(/[A-Za-z0-9.]{1,40})", around)
    return match[1].decode("ascii") if match else ""


def _cover(item: _Found, data: bytes, structure: Structure | None) -> None:
    try:
        covered = coverage(data, item.signature.byte_range)
        _same_contents(item.signature, covered)
        if structure is not None and not covered.whole_file:
            item.revision = _revision(covered, structure)
        item.coverage = covered
    except BadRange as bad:
        item.bad_range = str(bad)


def _same_contents(signature: Signature, covered: Coverage) -> None:
    hole = covered.data[covered.hole[0] : covered.hole[1]]
    if signature.field != _HIDDEN and signature.contents not in (marker(hole), covered.contents):
        raise BadRange("the gap is not this signature's /Contents")


def _revision(covered: Coverage, structure: Structure) -> int:
    """The revision that ends where the signature ends, with every cross-reference section up to it inside."""
    startxref = revision_end(covered.data, covered.end)
    revision = structure.revision_of(startxref) if startxref is not None else None
    if revision is None:
        raise BadRange("it does not end where a revision ends")
    if structure.sections_end(revision) > covered.end:
        raise BadRange("parts of its revision lie outside")
    return revision


def _check(item: _Found, covered: Coverage, trust: TrustStore, moment: Moment) -> Checked | None:
    """None for a format we do not know. A CMS under an unknown name is still tried: if it is broken, that is known."""
    document = Document(covered.digester, covered.octets)
    if item.signature.subfilter in _SES:
        return check_seal_signature(covered.contents, document, trust, moment)
    binding = item.signature.subfilter == "/ETSI.CAdES.detached"
    checked = check_cms(covered.contents, document, trust, moment, needs_binding=binding)
    if item.signature.subfilter in _CMS or checked.sub in (Sub.HASH_FAILURE, Sub.SIG_CRYPTO_FAILURE):
        return checked
    return None


def _proved(item: _Found, found: list[_Found], moment: Moment) -> Moment:
    """A trusted document time stamp that covers this signature proves it existed by then (EN 319 102-1 5.6)."""
    assert item.coverage is not None  # noqa: S101 - the caller has looked
    end = item.coverage.end
    times = [
        other.stamp.time
        for other in found
        if other.stamp is not None
        and other.stamp.trusted
        and other.stamp.time is not None
        and other.coverage is not None
        and other.coverage.end > end
    ]
    return replace(moment, proved=min(times)) if times else moment


def _tell(item: _Found, found: list[_Found], structure: Structure | None) -> SignatureReport:
    signature = item.signature
    name = signature.field or "?"
    form = f"PDF {signature.subfilter.lstrip('/') or 'unknown'}"
    if item.coverage is None:
        return tell_unsupported(name, form, finding("pdf.byte_range", item.bad_range or ""))
    if item.checked is None and item.stamp is None:
        return tell_unsupported(name, form)
    after = _after(item, found, structure) if structure is not None else []
    if signature.field == _HIDDEN and structure is not None:
        after.append(_hidden(item, found))
    place = "whole_file" if item.coverage.whole_file else "revision"
    if item.stamp is not None:
        return tell_stamp(item.stamp, name=name, form=form, coverage=place, broken_by=tuple(after))
    assert item.checked is not None  # noqa: S101 - one of the two was made in steps 3 and 4
    rest = () if item.coverage.whole_file else (f"{item.coverage.end}-{len(item.coverage.data)}",)
    return tell(
        item.checked,
        name=name,
        form=form,
        claimed=_date(signature.claimed),
        coverage=place,
        unprotected=rest,
        broken_by=tuple(after),
    )


def _hidden(item: _Found, found: list[_Found]) -> Finding:
    """Inside what another good signature covers it is text of the file; anywhere else it was hidden or broken off."""
    assert item.coverage is not None  # noqa: S101 - the caller has looked
    hole = item.coverage.hole
    for other in found:
        covered = other.coverage
        if other is item or not other.good or covered is None or hole[1] > covered.end:
            continue
        if hole[1] <= covered.hole[0] or hole[0] >= covered.hole[1]:
            return finding("pdf.hidden_signature")
    return finding("file.damaged", "signature outside any field")


def _after(item: _Found, found: list[_Found], structure: Structure) -> list[Finding]:
    """Later revisions hold archive data only, or signatures that hold as well."""
    if item.revision is None:
        return []
    try:
        changes = changes_after(structure, item.signature, item.revision)
    except PdfTrouble as trouble:
        return [finding("file.limits" if trouble.limit else "file.damaged", str(trouble))]
    return [_change(item, changes, found, structure)]


def _change(item: _Found, changes: Changes, found: list[_Found], structure: Structure) -> Finding:
    if changes.illegal is not None:
        return finding("pdf.changed_after_sealing", changes.illegal)
    if not changes.permitted:
        return finding("pdf.not_permitted")
    if changes.archive_only and not changes.fields:
        return finding("pdf.extended")
    foreign = _not_signed(item, changes, found, structure)
    if foreign:
        return finding("pdf.changed_after_sealing", ", ".join(sorted(foreign))[:160])
    return finding("pdf.sealed_again")


def _not_signed(item: _Found, changes: Changes, found: list[_Found], structure: Structure) -> set[str]:
    """Changed fields that are not later good signatures. A field the signer had prepared may be signed by anybody;
    a new one only by somebody trusted, for its picture may cover what was sealed.
    """
    assert item.revision is not None  # noqa: S101 - the caller has looked
    prepared = {name for name, filled in structure.fields[item.revision].items() if not filled}
    unexplained = set(changes.fields)
    for other in found:
        later = other.coverage is not None and item.coverage is not None and other.coverage.end > item.coverage.end
        known = other.signature.field in prepared  # a broken one there is its own finding, and says more
        if later and (known or (other.good and (other.trusted or not item.trusted))):
            unexplained.discard(other.signature.field)
    if not changes.fields and not any(other is not item and other.good for other in found):
        unexplained.add("?")
    return unexplained


def _around(data: bytes, found: list[_Found], structure: Structure | None) -> list[Finding]:
    """Behind the last signature stand whole later revisions and nothing else."""
    covered = [item.coverage for item in found if item.coverage is not None]
    if not covered or any(item.whole_file for item in covered):
        return []
    if revision_end(data, len(data)) is None or structure is None:
        return [finding("pdf.trailing_bytes")]
    last = structure.revisions - 1
    later = any(item.revision is not None and item.revision < last for item in found)
    mark = data.find(b"%%EOF", structure.sections_end(last))
    closed = mark >= 0 and data[mark + 5 :] in (b"", b"\n", b"\r", b"\r\n")
    return [] if later and closed else [finding("pdf.trailing_bytes")]


def _licence(structure: Structure) -> Mapping[str, object] | None:
    try:
        return licence_data(structure)
    except PdfTrouble:
        return None  # the data is a courtesy of the file; its absence is said by the licence check


_DATE = re.compile(r"D:(\d{14})(?:Z|([+-])(\d{2})'?(\d{2})'?)?")


def _date(text: str | None) -> datetime | None:
    """A PDF date (ISO 32000-2 7.9.4); without a zone it is read as UTC."""
    match = _DATE.match(text or "")
    if match is None:
        return None
    minutes = int(match[3] or 0) * 60 + int(match[4] or 0)
    if minutes >= 24 * 60:
        return None
    zone = timezone(timedelta(minutes=-minutes if match[2] == "-" else minutes))
    try:
        return datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None

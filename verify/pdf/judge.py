"""The judgement of one PDF (PDF 核验), in visible steps. PAdES (EN 319 142-1), GM/T 0112-2021, GB/T 38540 in PDF.

A file is as good as its worst signature: every one found, in any revision or merely in the octets, must hold, cover
what it must cover, and be followed by nothing but archive data or signatures that hold as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verify.checked import Checked, tell, tell_stamp, tell_unsupported
from verify.cms_check import Document, check_cms
from verify.moments import Moment
from verify.pdf.archive_data import archive_items
from verify.pdf.attachments import licence_data
from verify.pdf.compare.revisions import Revisions
from verify.pdf.contents import behind
from verify.pdf.dates import compare_times, pdf_date
from verify.pdf.found import HIDDEN, Found, collect, cover
from verify.pdf.later import Later, after, around, hidden
from verify.pdf.ranges import Coverage
from verify.pdf.structure import PdfTrouble, Structure, read_structure
from verify.pdf.tree import with_covers
from verify.report import Finding, SignatureReport, Sub
from verify.seals import check_seal_signature
from verify.times.timeline import Sighting, Timeline, timeline
from verify.trust import TrustStore
from verify.words import finding

_CMS = {"/ETSI.CAdES.detached", "/adbe.pkcs7.detached", "/adbe.pkcs7.sha1", "/GM.sm2cms.detached", "/GM.SM2"}
_SES = {"/GM.sm2seal"}
_STAMP = {"/ETSI.RFC3161"}


@dataclass(frozen=True, slots=True)
class Judged:
    signatures: tuple[SignatureReport, ...]
    findings: tuple[Finding, ...]
    licence: Mapping[str, object] | None = None


def judge_pdf(data: bytes, trust: TrustStore, moment: Moment) -> Judged:
    """Judge the PDF in `data`. Never raises over what the file holds."""
    findings: list[Finding] = []
    if not data.startswith(b"%PDF-"):
        findings.append(finding("pdf.leading_bytes"))
    # 1. what is in it
    structure = _open(data, findings)
    found = collect(data, structure)
    # 2. what each covers
    for item in found:
        cover(item, data, structure)
    # 3. time stamps first: they prove when the others existed
    line = _timeline(found, structure, trust, moment)
    # 4. each signature for itself
    for item in found:
        if item.coverage is not None and item.stamp is None:
            item.checked = _check(item, item.coverage, line.trust, line.moment(item.coverage.end))
    # 5. what came after each, now that it is known who signed later
    revisions = Revisions(structure) if structure is not None else None
    reports = with_covers(found, [_tell(item, found, structure, revisions) for item in found])
    findings += [*line.findings, *around(data, found, structure)]
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


def _check(item: Found, covered: Coverage, trust: TrustStore, moment: Moment) -> Checked | None:
    """None for a format we do not know. A CMS under an unknown name is still tried: if it is broken, that is known."""
    document = Document(covered.digester, covered.octets)
    if item.signature.subfilter in _SES:
        return check_seal_signature(covered.contents, document, trust, moment)
    binding = item.signature.subfilter == "/ETSI.CAdES.detached"
    checked = check_cms(covered.contents, document, trust, moment, needs_binding=binding)
    if item.signature.subfilter in _CMS or checked.sub in (Sub.HASH_FAILURE, Sub.SIG_CRYPTO_FAILURE):
        return checked
    return None


def _timeline(found: list[Found], structure: Structure | None, trust: TrustStore, moment: Moment) -> Timeline:
    """The document time stamps, and the store with the data beside the signatures (EN 319 102-1 5.6)."""
    stamps = [(item, item.coverage) for item in found if item.signature.subfilter in _STAMP and item.coverage]
    sightings = [Sighting(covered.contents, covered.digester, covered.end) for _, covered in stamps]
    line = timeline(trust, moment, stamps=sightings, items=archive_items(structure))
    for item, covered in stamps:
        item.stamp = line.results[covered.end]
    return line


def _tell(item: Found, found: list[Found], structure: Structure | None, revisions: Revisions | None) -> SignatureReport:
    signature = item.signature
    name = signature.field or "?"
    form = f"PDF {signature.subfilter.lstrip('/') or 'unknown'}"
    if item.coverage is None:
        return tell_unsupported(name, form, finding("pdf.byte_range", item.bad_range or ""))
    if item.checked is None and item.stamp is None:
        return tell_unsupported(name, form)
    later = after(item, found, structure, revisions) if structure is not None and revisions is not None else Later()
    around_it = later.findings
    if signature.field == HIDDEN and structure is not None:
        around_it = (*around_it, hidden(item, found))
    stacked = behind(item.coverage.contents)
    if stacked is not None:
        around_it = (*around_it, stacked)
    place = "whole_file" if item.coverage.whole_file else "revision"
    if item.stamp is not None:
        return tell_stamp(item.stamp, name=name, form=form, coverage=place, broken_by=around_it, changes=later.changes)
    assert item.checked is not None  # noqa: S101 - one of the two was made in steps 3 and 4
    stamped = item.checked.stamp.time if item.checked.stamp is not None else None
    around_it = (*around_it, *compare_times(signature.claimed, item.checked.claimed, stamped))
    rest = () if item.coverage.whole_file else (f"{item.coverage.end}-{len(item.coverage.data)}",)
    return tell(
        item.checked,
        name=name,
        form=form,
        claimed=pdf_date(signature.claimed),
        coverage=place,
        unprotected=rest,
        broken_by=around_it,
        changes=later.changes,
    )


def _licence(structure: Structure) -> Mapping[str, object] | None:
    try:
        return licence_data(structure)
    except PdfTrouble:
        return None  # the data is a courtesy of the file; its absence is said by the licence check

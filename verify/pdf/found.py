"""The signatures of one PDF on their way through the steps (待核验的签名): where they are and what they cover."""

from __future__ import annotations

import re
from dataclasses import dataclass

from verify.changes import Box
from verify.checked import Checked
from verify.pdf.ranges import BadRange, Coverage, coverage, marker, revision_end, seen_ranges
from verify.pdf.structure import Signature, Structure
from verify.report import Finding
from verify.stamps import StampResult

HIDDEN = ""
"""Field name of signature data that belongs to no field."""


@dataclass(slots=True)
class Found:
    """One signature on its way through the steps."""

    signature: Signature
    coverage: Coverage | None = None
    bad_range: str | None = None
    revision: int | None = None
    checked: Checked | None = None
    stamp: StampResult | None = None
    shown: tuple[tuple[int, Box], ...] = ()
    """Pages and rectangles where its picture stands."""
    looked: bool = False
    covering: Finding | None = None
    """What its picture hides; known once `looked`."""

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


def collect(data: bytes, structure: Structure | None) -> list[Found]:
    """Signatures of the fields of all revisions, and whatever else the octets show as one."""
    known = list(structure.signatures.values()) if structure is not None else []
    ranges = {signature.byte_range for signature in known}
    for numbers in seen_ranges(data):
        if numbers not in ranges:
            known.append(Signature(HIDDEN, "", _near(data, numbers), numbers, b"", None, None, None))
    known.sort(key=lambda signature: sum(signature.byte_range[2:4]))
    return [Found(signature) for signature in known]


def _near(data: bytes, numbers: tuple[int, ...]) -> str:
    """SubFilter beside a hole, for files too damaged to be parsed."""
    around = data[max(0, numbers[1] - 2048) : numbers[1]] + data[numbers[2] : numbers[2] + 2048]
    match = re.search(rb"/SubFilter\s*(/[A-Za-z0-9.]{1,40})", around)
    return match[1].decode("ascii") if match else ""


def cover(item: Found, data: bytes, structure: Structure | None) -> None:
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
    if signature.field != HIDDEN and signature.contents not in (marker(hole), covered.contents):
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

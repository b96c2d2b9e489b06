"""What stands behind a signature in the file (签章之后的内容): later revisions, hidden signatures, loose octets."""

from __future__ import annotations

from verify.pdf.changes import Changes, changes_after
from verify.pdf.found import Found
from verify.pdf.ranges import revision_end
from verify.pdf.structure import PdfTrouble, Structure
from verify.report import Finding
from verify.words import finding


def hidden(item: Found, found: list[Found]) -> Finding:
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


def after(item: Found, found: list[Found], structure: Structure) -> list[Finding]:
    """Later revisions hold archive data only, or signatures that hold as well."""
    if item.revision is None:
        return []
    try:
        changes = changes_after(structure, item.signature, item.revision)
    except PdfTrouble as trouble:
        return [finding("file.limits" if trouble.limit else "file.damaged", str(trouble))]
    return [_change(item, changes, found, structure)]


def _change(item: Found, changes: Changes, found: list[Found], structure: Structure) -> Finding:
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


def _not_signed(item: Found, changes: Changes, found: list[Found], structure: Structure) -> set[str]:
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


def around(data: bytes, found: list[Found], structure: Structure | None) -> list[Finding]:
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

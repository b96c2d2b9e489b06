"""What stands behind a signature in the file (签章之后的内容): later revisions, hidden signatures, loose octets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from verify.changes import Change
from verify.pdf.changes import changes_after
from verify.pdf.compare.kinds import Kind, words
from verify.pdf.compare.places import Difference
from verify.pdf.compare.revisions import Revisions
from verify.pdf.found import Found
from verify.pdf.looking import look
from verify.pdf.permitted import Permission, Ruling
from verify.pdf.ranges import revision_end
from verify.pdf.structure import PdfTrouble, Structure
from verify.report import Finding
from verify.words import finding, joined

MOST_HIDDEN = 0.02
"""Anti-aliased edges of a transparent picture; a box that covers words hides far more."""
_TOLD = 3


@dataclass(frozen=True, slots=True)
class Later:
    findings: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()


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


def after(item: Found, found: list[Found], structure: Structure, revisions: Revisions) -> Later:
    """Later revisions hold archive data only, signatures that hold as well, or what the signer allowed."""
    if item.revision is None or item.revision == structure.revisions - 1:
        return Later()
    try:
        differences = revisions.after(item.revision)
        permission = Permission.of(item, found)
        ruled = [(one, permission.rule(one, differences)) for one in differences]
        changes = tuple(_change(one, ruling) for one, ruling in ruled)
        if any(ruling is Ruling.FORBIDDEN for _, ruling in ruled):
            changes = _seen(item, changes)
            return Later((_refused(changes, level=permission.level, ruled=ruled),), changes)
        rulings = {ruling for _, ruling in ruled}
        return Later(_accepted(item, found, structure, rulings, ruled), changes)
    except PdfTrouble as trouble:
        return Later((finding("file.limits" if trouble.limit else "file.damaged", str(trouble)),))


def _change(one: Difference, ruling: Ruling) -> Change:
    place = one.place
    text = words(one.kind, place.page, place.field)
    allowed = ruling is not Ruling.FORBIDDEN
    return Change(one.revision, one.kind.value, text, allowed, place.page, place.box, place.field)


def _refused(changes: Iterable[Change], *, level: int | None, ruled: list[tuple[Difference, Ruling]]) -> Finding:
    """A good signature where the first signer allowed none is called what it is."""
    kinds = {one.kind for one, ruling in ruled if ruling is Ruling.FORBIDDEN}
    if level == 1 and kinds <= {Kind.SIGNATURE, Kind.EMPTY_FIELD}:
        return finding("pdf.not_permitted")
    texts = list(dict.fromkeys(change.text for change in changes if not change.allowed))
    return joined("pdf.changed_after_sealing", texts[:_TOLD], more=len(texts) > _TOLD)


def _accepted(
    item: Found,
    found: list[Found],
    structure: Structure,
    rulings: set[Ruling],
    ruled: list[tuple[Difference, Ruling]],
) -> tuple[Finding, ...]:
    if not any(one.kind is Kind.ANNOTATION for one, _ in ruled):  # pyHanko never accepts those, permitted or not
        doubt = _second_opinion(item, structure)
        if doubt is not None:
            return (doubt,)
    said = [_covering(other, found) for other in _new_ones(item, found, ruled)]
    if any(one is not None for one in said):
        return tuple(one for one in said if one is not None)
    if Ruling.PERMITTED in rulings:
        texts = dict.fromkeys(words(o.kind, o.place.page, o.place.field) for o, r in ruled if r is Ruling.PERMITTED)
        return (joined("pdf.changed_as_permitted", list(texts)[:_TOLD], more=len(texts) > _TOLD),)
    return (finding("pdf.sealed_again" if Ruling.SIGNED in rulings else "pdf.extended"),)


def _second_opinion(item: Found, structure: Structure) -> Finding | None:
    """PyHanko compares in another way: by objects and their paths. It may only make the judgement stricter."""
    assert item.revision is not None  # noqa: S101 - the caller has looked
    theirs = changes_after(structure, item.signature, item.revision)
    if theirs.illegal is not None:
        return finding("pdf.changed_after_sealing", theirs.illegal)
    return None if theirs.permitted else finding("pdf.not_permitted")


def _new_ones(item: Found, found: list[Found], ruled: list[tuple[Difference, Ruling]]) -> list[Found]:
    """Later signatures in places nobody had prepared, with a picture."""
    shown = {
        one.place.field
        for one, ruling in ruled
        if ruling is Ruling.SIGNED and not one.prepared and one.place.box is not None
    }
    for one, _ in ruled:
        for other in found:
            if one.kind is Kind.SIGNATURE and other.signature.field == one.place.field and one.place.box is not None:
                other.shown = (*other.shown, (one.place.page or 1, one.place.box))
    return [other for other in found if other is not item and other.signature.field in shown]


def _covering(other: Found, found: list[Found]) -> Finding | None:
    """Does its picture hide what was signed before? Judged once, against the state before it."""
    if not other.looked:
        other.looked, other.covering = True, _cover(other, found)
    return other.covering


def _cover(other: Found, found: list[Found]) -> Finding | None:
    assert other.coverage is not None  # noqa: S101 - it is a good signature
    before = [f.coverage.end for f in found if f.coverage is not None and f.coverage.end < other.coverage.end]
    for page in sorted({page for page, _ in other.shown}):
        boxes = list(dict.fromkeys(box for one, box in other.shown if one == page))
        sights = look(other.coverage.data, (max(before), other.coverage.end), [page], covering=boxes)
        if sights is None:
            return finding("pdf.cover_unknown", other.signature.field)
        if any(part > MOST_HIDDEN for sight in sights for part in sight.hidden):
            return finding("pdf.covered", other.signature.field, page)
    return None


def _seen(item: Found, changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Forbidden changes with the boxes that look different, where drawing shows them."""
    assert item.coverage is not None  # noqa: S101 - the caller has looked
    blind = [change for change in changes if not change.allowed and change.box is None]
    if not blind:
        return changes
    pages = [change.page for change in blind if change.page is not None]
    wanted = pages if len(pages) == len(blind) else []
    sights = look(item.coverage.data, (item.coverage.end, len(item.coverage.data)), wanted) or ()
    told: list[Change] = []
    for change in changes:
        boxes = [(sight.page, box) for sight in sights for box in sight.boxes[:4] if change.page in (None, sight.page)]
        if change not in blind or not boxes:
            told.append(change)
            continue
        kind = Kind(change.kind)
        told += [replace(change, text=words(kind, page, change.field), page=page, box=box) for page, box in boxes]
    return tuple(told)


def around(data: bytes, found: list[Found], structure: Structure | None) -> list[Finding]:
    """Behind the last signature stand whole later revisions and nothing else; one line end more is no content."""
    covered = [item.coverage for item in found if item.coverage is not None]
    if not covered or any(item.whole_file for item in covered):
        return []
    if max(item.end for item in covered) == len(data.removesuffix(b"\n").removesuffix(b"\r")):
        return []
    if revision_end(data, len(data)) is None or structure is None:
        return [finding("pdf.trailing_bytes")]
    last = structure.revisions - 1
    later = any(item.revision is not None and item.revision < last for item in found)
    mark = data.find(b"%%EOF", structure.sections_end(last))
    closed = mark >= 0 and data[mark + 5 :] in (b"", b"\n", b"\r", b"\r\n")
    return [] if later and closed else [finding("pdf.trailing_bytes")]

"""What one revision changed against the one before (逐修订分类): trailer, catalog, form, pages."""

from __future__ import annotations

from typing import Any

from verify.pdf.compare import fields
from verify.pdf.compare.forms import Page, View, annots, box_of, view
from verify.pdf.compare.kinds import Kind
from verify.pdf.compare.places import CATALOG, FORM, INHERITED, NAMES, PAGE, Difference, Place
from verify.pdf.compare.versions import Key, Versions, key_of, raw
from verify.pdf.compare.walk import Walk
from verify.pdf.structure import Structure, reading


class Revisions:
    """The differences of every step, worked out when asked for and kept."""

    def __init__(self, structure: Structure) -> None:
        self._versions = Versions(structure)
        self._views: dict[int, View] = {}
        self._steps: dict[int, list[Difference]] = {}

    def after(self, revision: int) -> list[Difference]:
        """Everything later revisions changed; raises `PdfTrouble`."""
        with reading(), self._versions.structure.reader.working():
            last = self._versions.structure.revisions - 1
            return [difference for step in range(revision, last) for difference in self._step(step)]

    def _view(self, revision: int) -> View:
        if revision not in self._views:
            self._views[revision] = view(self._versions, revision, INHERITED)
        return self._views[revision]

    def _step(self, before: int) -> list[Difference]:
        if before not in self._steps:
            walk = Walk(self._versions, before, (self._view(before), self._view(before + 1)))
            if self._versions.replaced_streams(before, before + 1):
                walk.differ(Place(Kind.OBJECT_STREAM))
            _trailer(walk)
            fields.compare(walk)
            _pages(walk)
            _catalog(walk)
            self._steps[before] = walk.found
        return self._steps[before]


def _trailer(walk: Walk) -> None:
    old, new = walk.versions.trailer(walk.before), walk.versions.trailer(walk.after)
    walk.compare(raw(old, "/Info"), raw(new, "/Info"), Place(Kind.METADATA))


def _catalog(walk: Walk) -> None:
    old, new = walk.versions.root(walk.before), walk.versions.root(walk.after)
    for key in {**dict.fromkeys(old), **dict.fromkeys(new)}:
        if key == "/Pages":
            continue
        if key == "/AcroForm":
            _entries(walk, old, new, key, FORM, Kind.FORM, skip=("/Fields", "/SigFlags"))
        elif key == "/Names":
            _entries(walk, old, new, key, NAMES, Kind.NAMES)
        else:
            walk.compare(raw(old, key), raw(new, key), Place(CATALOG.get(key, Kind.VIEW)))


def _entries(
    walk: Walk, old: Any, new: Any, key: str, kinds: dict[str, Kind], other: Kind, skip: tuple[str, ...] = ()
) -> None:
    """The entries of one dictionary, each with its own meaning."""
    one, two = walk.versions.entry(old, key, walk.before), walk.versions.entry(new, key, walk.after)
    every = [inner for holder in (one, two) if isinstance(holder, dict) for inner in holder]
    for inner in dict.fromkeys(every):
        if inner not in skip:
            walk.compare(raw(one, inner), raw(two, inner), Place(kinds.get(inner, other)))


def _pages(walk: Walk) -> None:
    old, new = walk.views[0].pages, walk.views[1].pages
    if [page.key for page in old] != [page.key for page in new]:
        differing = (n for n, (a, b) in enumerate(zip(old, new, strict=False), 1) if a.key != b.key)
        walk.differ(Place(Kind.PAGES, page=next(differing, min(len(old), len(new)) + 1)))
    for number, (one, two) in enumerate(zip(old, new, strict=False), 1):
        _page(walk, one, two, number)


def _page(walk: Walk, old: Page, new: Page, number: int) -> None:
    for key in {**dict.fromkeys(old.node), **dict.fromkeys(new.node)}:
        if key not in ("/Parent", "/Annots", *INHERITED):
            place = Place(PAGE.get(key, Kind.PAGE), page=number)
            walk.compare(raw(old.node, key), raw(new.node, key), place)
    for key in INHERITED:
        walk.compare(old.inherited.get(key), new.inherited.get(key), Place(PAGE[key], page=number))
    _annotations(walk, old, new, number)


def _annotations(walk: Walk, old: Page, new: Page, number: int) -> None:
    """Widgets of fields are compared with their fields; here all others, and the order in which they are painted."""
    one = _keyed(walk, old, walk.before)
    two = _keyed(walk, new, walk.after)
    for key in {**one, **two}:
        owners = walk.views[0].owners.get(key), walk.views[1].owners.get(key)
        kind = _kind(owners, one.get(key), two.get(key))
        if key in one and key in two and (owners[0] != owners[1] or owners[0] is None):
            place = Place(kind, number, box_of(walk.versions, two[key], walk.after))
            for inner in {**dict.fromkeys(one[key]), **dict.fromkeys(two[key])}:
                walk.compare(raw(one[key], inner), raw(two[key], inner), place)
        elif key in one and key not in two:
            shown = box_of(walk.versions, one[key], walk.before)
            walk.differ(Place(kind, number, shown, owners[0]))
        elif key in two and key not in one and (owners[1] is None or owners[0] is not None):
            shown = box_of(walk.versions, two[key], walk.after)
            walk.differ(Place(kind, number, shown, owners[1]))
    both = [[key for key in side if key in one and key in two] for side in (one, two)]
    if both[0] != both[1]:
        walk.differ(Place(Kind.ANNOTATION, number))


def _kind(owners: tuple[str | None, str | None], *nodes: Any) -> Kind:
    """A widget belongs to a form, also when no form knows it: it is no comment."""
    widget = any(node is not None and str(node.get("/Subtype", "")) == "/Widget" for node in nodes)
    return Kind.FIELD if widget or owners != (None, None) else Kind.ANNOTATION


def _keyed(walk: Walk, page: Page, revision: int) -> dict[Key, Any]:
    found: dict[Key, Any] = {}
    for index, item in enumerate(annots(walk.versions, page, revision)):
        node = walk.versions.get(item, revision)
        if isinstance(node, dict):
            found[key_of(item) or (-index - 1, 0)] = node
    return found

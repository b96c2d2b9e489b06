"""The form and the annotations of one revision (表单与批注), flat and by name: what the comparison matches by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from verify.changes import Box
from verify.pdf.compare.versions import Key, Versions, is_null, key_of, raw
from verify.pdf.structure import MOST_DEPTH, MOST_FIELDS, PdfTrouble

MOST_PAGES = 5000


@dataclass(slots=True)
class Field:
    """A terminal field, or a node that only groups others."""

    name: str
    kind: str
    node: Any
    widgets: dict[Key, Any] = field(default_factory=dict)
    """Kids that only show it."""
    group: bool = False


@dataclass(slots=True)
class Page:
    key: Key
    node: Any
    inherited: dict[str, Any]


@dataclass(slots=True)
class View:
    """What one revision has."""

    pages: list[Page]
    fields: dict[str, Field]
    places: dict[Key, tuple[int, Box | None]] = field(default_factory=dict)
    """Of annotations: page and rectangle."""
    owners: dict[Key, str] = field(default_factory=dict)
    """Field nodes and widgets → name of the field."""


def view(versions: Versions, revision: int, inherited: tuple[str, ...]) -> View:
    made = View(_pages(versions, revision, inherited), {})
    for number, page in enumerate(made.pages, 1):
        for item in annots(versions, page, revision):
            key, node = key_of(item), versions.get(item, revision)
            if key is not None:
                made.places.setdefault(key, (number, box_of(versions, node, revision)))
    _fields(versions, revision, made)
    return made


def annots(versions: Versions, page: Page, revision: int) -> list[Any]:
    found = versions.entry(page.node, "/Annots", revision)
    return list(found) if isinstance(found, list) else []


def box_of(versions: Versions, node: Any, revision: int) -> Box | None:
    """The rectangle of an annotation, its corners in order; None when nothing shows."""
    numbers = versions.entry(node, "/Rect", revision)
    if not isinstance(numbers, list) or len(numbers) != 4:
        return None
    x0, y0, x1, y1 = (float(versions.get(number, revision)) for number in numbers)
    box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    return box if box[2] - box[0] > 0 and box[3] - box[1] > 0 else None


def _pages(versions: Versions, revision: int, wanted: tuple[str, ...]) -> list[Page]:
    found: list[Page] = []
    waiting: list[tuple[Any, dict[str, Any], int]] = [(raw(versions.root(revision), "/Pages"), {}, 0)]
    while waiting:
        item, above, depth = waiting.pop()
        versions.spend()
        node = versions.get(item, revision)
        if len(found) > MOST_PAGES or depth > MOST_DEPTH * 4:
            raise PdfTrouble("too many pages", limit=True)
        if not isinstance(node, dict):
            continue
        own = {**above, **{key: raw(node, key) for key in wanted if key in node}}
        kids = versions.entry(node, "/Kids", revision)
        if isinstance(kids, list):
            waiting += [(kid, own, depth + 1) for kid in reversed(kids)]
        else:
            found.append(Page(key_of(item) or (-len(found) - 1, 0), node, own))
    return found


def _fields(versions: Versions, revision: int, made: View) -> None:
    form = versions.entry(versions.root(revision), "/AcroForm", revision)
    top = versions.entry(form, "/Fields", revision)
    waiting = [(item, "", "", 0) for item in top] if isinstance(top, list) else []
    while waiting:
        item, parent, kind, depth = waiting.pop()
        node = versions.get(item, revision)
        if len(made.owners) > MOST_FIELDS or depth > MOST_DEPTH:
            raise PdfTrouble("too many form fields", limit=True)
        if not isinstance(node, dict):
            continue
        key = key_of(item)
        if key is not None and key in made.owners:
            raise PdfTrouble("a form field stands in two places")
        own = versions.entry(node, "/T", revision)
        name = ".".join(part for part in (parent, "" if is_null(own) else str(own)) if part)
        kind = str(node["/FT"]) if "/FT" in node else kind
        one = Field(_free(made, name), kind, node)
        made.fields[one.name] = one
        if key is not None:
            made.owners[key] = one.name
        kids = versions.entry(node, "/Kids", revision)
        for kid in kids if isinstance(kids, list) else []:
            inner = versions.get(kid, revision)
            if isinstance(inner, dict) and ("/T" in inner or "/Kids" in inner):
                one.group = True
                waiting.append((kid, name, kind, depth + 1))
            elif isinstance(inner, dict):
                own_key = key_of(kid) or (-len(made.owners) - 1, 0)
                one.widgets[own_key] = inner
                made.owners[own_key] = one.name


def _free(made: View, name: str) -> str:
    """Fields of one name are told apart, in their order."""
    number = 1
    while (name if number == 1 else f"{name}#{number}") in made.fields:
        number += 1
    return name if number == 1 else f"{name}#{number}"

"""Fields of a form in two revisions (表单域比对), matched by name. ISO 32000-2 12.7."""

from __future__ import annotations

from typing import Any

from verify.changes import Box
from verify.pdf.compare.forms import Field
from verify.pdf.compare.kinds import Kind
from verify.pdf.compare.places import FIELD, Place
from verify.pdf.compare.versions import is_null, raw
from verify.pdf.compare.walk import Walk

_SIGNED_WITH = frozenset({"/V", "/AP", "/AS", "/MK", "/F", "/M", "/DA", "/Q", "/Lock", "/SV"})
"""What signing a prepared field may touch."""
_UP = ("/Parent", "/P", "/Kids")


def compare(walk: Walk) -> None:
    old, new = walk.views[0].fields, walk.views[1].fields
    for name in {**old, **new}:
        before, after = old.get(name), new.get(name)
        if before is None and after is not None:
            _added(walk, after)
        elif after is None and before is not None:
            signed = before.kind == "/Sig" and not is_null(raw(before.node, "/V"))
            walk.differ(_place(walk, before, Kind.SIGNATURE_ALTERED if signed else Kind.FIELD, 0))
        elif before is not None and after is not None:
            _both(walk, before, after)


def _added(walk: Walk, field: Field) -> None:
    if field.group and not field.widgets:
        return  # its members speak for themselves
    if field.kind != "/Sig":
        walk.differ(_place(walk, field, Kind.FIELD, 1))
    elif is_null(raw(field.node, "/V")):
        walk.differ(_place(walk, field, Kind.EMPTY_FIELD, 1))
    else:
        for place in _everywhere(walk, field, Kind.SIGNATURE):
            walk.differ(place)


def _both(walk: Walk, old: Field, new: Field) -> None:
    values = raw(old.node, "/V"), raw(new.node, "/V")
    signing = new.kind == "/Sig" and is_null(values[0]) and not is_null(values[1])
    signed = old.kind == "/Sig" and not is_null(values[0])
    if signing:
        walk.differ(_place(walk, new, Kind.SIGNATURE, 1), prepared=True)
    _nodes(walk, old.node, new.node, new, signing=signing, signed=signed)
    for key in {**old.widgets, **new.widgets}:
        if key in old.widgets and key in new.widgets:
            _nodes(walk, old.widgets[key], new.widgets[key], new, signing=signing, signed=signed)
        else:
            walk.differ(_place(walk, new, Kind.SIGNATURE_ALTERED if signed else Kind.FIELD, 1))


def _nodes(walk: Walk, old: Any, new: Any, field: Field, *, signing: bool, signed: bool) -> None:
    for key in {**dict.fromkeys(old), **dict.fromkeys(new)}:
        if key in _UP or (signing and key in _SIGNED_WITH):
            continue
        kind = Kind.SIGNATURE_ALTERED if signed else FIELD.get(key, Kind.FIELD)
        walk.compare(raw(old, key), raw(new, key), _place(walk, field, kind, 1))


def _place(walk: Walk, field: Field, kind: Kind, side: int) -> Place:
    return next(iter(_everywhere(walk, field, kind, side)))


def _everywhere(walk: Walk, field: Field, kind: Kind, side: int = 1) -> list[Place]:
    """One place for each widget that shows, or one without a page."""
    seen = walk.views[side]
    shown: list[tuple[int, Box | None]] = []
    for key, owner in seen.owners.items():
        if owner == field.name and key in seen.places:
            shown.append(seen.places[key])
    visible = [Place(kind, page, box, field.name) for page, box in shown if box is not None]
    return visible or [Place(kind, field=field.name)]

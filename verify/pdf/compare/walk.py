"""Two values side by side, all the way down (逐项比对): where they differ, and at which place of the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic

from verify.pdf.compare.forms import View
from verify.pdf.compare.places import Difference, Place
from verify.pdf.compare.versions import Key, Versions, is_null, key_of, raw

MOST_DIFFERENCES = 200
_NUMBERS = (generic.NumberObject, generic.FloatObject)


class Walk:
    """One step from revision `before` to `before + 1`."""

    def __init__(self, versions: Versions, before: int, views: tuple[View, View]) -> None:
        self.versions = versions
        self.before, self.after = before, before + 1
        self.views = views
        self.found: list[Difference] = []
        self._owned = tuple(
            frozenset((*self._catalog(number), *view.owners, *view.places, *(page.key for page in view.pages)))
            for number, view in zip((self.before, self.after), views, strict=True)
        )
        self._seen: set[tuple[Key, Key, str, int | None]] = set()
        self._told: set[Place] = set()
        self._references: dict[int, tuple[Any, list[tuple[Any, Any]]]] = {}

    def _catalog(self, revision: int) -> tuple[Key, ...]:
        """A lock names it (/Data of FieldMDP); what changed in it is told elsewhere."""
        key = key_of(raw(self.versions.trailer(revision), "/Root"))
        return () if key is None else (key,)

    def differ(self, place: Place, *, prepared: bool = False) -> None:
        """Once for each place: a page with fifty new words has one changed content."""
        if place not in self._told and len(self.found) < MOST_DIFFERENCES:
            self._told.add(place)
            self.found.append(Difference(self.after, place, prepared))

    def compare(self, old: Any, new: Any, place: Place) -> None:
        waiting = [(old, new)]
        while waiting:
            self.versions.spend()
            one, other = waiting.pop()
            keys = key_of(one), key_of(other)
            if keys[0] is not None and keys[1] is not None and self._met(keys[0], keys[1], place):
                continue
            one, other = self.versions.get(one, self.before), self.versions.get(other, self.after)
            if one is other:  # not rewritten since: only what it refers to can differ
                waiting += self._onwards(one)
                continue
            inner = _inner(one, other)
            if inner is None:
                self.differ(place)
            else:
                waiting += inner

    def _onwards(self, value: Any) -> list[tuple[Any, Any]]:
        """Each reference in it, which both revisions follow in their own way. Worked out once for an object."""
        known = self._references.get(id(value))
        if known is None:
            known = value, [(one, one) for one in _references(value)]
            if isinstance(value, generic.DictionaryObject | generic.ArrayObject):
                self._references[id(value)] = known  # and keeps it, so that its id stays its own
        for _ in known[1]:
            self.versions.spend()
        return known[1]

    def _met(self, old: Key, new: Key, place: Place) -> bool:
        """Compared already, or about to be from its own side."""
        if old in self._owned[0] or new in self._owned[1]:
            if old != new:
                self.differ(place)
            return True
        page = place.page if old != new else None
        step = (old, new, str(place.kind) + (place.field or ""), page)
        if step in self._seen:
            return True
        self._seen.add(step)
        return False


def _inner(one: Any, other: Any) -> list[tuple[Any, Any]] | None:
    """What is inside both, in pairs; None when they differ themselves."""
    if isinstance(one, generic.DictionaryObject) and isinstance(other, generic.DictionaryObject):
        streams = isinstance(one, generic.StreamObject), isinstance(other, generic.StreamObject)
        if streams[0] != streams[1] or (all(streams) and _octets(one) != _octets(other)):
            return None
        keys = {**dict.fromkeys(one), **dict.fromkeys(other)}
        if all(streams):
            keys.pop("/Length", None)
        return [(raw(one, key), raw(other, key)) for key in keys]
    if isinstance(one, generic.ArrayObject) and isinstance(other, generic.ArrayObject):
        return [(one.raw_get(i), other.raw_get(i)) for i in range(len(one))] if len(one) == len(other) else None
    return [] if _same(one, other) else None


def _references(value: Any) -> Iterator[Any]:
    """As `_inner` would come upon them."""
    if isinstance(value, generic.IndirectObject):
        yield value
    elif isinstance(value, generic.DictionaryObject):
        stream = isinstance(value, generic.StreamObject)
        for key in value:
            if not (stream and key == "/Length"):
                yield from _references(value.raw_get(key))
    elif isinstance(value, generic.ArrayObject):
        for index in range(len(value)):
            yield from _references(value.raw_get(index))


def _octets(stream: Any) -> bytes:
    return bytes(stream.encoded_data)


def _same(one: Any, other: Any) -> bool:
    if is_null(one) or is_null(other):
        return is_null(one) and is_null(other)
    if isinstance(one, _NUMBERS) and isinstance(other, _NUMBERS):
        return bool(one == other)
    return type(one) is type(other) and bool(one == other)

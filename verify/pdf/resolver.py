"""A file as an earlier revision shows it (历史修订视图), without work on what refers to nothing.

PyHanko copies every object of a revision, and walks all of it to learn on which ways each object is reached. Nearly all
it meets there are numbers and names, which lead nowhere; what it finds is the same without them.
"""

from __future__ import annotations

from typing import Any

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    BooleanObject,
    ByteStringObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NullObject,
    NumberObject,
    Reference,
    TextStringObject,
)
from pyhanko.pdf_utils.reader import HistoricalResolver

_LEAVES = frozenset(
    {BooleanObject, ByteStringObject, FloatObject, NameObject, NullObject, NumberObject, TextStringObject}
)


class Shown(HistoricalResolver):
    """One revision."""

    def __init__(self, reader: Any, revision: int) -> None:
        super().__init__(reader, revision)
        self._bare: dict[Reference, Any] | None = None

    def _subsume_object(self, obj: Any) -> Any:
        """References in a copy lead to this revision; numbers lead nowhere, and are not copied."""
        kind = type(obj)
        if kind in _LEAVES:
            return obj
        if kind is ArrayObject and all(type(item) in _LEAVES for item in list.__iter__(obj)):
            return obj
        if kind is IndirectObject:
            return IndirectObject(obj.idnum, obj.generation, self)
        if kind is DictionaryObject:
            return self._dictionary(obj)
        return super()._subsume_object(obj)

    def _dictionary(self, obj: Any) -> DictionaryObject:
        copied = {key: one if type(one) in _LEAVES else self._subsume_object(one) for key, one in dict.items(obj)}
        held = obj.get_container_ref()
        found = DictionaryObject(copied)
        found.container_ref = Reference(held.idnum, held.generation, self)
        return found

    def _load_reverse_xref_cache(self) -> None:
        self._bare = {}
        try:
            super()._load_reverse_xref_cache()
        finally:
            self._bare = None

    def __call__(self, ref: Any) -> Any:
        """While ways are looked for: only what can be on one."""
        if self._bare is None:
            return super().__call__(ref)
        if ref not in self._bare:
            self._bare[ref] = _bare(super().__call__(ref))
        return self._bare[ref]


def _bare(obj: Any) -> Any:
    """`obj` without what leads nowhere; places in arrays stay what they are, for they are part of a way."""
    if isinstance(obj, DictionaryObject):  # a stream too: its octets are on no way
        return DictionaryObject({key: _bare(one) for key, one in dict.items(obj) if type(one) not in _LEAVES})
    if type(obj) is ArrayObject:
        items = list(list.__iter__(obj))
        return ArrayObject(map(_bare, items)) if any(type(one) not in _LEAVES for one in items) else _NOTHING
    return obj


_NOTHING = ArrayObject()

"""A file as an earlier revision shows it (历史修订视图), without copying what refers to nothing."""

from __future__ import annotations

from typing import Any

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    BooleanObject,
    ByteStringObject,
    FloatObject,
    NameObject,
    NullObject,
    NumberObject,
    TextStringObject,
)
from pyhanko.pdf_utils.reader import HistoricalResolver

_LEAVES = frozenset(
    {BooleanObject, ByteStringObject, FloatObject, NameObject, NullObject, NumberObject, TextStringObject}
)


class Shown(HistoricalResolver):
    """PyHanko copies every object, so that references in it lead to the same revision; numbers lead nowhere."""

    def _subsume_object(self, obj: Any) -> Any:
        kind = type(obj)
        if kind in _LEAVES:
            return obj
        if kind is ArrayObject and all(type(item) in _LEAVES for item in list.__iter__(obj)):
            return obj
        return super()._subsume_object(obj)

"""Reading PDF objects as they are usually spelled (对象速读), exactly as pyHanko reads them. ISO 32000-2 7.3.

PyHanko reads octet by octet, which took almost half of a verification. Here whole tokens are matched; whatever is
spelled in any other way, or is wrong, is left to pyHanko: None means "read it the long way" and never "damaged". So
there is one opinion of what a file says, and `tests/verify/test_plain_objects.py` holds the two together.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NullObject,
    NumberObject,
    Reference,
    StreamObject,
    pdf_string,
)

MOST_NESTED = 32
_MOST_KEPT = 64

# possessive throughout: a hostile file cannot make a match go back over what it has read
_SPACE = rb"[\x00\t\n\x0c\r ]*+(?:%[^\r\n]*+[\r\n][\x00\t\n\x0c\r ]*+)*+"
_ENDS = rb"(?=[\x00\t\n\x0c\r ()<>\[\]/%])"
_TOKEN = re.compile(
    _SPACE
    + rb"(?:/(?P<name>[!-\"$&'*-.0-;=?-Z\\^-z|~]*+)"  # printable, neither delimiter nor "#"
    + _ENDS
    + rb"|(?P<reference>[1-9][0-9]{0,6}[\t\n\x0c\r ][0-9]{1,5}[\t\n\x0c\r ]R"
    + _ENDS
    + rb")|(?P<number>[+-]?+[0-9]{1,18}+"
    + _ENDS
    + rb")|(?P<decimal>[+-]?+(?:[0-9]{1,18}+\.[0-9]{0,18}+|\.[0-9]{1,18}+)"
    + _ENDS
    + rb")|(?P<open><<)|(?P<close>>>)|(?P<array>\[)|(?P<end>\])"
    rb"|\((?P<text>(?:[^()\\]++|\\(?:[0-3][0-7]{2}|[nrtbf()\\]))*+)\)"
    rb"|<(?P<hex>[0-9A-Fa-f]*+)>"
    rb"|(?P<word>true|false|null)" + _ENDS + rb")"
)
_HEADER = re.compile(rb"([1-9][0-9]{0,9}) ([0-9]{1,5}) obj(?=[\x00\t\n\x0c\r <\[(/])")
_STREAM = re.compile(_SPACE + rb"stream(?:\r\n|\n)")
_STREAM_END = re.compile(_SPACE + rb"endstream")
_OBJECT_END = re.compile(_SPACE + rb"endobj" + _SPACE + rb"[^\x00\t\n\x0c\r %]")
_ESCAPE = re.compile(rb"\\(?:([0-7]{3})|(.))", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_OPENED: Any = object()
_CLOSED: Any = object()


def read_plain(data: bytes, start: int, reference: Reference, reader: Any) -> Any:
    """The object at `start`, which must be `reference`; None when it is to be read the long way."""
    header = _HEADER.match(data, start)
    if header is None or (int(header[1]), int(header[2])) != (reference.idnum, reference.generation):
        return None
    return _Plain(data, header.end(), Reference(reference.idnum, reference.generation, reader)).whole()


class _Plain:
    """One reading; `None` of any method ends it."""

    def __init__(self, data: bytes, place: int, home: Reference) -> None:
        self._data = data
        self._place = place
        self._home = home

    def whole(self) -> Any:
        value = self._value(0)
        if value is None or value is _CLOSED:
            return None
        if type(value) is DictionaryObject:
            value = self._stream(value)
        if value is None or _OBJECT_END.match(self._data, self._place) is None:
            return None
        value.container_ref = self._home
        return value

    def _value(self, depth: int) -> Any:
        """The next value, `_CLOSED` where a container ends."""
        token = _TOKEN.match(self._data, self._place)
        if token is None:
            return None
        self._place = token.end()
        kind = token.lastgroup
        match kind:
            case "close" | "end":
                return _CLOSED
            case "open" | "array":
                if depth >= MOST_NESTED:
                    return None
                value = self._dictionary(depth + 1) if kind == "open" else self._array(depth + 1)
            case _:
                value = _SIMPLE[kind](token[str(kind)], self._home)
        if value is not None:
            value.container_ref = self._home
        return value

    def _dictionary(self, depth: int) -> Any:
        entries: dict[NameObject, Any] = {}
        while True:
            token = _TOKEN.match(self._data, self._place)
            if token is None:
                return None
            self._place = token.end()
            if token.lastgroup == "close":
                made = DictionaryObject()
                dict.update(made, entries)
                return made
            if token.lastgroup != "name":
                return None
            spelled = token["name"]
            key = _key(spelled) if len(spelled) < _MOST_KEPT else NameObject(f"/{spelled.decode('ascii')}")
            value = self._value(depth)
            if value is None or value is _CLOSED or key in entries:
                return None
            entries[key] = value

    def _array(self, depth: int) -> Any:
        items = ArrayObject()
        while True:
            value = self._value(depth)
            if value is None:
                return None
            if value is _CLOSED:
                return items if self._data[self._place - 1 : self._place] == b"]" else None
            items.append(value)

    def _stream(self, entries: DictionaryObject) -> Any:
        """`entries` themselves where no stream follows."""
        begun = _STREAM.match(self._data, self._place)
        if begun is None:
            return entries
        length = dict.get(entries, "/Length")
        if type(length) is not NumberObject or length < 0 or begun.end() + length > len(self._data):
            return None
        end = _STREAM_END.match(self._data, begun.end() + length)
        if end is None:
            return None
        self._place = end.end()
        return StreamObject(entries, encoded_data=self._data[begun.end() : begun.end() + length])


def _reference(spelled: bytes, home: Reference) -> Any:
    number, generation, _ = spelled.split()
    return IndirectObject(int(number), int(generation), home.pdf)


def _text(spelled: bytes, home: Reference) -> Any:
    del home
    return pdf_string(_ESCAPE.sub(_unescaped, spelled) if b"\\" in spelled else spelled)


def _word(spelled: bytes, home: Reference) -> Any:
    del home
    return NullObject() if spelled == b"null" else BooleanObject(spelled == b"true")


_SIMPLE: dict[str | None, Callable[[bytes, Reference], Any]] = {
    "name": lambda spelled, _: NameObject(f"/{spelled.decode('ascii')}"),
    "number": lambda spelled, _: NumberObject(spelled),
    "decimal": lambda spelled, _: FloatObject(spelled.decode("ascii")),
    "hex": lambda spelled, _: pdf_string(unhexlify(spelled + b"0" if len(spelled) % 2 else spelled)),
    "reference": _reference,
    "text": _text,
    "word": _word,
}


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes((int(found[1], 8),)) if found[1] else _ESCAPED.get(found[2], found[2])


@lru_cache(maxsize=1024)
def _key(spelled: bytes) -> NameObject:
    """Keys are the same few hundred in all files."""
    return NameObject(f"/{spelled.decode('ascii')}")

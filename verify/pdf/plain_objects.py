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
_NAME = rb"(?:[!-\"$&'*-.0-;=?-Z\\^-z|~]++|#[0-9A-Fa-f]{2})*+"  # printable, no delimiter, or escaped
_TOKEN = re.compile(
    _SPACE
    + rb"(?:/(?P<name>"
    + _NAME
    + rb")"
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
_ESCAPED_NAME = re.compile(rb"#(..)")
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_ENTRY = re.compile(_SPACE + rb"(?:/(?P<name>" + _NAME + rb")" + _ENDS + rb"|(?P<close>>>))")
_INTEGERS = re.compile(rb"((?:[\t\n\r ]*+[0-9]{1,9}+(?=[\t\n\r \]]))++)[\t\n\r ]*+\]")


def read_plain(data: bytes, start: int, reference: Reference, reader: Any) -> Any:
    """The object at `start`, which must be `reference`; None when it is to be read the long way."""
    header = _HEADER.match(data, start)
    if header is None or (int(header[1]), int(header[2])) != (reference.idnum, reference.generation):
        return None
    home = Reference(reference.idnum, reference.generation, reader)
    found = _value(data, header.end(), home)
    if found is None:
        return None
    value, place = found
    if type(value) is DictionaryObject:
        stream = _stream(data, place, value)
        if stream is None:
            return None
        value, place = stream
    if _OBJECT_END.match(data, place) is None:
        return None
    value.container_ref = home
    return value


def _value(data: bytes, place: int, home: Reference) -> tuple[Any, int] | None:  # noqa: C901, PLR0912 - one loop, see below
    """The value at `place` and where it ends. One loop, for a call for each token would cost as much as the token."""
    token_at, entry_at = _TOKEN.match, _ENTRY.match
    around: list[tuple[Any, Any]] = []
    inner: Any = None
    key: Any = None
    while True:
        if type(inner) is DictionaryObject:
            token = entry_at(data, place)
            if token is None:
                return None
            if token.lastindex == 1:
                place = token.end()
                spelled = token[1]
                key = _key(spelled) if len(spelled) < _MOST_KEPT else _name(spelled)
                if key in inner:
                    return None
        token = token_at(data, place)
        if token is None:
            return None
        place, kind = token.end(), token.lastgroup
        make = _SIMPLE.get(kind)
        if make is not None:
            value = make(token[kind], home)  # type: ignore[index]  # one group always matched
        elif kind in ("open", "array"):
            numbers = _INTEGERS.match(data, place) if kind == "array" else None
            if numbers is None:
                if len(around) >= MOST_NESTED:
                    return None
                around.append((inner, key))
                inner, key = DictionaryObject() if kind == "open" else ArrayObject(), None
                continue
            value, place = _integers(numbers[1], home), numbers.end()
        else:
            if type(inner) is not (DictionaryObject if kind == "close" else ArrayObject) or key is not None:
                return None
            value = inner
            inner, key = around.pop()
        value.container_ref = home
        if inner is None:
            return value, place
        if key is None:
            inner.append(value)
        else:
            dict.__setitem__(inner, key, value)
            key = None


def _stream(data: bytes, place: int, entries: DictionaryObject) -> tuple[Any, int] | None:
    """The stream that follows the dictionary; `entries` themselves where none does."""
    begun = _STREAM.match(data, place)
    if begun is None:
        return entries, place
    length = dict.get(entries, "/Length")
    if type(length) is not NumberObject or length < 0 or begun.end() + length > len(data):
        return None
    end = _STREAM_END.match(data, begun.end() + length)
    if end is None:
        return None
    return StreamObject(entries, encoded_data=data[begun.end() : begun.end() + length]), end.end()


def _integers(spelled: bytes, home: Reference) -> ArrayObject:
    """Widths of a font, mostly."""
    items = ArrayObject()
    for one in spelled.split():
        number = NumberObject(one)
        number.container_ref = home
        list.append(items, number)
    return items


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
    "name": lambda spelled, _: _name(spelled),
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
    return _name(spelled)


def _name(spelled: bytes) -> NameObject:
    octets = _ESCAPED_NAME.sub(lambda found: unhexlify(found[1]), spelled) if b"#" in spelled else spelled
    try:
        return NameObject(f"/{octets.decode('utf-8')}")
    except UnicodeDecodeError:
        return NameObject(f"/{octets.decode('latin-1')}")

"""Where PDF values begin and end (PDF 语法切分): octets of an object cut into entries, nothing interpreted.

Takes the spelling that pyHanko and `seal.pdf.direct` write (ISO 32000-2 7.3), each octet accounted for; anything else,
comments and bare parentheses too, is refused. One pass, no recursion: time and memory go with the octets.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

_SPACE = rb"[\x00\t\n\x0c\r ]*"
_ENDS = rb"(?=[\x00\t\n\x0c\r /<>\[\]()]|\Z)"
_TOKEN = re.compile(
    _SPACE
    + rb"(?:(?P<open><<|\[)|(?P<close>>>|\])"
    + rb"|(?P<name>/[^\x00-\x20\x7f-\xff()<>\[\]{}/%]*)"
    + rb"|(?P<plain>\d{1,10} \d{1,5} R" + _ENDS
    + rb"|[+-]?(?:\d+(?:\.\d*)?|\.\d+)" + _ENDS
    + rb"|(?:true|false|null)" + _ENDS
    + rb"|<[0-9A-Fa-f]*>|\((?:[^()\\]|\\.)*\)))",
    re.DOTALL,
)  # fmt: skip
_CLOSES = {b"<<": b">>", b"[": b"]"}
_BEGIN, _END = b"\nstream\n", b"\nendstream"
_NUMBER = re.compile(rb"[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})")
_REFERENCE = re.compile(rb"(\d{1,10}) (\d{1,5}) R")


class NotOurs(Exception):  # noqa: N818 - says what the octets are
    """These octets are no value as we write them."""


def written(value: Any) -> bytes:
    """A value of pyHanko's as it writes it; a reference stands for itself."""
    buffer = BytesIO()
    value.write_to_stream(buffer, None)
    return buffer.getvalue()


def dictionary(octets: bytes, at: int = 0) -> tuple[dict[bytes, bytes], int]:
    """The entries of the dictionary at `at`, name to the octets of its value, and where it ends."""
    first = _TOKEN.match(octets, at)
    if first is None or first["open"] != b"<<":
        raise NotOurs
    found: dict[bytes, bytes] = {}
    at = first.end()
    while (token := _TOKEN.match(octets, at)) is not None:
        if token["close"] == b">>":
            return found, token.end()
        name = token["name"]
        if name is None or name in found:
            raise NotOurs
        start, at = _value(octets, token.end())
        found[name] = octets[start:at]
    raise NotOurs


def array(octets: bytes) -> list[bytes]:
    """The octets of each value of the array that these octets are."""
    first = _TOKEN.match(octets)
    if first is None or first["open"] != b"[":
        raise NotOurs
    found: list[bytes] = []
    at = first.end()
    while (token := _TOKEN.match(octets, at)) is not None:
        if token["close"] == b"]":
            if token.end() != len(octets):
                raise NotOurs
            return found
        start, at = _value(octets, at)
        found.append(octets[start:at])
    raise NotOurs


def stream(octets: bytes, at: int = 0) -> tuple[dict[bytes, bytes], bytes, int]:
    """The dictionary of the stream at `at`, its octets, as many as /Length says, and where it ends."""
    entries, begin = dictionary(octets, at)
    size = entries.get(b"/Length", b"")
    if not octets.startswith(_BEGIN, begin) or not size.isdigit() or len(size) > 10:
        raise NotOurs
    begin += len(_BEGIN)
    end = begin + int(size)
    if not octets.startswith(_END, end):
        raise NotOurs
    return entries, octets[begin:end], end + len(_END)


def numbers(octets: bytes) -> list[float]:
    """Of an array of nothing else."""
    found = array(octets)
    if not all(_NUMBER.fullmatch(one) for one in found):
        raise NotOurs
    return [float(one) for one in found]


def reference(octets: bytes) -> int:
    """The number of the object that `octets` refer to; generation 0, as every new object has."""
    found = _REFERENCE.fullmatch(octets)
    if found is None or int(found[2]):
        raise NotOurs
    return int(found[1])


def _value(octets: bytes, at: int) -> tuple[int, int]:
    """Where the value behind `at` begins and ends, whatever is inside."""
    waiting: list[bytes] = []
    start = -1
    while (token := _TOKEN.match(octets, at)) is not None:
        at = token.end()
        if start < 0:
            start = token.start(token.lastgroup or 0)
        if token["open"]:
            waiting.append(_CLOSES[token["open"]])
        elif token["close"] and (not waiting or token["close"] != waiting.pop()):
            break
        if not waiting:
            return start, at
    raise NotOurs

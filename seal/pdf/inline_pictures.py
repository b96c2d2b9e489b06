"""How large the pictures inside a list of operators say they are (内联图片). ISO 32000-2 7.2, 8.9.7.

Only the head between BI and ID is read, word by word as PDF has them: a picture could otherwise hide its size behind
a comment, a string or another spelling of its keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST_WORDS = 2_000
_BEGIN = re.compile(rb"\bBI\b")
_WORD = re.compile(rb"[\0\s]*(?:%[^\r\n]*|/[^\0\s/<>\[\](){}%]*|[^\0\s/<>\[\](){}%]+|[<>\[\](){}])")
_NUMBER = re.compile(rb"[+-]?(\d{1,12})(?:\.\d*)?")


class Endless(Exception):  # noqa: N818 - told on as too large
    """A head without end: nobody can say how large its picture is."""


def largest(content: bytes) -> int:
    """Pixels of the largest: its two largest numbers, whatever keys they belong to."""
    found = 0
    for begin in _BEGIN.finditer(content):
        numbers = sorted(_head(content, begin.end()), reverse=True)[:2]
        if len(numbers) == 2:
            found = max(found, numbers[0] * numbers[1])
    return found


def _head(content: bytes, at: int) -> Iterator[int]:
    for _ in range(MOST_WORDS):
        match = _WORD.match(content, at)
        if match is None:
            return
        at, word = match.end(), match[0].lstrip(b"\0 \t\r\n\f\v")
        if word in (b"ID", b")"):
            return  # a lone bracket: BI was a word inside a string
        if word == b"(":
            at = _after_string(content, at)
        elif (number := _NUMBER.fullmatch(word)) is not None:
            yield int(number[1])
    raise Endless


def _after_string(content: bytes, at: int) -> int:
    """Behind the bracket that closes this one; 7.3.4.2."""
    depth = 1
    for one in re.compile(rb"\\.|[()]", re.DOTALL).finditer(content, at):
        depth += {b"(": 1, b")": -1}.get(one[0], 0)
        if depth == 0:
            return one.end()
    return len(content)

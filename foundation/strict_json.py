"""Strict JSON (严格 JSON 解析; RFC 8259, I-JSON RFC 7493): the one reader of everything that comes from outside.

Two readers of one document must never understand different things, so repeated names, NaN, other encodings than
UTF-8, lone surrogates and NUL are refused, and size and depth are bounded. Each room says it in its own words.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum
from typing import Any, NoReturn

DEPTH = 32
_FORBIDDEN = re.compile("[\0\ud800-\udfff]")


class Why(StrEnum):
    SIZE = "too large"
    ENCODING = "not UTF-8"
    SYNTAX = "not JSON"
    TWICE = "a name twice"
    CONSTANT = "NaN or Infinity"
    DEPTH = "nested too deeply"
    TEXT = "a forbidden character"
    SHAPE = "no object"


class Refused(ValueError):  # noqa: N818 - what became of the document
    """`where`: a JSON pointer, as far as one is known."""

    def __init__(self, why: Why, where: str = "") -> None:
        super().__init__(why.value)
        self.why, self.where = why, where


def read_object(data: bytes, *, most: int | None = None) -> dict[str, Any]:
    """The object in `data`, or `Refused`. Without `most`, the caller has bounded the size already."""
    if most is not None and len(data) > most:
        raise Refused(Why.SIZE)
    try:
        value = _decoder.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Refused(Why.ENCODING) from error
    except Refused:
        raise
    except RecursionError:
        raise Refused(Why.DEPTH) from None
    except ValueError:
        raise Refused(Why.SYNTAX) from None
    if not isinstance(value, dict):
        raise Refused(Why.SHAPE)
    _walk(value, "", 0, deep=b"\\u" in data)
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Refused(Why.TWICE, "/" + twice[:100])
    return found


def _constant(_name: str) -> NoReturn:
    raise Refused(Why.CONSTANT)


_decoder = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)


def _walk(value: Any, where: str, depth: int, *, deep: bool) -> None:
    """Depth always; the text itself only when an escape could have hidden something in it."""
    if depth > DEPTH:
        raise Refused(Why.DEPTH)
    if isinstance(value, dict):
        for name, item in value.items():
            if deep:
                _text(name, where)
            if isinstance(item, (dict, list)) or deep:
                _walk(item, f"{where}/{name}", depth + 1, deep=deep)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, (dict, list)) or deep:
                _walk(item, f"{where}/{index}", depth + 1, deep=deep)
    elif isinstance(value, str):
        _text(value, where)


def _text(value: str, where: str) -> None:
    if _FORBIDDEN.search(value):
        raise Refused(Why.TEXT, where)

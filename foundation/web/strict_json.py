"""Strict JSON (严格 JSON 解析; RFC 8259, I-JSON RFC 7493).

Two readers of one document must never understand different things, so repeated names, NaN, lone surrogates and NUL
are refused before a model sees the data.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from foundation.errors import InvalidInput
from foundation.web.faults import fault

DEPTH = 32
_FORBIDDEN = re.compile("[\\0\\ud800-\\udfff]")


class _RefusedError(ValueError):
    def __init__(self, zh: str, en: str, name: str = "") -> None:
        super().__init__(en)
        self.zh, self.en, self.name = zh, en, name


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise _RefusedError("同一字段出现了两次。", "This name appears twice.", "/" + twice[:100])
    return found


def _constant(_name: str) -> NoReturn:
    raise _RefusedError("不能使用 NaN 或 Infinity。", "NaN and Infinity are not JSON.")


_decoder = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)


def parse(data: bytes) -> dict[str, Any]:
    """The object in `data`, or a fault that says what is wrong with it."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _fault("请求体不是有效的 UTF-8 文本。", "The body is not valid UTF-8.", "request.encoding") from error
    try:
        value = _decoder.decode(text)
    except _RefusedError as error:
        raise _fault(error.zh, error.en, "request.json", error.name) from None
    except RecursionError:
        raise _fault("JSON 层次太深。", "The JSON is nested too deeply.", "request.json") from None
    except ValueError:
        raise _fault("请求体不是有效的 JSON。", "The body is not valid JSON.", "request.json") from None
    if not isinstance(value, dict):
        raise _fault("请求体应为 JSON 对象。", "The body must be a JSON object.", "request.json")
    _walk(value, "", 0, deep=b"\\u" in data)
    return value


def _walk(value: Any, where: str, depth: int, *, deep: bool) -> None:
    """Depth always; the text itself only when an escape could have hidden something in it."""
    if depth > DEPTH:
        raise _fault("JSON 层次太深。", "The JSON is nested too deeply.", "request.json")
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
        raise _fault("文字中有不允许的字符。", "The text holds a character that is not allowed.", "request.text", where)


def _fault(zh: str, en: str, code: str, name: str = "") -> InvalidInput:
    return fault("body", name, zh, en, code)

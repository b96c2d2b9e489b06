"""Strict JSON in a request (请求体的严格解析): `foundation.strict_json`, with what is wrong told to whoever sent it."""

from __future__ import annotations

from typing import Any

from foundation import strict_json
from foundation.strict_json import DEPTH, Refused, Why
from foundation.text import Text
from foundation.web.faults import fault

__all__ = ["DEPTH", "parse"]

_SAID: dict[Why, tuple[str, Text]] = {
    Why.SIZE: ("request.json", Text("内容过大。", "It is too large.")),
    Why.ENCODING: ("request.encoding", Text("请求体不是有效的 UTF-8 文本。", "The body is not valid UTF-8.")),
    Why.SYNTAX: ("request.json", Text("请求体不是有效的 JSON。", "The body is not valid JSON.")),
    Why.TWICE: ("request.json", Text("同一字段出现了两次。", "This name appears twice.")),
    Why.CONSTANT: ("request.json", Text("不能使用 NaN 或 Infinity。", "NaN and Infinity are not JSON.")),
    Why.DEPTH: ("request.json", Text("JSON 层次太深。", "The JSON is nested too deeply.")),
    Why.TEXT: ("request.text", Text("文字中有不允许的字符。", "The text holds a character that is not allowed.")),
    Why.SHAPE: ("request.json", Text("请求体应为 JSON 对象。", "The body must be a JSON object.")),
}


def parse(data: bytes) -> dict[str, Any]:
    """The object in `data`, or a fault that says what is wrong with it; its size was bounded when it was received."""
    try:
        return strict_json.read_object(data)
    except Refused as refused:
        code, said = _SAID[refused.why]
        raise fault("body", refused.where, said.zh, said.en, code) from None

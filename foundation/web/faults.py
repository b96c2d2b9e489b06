"""Faulty input told to people (输入错误说明): pydantic's findings as named fields in both languages.

The value itself is never repeated: it may be somebody's number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from foundation.errors import FieldFault, InvalidInput, Where
from foundation.text import Text

MOST = 50
"""More faults than this help nobody."""

_FIXED: dict[str, Text] = {
    "missing": Text("此项必填。", "This field is required."),
    "extra_forbidden": Text("没有这个字段，请检查拼写。", "There is no such field; check the spelling."),
    "json_invalid": Text("JSON 格式有误。", "This is not valid JSON."),
    "bool_type": Text("应为 true 或 false。", "Must be true or false."),
    "bool_parsing": Text("应为 true 或 false。", "Must be true or false."),
    "string_type": Text("应为文字。", "Must be text."),
    "string_unicode": Text("文字编码有误。", "The text is wrongly encoded."),
    "int_type": Text("应为整数。", "Must be a whole number."),
    "int_parsing": Text("应为整数。", "Must be a whole number."),
    "int_from_float": Text("应为整数。", "Must be a whole number."),
    "int_parsing_size": Text("数值过大。", "The number is too large."),
    "float_type": Text("应为数字。", "Must be a number."),
    "float_parsing": Text("应为数字。", "Must be a number."),
    "finite_number": Text("应为有限的数字。", "Must be a finite number."),
    "list_type": Text("应为列表。", "Must be a list."),
    "tuple_type": Text("应为列表。", "Must be a list."),
    "dict_type": Text("应为对象。", "Must be an object."),
    "model_type": Text("应为对象。", "Must be an object."),
    "model_attributes_type": Text("应为对象。", "Must be an object."),
    "none_required": Text("此项应为空。", "Must be null."),
    "string_pattern_mismatch": Text("格式不符合要求。", "Does not have the required form."),
    "date_past": Text("应为过去的日期。", "Must be a date in the past."),
    "date_future": Text("应为将来的日期。", "Must be a date in the future."),
    "timezone_aware": Text("时间应带时区。", "The time must carry a time zone."),
    "value_error": Text("内容不符合要求。", "Does not meet the requirements."),
}
_PREFIXED: tuple[tuple[str, Text], ...] = (
    (
        "datetime_",
        Text("应为时间，例如 2026-11-22T10:00:00+08:00。", "Must be a time such as 2026-11-22T10:00:00+08:00."),
    ),
    ("date_", Text("应为日期，例如 2026-11-22。", "Must be a date such as 2026-11-22.")),
    ("time_", Text("应为时刻，例如 10:00:00。", "Must be a time of day such as 10:00:00.")),
    ("uuid_", Text("应为 UUID。", "Must be a UUID.")),
    ("decimal_", Text("应为十进制数。", "Must be a decimal number.")),
    ("bytes_", Text("应为编码后的数据。", "Must be encoded data.")),
    ("url_", Text("应为网址。", "Must be a URL.")),
    ("union_tag", Text("类型标记有误。", "The type tag is not one of those allowed.")),
)


def _counted(kind: str, ctx: Mapping[str, Any]) -> Text | None:  # noqa: C901, PLR0911 - one table, read down
    """Findings with a limit in them."""
    match kind:
        case "string_too_short":
            return Text(f"至少 {ctx['min_length']} 个字符。", f"At least {ctx['min_length']} characters.")
        case "string_too_long":
            return Text(f"最多 {ctx['max_length']} 个字符。", f"At most {ctx['max_length']} characters.")
        case "too_short":
            return Text(f"至少 {ctx['min_length']} 项。", f"At least {ctx['min_length']} items.")
        case "too_long":
            return Text(f"最多 {ctx['max_length']} 项。", f"At most {ctx['max_length']} items.")
        case "greater_than":
            return Text(f"应大于 {ctx['gt']}。", f"Must be greater than {ctx['gt']}.")
        case "greater_than_equal":
            return Text(f"不应小于 {ctx['ge']}。", f"Must be {ctx['ge']} or more.")
        case "less_than":
            return Text(f"应小于 {ctx['lt']}。", f"Must be less than {ctx['lt']}.")
        case "less_than_equal":
            return Text(f"不应大于 {ctx['le']}。", f"Must be {ctx['le']} or less.")
        case "multiple_of":
            return Text(f"应为 {ctx['multiple_of']} 的倍数。", f"Must be a multiple of {ctx['multiple_of']}.")
        case "enum" | "literal_error":
            return Text(f"只能是：{ctx['expected']}。", f"Must be one of: {ctx['expected']}.")
        case "bad_value":
            return Text(str(ctx["zh"]), str(ctx["en"]))
    return None


def describe(error: ErrorDetails) -> Text:
    kind = error["type"]
    ctx = error.get("ctx") or {}
    found = _counted(kind, ctx) or _FIXED.get(kind)
    if found is None:
        found = next((text for prefix, text in _PREFIXED if kind.startswith(prefix)), None)
    return found or Text("内容不符合要求。", "Does not meet the requirements.")


def pointer(location: Iterable[str | int], where: Where) -> str:
    """RFC 6901 inside a body; the plain name of a parameter elsewhere."""
    parts = [str(part) for part in location]
    if where == "body":
        return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
    return ".".join(parts)


def from_validation(error: ValidationError, where: Where) -> tuple[FieldFault, ...]:
    details = error.errors(include_url=False, include_input=False)
    return tuple(FieldFault(pointer(one["loc"], where), describe(one), where) for one in details[:MOST])


def invalid(faults: Iterable[FieldFault], code: str = "request.invalid") -> InvalidInput:
    return InvalidInput(
        code,
        Text(
            "请求中有内容不符合要求，请按各项提示修改后重试。",
            "Some of the input is not right. Correct the named fields and send it again.",
        ),
        faults=tuple(faults)[:MOST],
    )


def fault(where: Where, name: str, zh: str, en: str, code: str = "request.invalid") -> InvalidInput:
    """One fault of one place."""
    return invalid((FieldFault(name, Text(zh, en), where),), code)

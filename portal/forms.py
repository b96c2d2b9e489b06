"""Forms made from the catalogue (签发表单): one input for each field of a licence type, faults beside the field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _

from foundation.errors import YinxinError
from foundation.web.frame import language
from licence.catalogue import FieldSpec, LicenceType

_KINDS = {"date": "date", "phone": "tel"}
_HINTS: Mapping[str, Any] = {
    "uscc": _("18 位，最后一位是校验码。"),
    "citizen_or_uscc": _("个人填公民身份号码，单位填统一社会信用代码。"),
    "money": _("例如 5000000 或 500万元。"),
    "validity": _("填日期，例如 2029-05-31；没有期限填“长期”。留空按规定年限计算。"),
    "phone": _("例如 12315 或 0755-12345678。"),
}
_LONG, _WIDE = 150, 60
"""A text that may hold more characters than this gets several lines, or a line of its own."""


@dataclass(frozen=True, slots=True)
class Input:
    key: str
    label: str
    value: str
    kind: str
    hint: Any
    required: bool
    choices: list[tuple[str, str]] | None
    rows: int
    most: int
    full: bool


def inputs(kind: LicenceType, given: Mapping[str, str]) -> list[Input]:
    return [_input(spec, given.get(spec.key, spec.default or "")) for spec in kind.fields]


def _input(spec: FieldSpec, value: str) -> Input:
    long = spec.kind == "text" and spec.max_length > _LONG
    return Input(
        key=spec.key,
        label=spec.label_zh if language() == "zh" else spec.label_en,
        value=value,
        kind=_KINDS.get(spec.kind, "text"),
        hint=_HINTS.get(spec.kind, ""),
        required=spec.required,
        choices=[(choice, choice) for choice in spec.choices] if spec.choices else None,
        rows=3 if long else 0,
        most=0 if spec.kind == "money" else spec.max_length,
        full=spec.kind == "text" and spec.max_length > _WIDE,
    )


def faults_of(error: YinxinError, prefix: str = "/data/") -> dict[str, str]:
    """Field → sentence, in the order of the faults; the first fault of a field is the one shown."""
    found: dict[str, str] = {}
    for fault in error.faults:
        key = fault.pointer.removeprefix(prefix).replace("~1", "/").replace("~0", "~")
        found.setdefault(key, fault.detail.pick(language()))
    return found

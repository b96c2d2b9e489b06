"""The catalogue of licence types (证照目录, GB/T 36902): what each type holds, prints, numbers and codes.

Read once from `licence/types/*.toml`. `validate` is the only door for licence data: whatever passes it can be printed,
searched and encoded; whatever does not is answered field by field.
"""

from __future__ import annotations

import calendar
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from foundation.errors import FieldFault, InvalidInput, NotFound
from foundation.text import Text
from licence.kinds import FOREVER, KINDS, BadValue
from licence.numbering import NumberRule
from licence.render.layout import Layout, read_layout

Kind = Literal[
    "text", "name", "date", "uscc", "citizen_or_uscc", "money", "choice", "phone", "number", "validity"
]  # fmt: skip

TYPES_FOLDER = Path(__file__).with_name("types")

ADDED_KEYS: Mapping[str, Text] = MappingProxyType(
    {
        "number": Text("证照编号", "Licence number"),
        "identifier": Text("电子证照标识", "Licence identifier"),
        "issuer_name": Text("颁发机构", "Issuing authority"),
        "issued_on": Text("颁发日期", "Date of issue"),
    }
)
"""What the issuing side adds to the data; a layout or a printed code may draw on these as on fields."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    key: str
    label_zh: str
    label_en: str
    kind: Kind
    max_length: int
    required: bool = True
    personal: bool = False
    """Belongs to a natural person (for `citizen_or_uscc`: when it is a citizen number)."""
    on_face: bool = True
    choices: tuple[str, ...] = ()
    default: str | None = None
    short_name: str | None = None
    """Name of the item in GB/T 36903 metadata; `KZ_…` are the extension items of the type."""


@dataclass(frozen=True, slots=True)
class LicenceType:
    code21: str
    slug: str
    version: int
    name_zh: str
    name_en: str
    holder_field: str
    holder_code_field: str
    fields: tuple[FieldSpec, ...]
    number_rule: NumberRule
    code_fields: tuple[str, ...]
    """Keys of fields or of `ADDED_KEYS`, in the order the printed code carries them; only what the face shows."""
    layout: Layout
    validity_years: int | None
    date_order: tuple[tuple[str, str], ...]
    not_after_issue: tuple[str, ...]

    def field(self, key: str) -> FieldSpec:
        return next(spec for spec in self.fields if spec.key == key)

    def label(self, key: str) -> Text:
        """What to call a field or an added key."""
        if key in ADDED_KEYS:
            return ADDED_KEYS[key]
        spec = self.field(key)
        return Text(spec.label_zh, spec.label_en)

    @property
    def holder_personal(self) -> bool:
        return self.field(self.holder_field).personal


def _field(raw: dict[str, Any]) -> FieldSpec:
    return FieldSpec(**{**raw, "choices": tuple(raw.get("choices", ()))})


def read_type(file: Path) -> LicenceType:
    """Parse one type file with its layout. A key that does not exist stops the start."""
    raw = tomllib.loads(file.read_text("utf-8"))
    kind = LicenceType(
        fields=tuple(_field(entry) for entry in raw.pop("field")),
        number_rule=NumberRule(**raw.pop("number")),
        code_fields=tuple(raw.pop("code_fields")),
        layout=read_layout(file.parent / "layouts" / file.name),
        validity_years=raw.pop("validity_years", None),
        date_order=tuple((first, second) for first, second in raw.pop("date_order", [])),
        not_after_issue=tuple(raw.pop("not_after_issue", [])),
        **raw,
    )
    known = {spec.key for spec in kind.fields if spec.on_face} | set(ADDED_KEYS)
    used = {*kind.code_fields, *(key for item in kind.layout.printed for key in item.keys)}
    if not used <= known or not {kind.holder_field, kind.holder_code_field} <= {spec.key for spec in kind.fields}:
        raise ValueError(f"{file.name} names fields that are not on the face: {sorted(used - known)}")
    return kind


@cache
def catalogue() -> Mapping[str, LicenceType]:
    """Every type by slug."""
    return MappingProxyType({kind.slug: kind for kind in map(read_type, sorted(TYPES_FOLDER.glob("*.toml")))})


def licence_type(key: str) -> LicenceType:
    """A type by slug or 21-character code."""
    for kind in catalogue().values():
        if key in {kind.slug, kind.code21}:
            return kind
    raise NotFound(
        "licence.type_unknown",
        Text("没有这种证照类型，请查阅证照目录。", "There is no such licence type. See the catalogue."),
    )


def fault(spec_key: str, detail: Text) -> FieldFault:
    return FieldFault(f"/data/{spec_key.replace('~', '~0').replace('/', '~1')}", detail)


def validate(kind: LicenceType, data: Mapping[str, object]) -> dict[str, str]:
    """Normalised data, or `InvalidInput` with one fault for every bad field."""
    known = {spec.key for spec in kind.fields}
    unknown = Text("没有这个数据项。", "There is no such field.")
    faults: list[FieldFault] = [fault(str(key)[:60], unknown) for key in data if key not in known]
    good: dict[str, str] = {}
    for spec in kind.fields:
        try:
            value = _value(spec, data.get(spec.key))
        except BadValue as refused:
            faults.append(
                fault(spec.key, Text(f"{spec.label_zh}：{refused.text.zh}", f"{spec.label_en}: {refused.text.en}"))
            )
            continue
        if value:
            good[spec.key] = value
    faults += _out_of_order(kind, good)
    if faults:
        raise _refusal(kind, faults)
    return good


def complete(kind: LicenceType, data: Mapping[str, str], issued_on: date) -> dict[str, str]:
    """Fill the dates that follow from the day of issue, and refuse those that contradict it."""
    full = dict(data)
    keys = {spec.key for spec in kind.fields}
    if "valid_from" in keys:
        full.setdefault("valid_from", issued_on.isoformat())
    if "valid_to" in keys and kind.validity_years is not None:
        start = date.fromisoformat(full.get("valid_from", issued_on.isoformat()))
        full.setdefault("valid_to", last_day(start, kind.validity_years).isoformat())
    faults = _out_of_order(kind, full)
    if full.get("valid_to", FOREVER) != FOREVER and full["valid_to"] < issued_on.isoformat():
        faults.append(fault("valid_to", Text("有效期不能早于颁发日期。", "It ends before the day of issue.")))
    faults += [
        fault(
            key, Text(f"{kind.label(key).zh}不能晚于颁发日期。", f"{kind.label(key).en} lies after the day of issue.")
        )
        for key in kind.not_after_issue
        if full.get(key, "") > issued_on.isoformat()
    ]
    if faults:
        raise _refusal(kind, faults)
    return {spec.key: full[spec.key] for spec in kind.fields if spec.key in full}


def last_day(start: date, years: int) -> date:
    """有效期 of whole years: 2024-03-10 plus five years ends on 2029-03-09."""
    year = start.year + years
    day = min(start.day, calendar.monthrange(year, start.month)[1])
    return date(year, start.month, day) - timedelta(days=1 if day == start.day else 0)


def _value(spec: FieldSpec, raw: object) -> str:
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        if spec.required:
            raise BadValue("此项必填。", "This field is required.")
        return spec.default or ""
    if not isinstance(raw, str):
        raise BadValue("应为文本。", "It should be text.")
    if len(raw) > spec.max_length * 2 + 20:  # before the costly checks; normalising may shorten, never this much
        raise BadValue(f"最多 {spec.max_length} 个字符。", f"At most {spec.max_length} characters.")
    value = KINDS[spec.kind](raw)
    if len(value) > spec.max_length:
        raise BadValue(f"最多 {spec.max_length} 个字符。", f"At most {spec.max_length} characters.")
    if spec.choices and value not in spec.choices:
        listed = "、".join(spec.choices)
        raise BadValue(f"应为以下之一：{listed}。", f"It should be one of: {listed}.")
    return value


def _out_of_order(kind: LicenceType, data: Mapping[str, str]) -> list[FieldFault]:
    faults = []
    for first, second in kind.date_order:
        end = data.get(second, FOREVER)
        if first in data and end != FOREVER and end < data[first]:
            text = Text(
                f"{kind.label(second).zh}不能早于{kind.label(first).zh}。",
                f"{kind.label(second).en} lies before {kind.label(first).en.lower()}.",
            )
            faults.append(fault(second, text))
    return faults


def _refusal(kind: LicenceType, faults: list[FieldFault]) -> InvalidInput:
    return InvalidInput(
        "licence.data",
        Text(
            f"{kind.name_zh}数据有 {len(faults)} 处需要更正。",
            f"{len(faults)} field(s) of the {kind.name_en.lower()} need correcting.",
        ),
        faults=tuple(faults),
    )

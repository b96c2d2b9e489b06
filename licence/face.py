"""The face of one licence (证照照面): what is printed, what the printed code carries, what is attached as data.

Made once from checked data, so page, code and attached data cannot disagree. Citizen numbers are masked here, for all
three, with the house mask, which hides more than the 2015 food form asks for (its digits 11 to 14). What the face does
not show (`on_face = false`) reaches the attached data only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from foundation.masking import mask_id_number
from foundation.numbers import is_citizen_number
from licence.catalogue import LicenceType
from licence.kinds import FOREVER

DATA_NAME = "licence.json"
"""Name of the attached data in both PDF and OFD."""

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


@dataclass(frozen=True, slots=True)
class LicenceFace:
    type: LicenceType
    values: Mapping[str, str] = field(repr=False)
    """As printed, by key: fields on the face plus `number`, `identifier`, `issuer_name`, `issued_on`."""
    identifier: str
    number: str
    issuer_name: str
    issuer_code: str
    issued_on: date
    metadata: Mapping[str, str] = field(repr=False)
    """GB/T 36903 short names, for the OFD's CustomDatas and the attached data."""
    data_json: bytes = field(repr=False)
    code_text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Issue:
    """What the issuing side adds to the data of one licence."""

    identifier: str
    number: str
    issuer_name: str
    issuer_code: str
    issued_on: date


def make_face(kind: LicenceType, data: Mapping[str, str], issue: Issue, code_text: str) -> LicenceFace:
    """The face of `data` that passed `catalogue.validate` and `catalogue.complete`."""
    metadata = _metadata(kind, data, issue)
    return LicenceFace(
        type=kind,
        values=_values(kind, data, issue),
        identifier=issue.identifier,
        number=issue.number,
        issuer_name=issue.issuer_name,
        issuer_code=issue.issuer_code,
        issued_on=issue.issued_on,
        metadata=metadata,
        data_json=_document(kind, data, issue, metadata),
        code_text=code_text,
    )


def code_values(kind: LicenceType, data: Mapping[str, str], issue: Issue) -> tuple[str, ...]:
    """Values of the printed code in the order of `kind.code_fields`; dates as yyyy-mm-dd, for machines to compare."""
    values = _values(kind, data, issue) | {
        spec.key: data.get(spec.key, "") for spec in kind.fields if spec.kind in {"date", "validity"}
    }
    return tuple(values[key] for key in kind.code_fields)


def chinese_date(day: date) -> str:
    return f"{day.year}年{day.month:02d}月{day.day:02d}日"


def capital_amount(amount: Decimal) -> str:
    """Yuan in capital numerals (大写金额), as registered capital is printed: 5000000 → 伍佰万元整."""
    whole, cents = divmod(int(amount * 100), 100)
    jiao, fen = divmod(cents, 10)
    text = _capital_whole(whole) + "元" if whole or not cents else ""
    if not cents:
        return text + "整"
    text += _DIGITS[jiao] + "角" if jiao else ("零" if whole else "")
    return text + (_DIGITS[fen] + "分" if fen else "整")


def _capital_whole(number: int) -> str:
    if not number:
        return "零"
    text, gap = "", False
    for place in range(len(str(number)) - 1, -1, -1):
        digit = number // 10**place % 10
        if digit:
            text += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place % 4]
        gap = not digit
        if place % 4 == 0 and number // 10**place % 10**4:
            text += _GROUPS[place // 4]
            gap = False
        elif place % 4 == 0:
            gap = bool(text)
    return text


def _masked(value: str) -> str:
    return mask_id_number(value) if is_citizen_number(value) else value


def _values(kind: LicenceType, data: Mapping[str, str], issue: Issue) -> dict[str, str]:
    values = {
        "number": issue.number,
        "identifier": issue.identifier,
        "issuer_name": issue.issuer_name,
        "issued_on": chinese_date(issue.issued_on),
    }
    for spec in kind.fields:
        if spec.on_face:
            values[spec.key] = _printed(spec.kind, data.get(spec.key, ""))
    return values


def _printed(kind: str, value: str) -> str:
    if not value or value == FOREVER:
        return value
    if kind in {"date", "validity"}:
        return chinese_date(date.fromisoformat(value))
    if kind == "money":
        return capital_amount(Decimal(value))
    return _masked(value)


def _metadata(kind: LicenceType, data: Mapping[str, str], issue: Issue) -> dict[str, str]:
    """GB/T 36903 items; holder code kinds after its annex A: 001 credit code, 111 citizen number."""
    citizen = is_citizen_number(data[kind.holder_code_field])
    items = {
        "ZZMC": kind.name_zh,
        "ZZLXDM": kind.code21,
        "ZZBH": issue.number,
        "ZZBS": issue.identifier,
        "ZZBFJG": issue.issuer_name,
        "ZZBFJGDM": issue.issuer_code,
        "ZZBFRQ": issue.issued_on.isoformat(),
        "CZZTDMLX": "公民身份号码" if citizen else "统一社会信用代码",
        "CZZTDMLXDM": "111" if citizen else "001",
    }
    for spec in kind.fields:
        if spec.short_name and spec.key in data:
            items[spec.short_name] = _masked(data[spec.key])
    return items


def _document(kind: LicenceType, data: Mapping[str, str], issue: Issue, metadata: Mapping[str, str]) -> bytes:
    content = {
        "format": "yinxin-licence-data/1",
        "licence_type": kind.code21,
        "type_name": kind.name_zh,
        "type_version": kind.version,
        "identifier": issue.identifier,
        "number": issue.number,
        "issuer": {"code": issue.issuer_code, "name": issue.issuer_name},
        "issued_on": issue.issued_on.isoformat(),
        "data": {key: _masked(value) for key, value in data.items()},
        "metadata": metadata,
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

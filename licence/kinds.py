"""What a field may hold (数据项类型): one small function per kind turns what was typed into the one form we store.

Text is NFC; control, invisible and bidirectional characters are refused because a page and a register must show the
same thing; a character no shipped font holds is refused by name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from foundation import fonts
from foundation.numbers import is_citizen_number, is_uscc
from foundation.text import Text

FOREVER = "长期"

_ISO_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_ZH_DATE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日", re.ASCII)
_MONEY = re.compile(r"(?:人民币)?\s*([0-9][0-9,]*(?:\.[0-9]+)?)\s*(亿元|亿|万元|万|元)?(?:人民币|整)?", re.ASCII)
_UNITS = {"亿": 10**8, "万": 10**4, "元": 1}
_PHONE = re.compile(r"\+?[0-9]{3,4}(?:[- ]?[0-9]{2,8}){0,3}(?:转[0-9]{1,6})?", re.ASCII)
_NUMBER = re.compile(r"[0-9A-Z](?:[0-9A-Z\-]*[0-9A-Z])?", re.ASCII)
_DOTS = str.maketrans({"•": "·", "・": "·", "‧": "·", "∙": "·", "．": "·"})
"""Signs typed for the dot of a name such as 买买提·艾力; one dot, so that one name is one string."""

_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


class BadValue(ValueError):  # noqa: N818 - reads as the sentence "refuse a bad value"
    """Why one value was refused, in both languages; `catalogue.validate` adds which field it was."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.text = Text(zh, en)


def _refuse(zh: str, en: str) -> NoReturn:
    raise BadValue(zh, en)


def clean(value: str) -> str:
    """NFC, Kangxi radicals as the characters they look like, no invisible characters, nothing the fonts lack."""
    value = unicodedata.normalize("NFC", value)
    value = "".join(unicodedata.normalize("NFKC", c) if 0x2F00 <= ord(c) <= 0x2FD5 else c for c in value).strip(" 　")
    for char in value:
        category = unicodedata.category(char)
        if category in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
            _refuse(
                f"含有不可见的控制字符 {fonts.spell_out(char)}，请删除后重试。",
                f"It holds the invisible character {fonts.spell_out(char)}. Remove it.",
            )
        if category in {"Mn", "Me", "Mc"}:
            _refuse(
                f"含有无法排印的组合字符 {fonts.spell_out(char)}，请删除后重试。",
                f"It holds the combining character {fonts.spell_out(char)}, which cannot be typeset. Remove it.",
            )
    lacking = fonts.missing(value)
    if lacking:
        named = [fonts.spell_out(char) for char in lacking[:5]]
        _refuse(
            f"字库中没有{'、'.join(named)}，无法印制，请核对用字或联系管理员补充字库。",
            f"No shipped font holds {', '.join(named)}. Check the character, or have a font added.",
        )
    return value


def half_width(value: str) -> str:
    """Digits and letters typed with a Chinese input method, made plain, trimmed, upper case."""
    return value.translate(_HALF_WIDTH).strip().upper()


def text(value: str) -> str:
    return clean(value)


def name(value: str) -> str:
    """A person's name: letters, dots and the few signs of foreign names."""
    value = " ".join(clean(value).translate(_DOTS).split())
    if not any(unicodedata.category(c)[0] == "L" for c in value):
        _refuse("应为姓名。", "It should be a person's name.")
    strange = [c for c in value if unicodedata.category(c)[0] != "L" and c not in "·-' .’〇"]
    if strange:
        _refuse(
            f"姓名中不应出现 {fonts.spell_out(strange[0])}。",
            f"A name should not hold {fonts.spell_out(strange[0])}.",
        )
    return value


def day(value: str) -> date:
    """A calendar day, typed as 2024-05-06, 2024/5/6 or 2024年5月6日; years 1900 to 2199."""
    value = half_width(value)
    found = _ISO_DATE.fullmatch(value) or _ZH_DATE.fullmatch(value)
    try:
        result = date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        result = None
    if result is None or not 1900 <= result.year < 2200:
        raise BadValue("应为有效日期，例如 2024-05-06。", "It should be a real date such as 2024-05-06.")
    return result


def a_date(value: str) -> str:
    return day(value).isoformat()


def validity(value: str) -> str:
    """A last day, or 长期 (no end)."""
    return FOREVER if value.strip() in {FOREVER, "永久", "长期有效"} else day(value).isoformat()


def uscc(value: str) -> str:
    value = half_width(value)
    if not is_uscc(value):
        _refuse(
            "统一社会信用代码应为 18 位且校验位正确，请核对。",
            "A unified social credit code has 18 characters and a right check character. Check it.",
        )
    return value


def citizen_or_uscc(value: str) -> str:
    value = half_width(value)
    if not is_uscc(value) and not is_citizen_number(value):
        _refuse(
            "应为校验位正确的 18 位统一社会信用代码或公民身份号码，请核对。",
            "It should be a unified social credit code or citizen number with a right check character. Check it.",
        )
    return value


def money(value: str) -> str:
    """Yuan as a plain decimal: `500万元` and `5,000,000.00` both become `5000000`."""
    found = _MONEY.fullmatch(half_width(value))
    try:
        amount = Decimal(found[1].replace(",", "")) * _UNITS[(found[2] or "元")[0]] if found else Decimal(-1)
    except InvalidOperation:
        amount = Decimal(-1)
    if not 0 <= amount < 10**12 or amount != round(amount, 2):
        _refuse(
            "应为不超过 9999 亿元的金额，最多两位小数，例如 5000000 或 500万元。",
            "It should be an amount in yuan with at most two decimals, such as 5000000.",
        )
    plain = f"{amount:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def phone(value: str) -> str:
    value = value.translate(_HALF_WIDTH).strip()
    if not _PHONE.fullmatch(value) or len(value) > 25:
        _refuse("应为电话号码，例如 12315 或 0755-12345678。", "It should be a telephone number such as 12315.")
    return value


def number(value: str) -> str:
    value = half_width(value)
    if not _NUMBER.fullmatch(value):
        _refuse("只能含数字、字母和短横线。", "It may hold digits, letters and hyphens only.")
    return value


KINDS: Mapping[str, Callable[[str], str]] = {
    "text": text,
    "name": name,
    "date": a_date,
    "validity": validity,
    "uscc": uscc,
    "citizen_or_uscc": citizen_or_uscc,
    "money": money,
    "choice": text,
    "phone": phone,
    "number": number,
}

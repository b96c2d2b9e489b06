"""How personal data is shown (脱敏): `2101**********1234`, `138****5678`, `张*`."""

from __future__ import annotations

import re

_CITIZEN_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])(\d{4})(\d{2})(19|20)(\d{2})(0[1-9]|1[0-2])(\d{2})\d{3}[\dXx](?![0-9A-Za-z])"
)
_PHONE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")


def mask_id_number(value: str) -> str:
    """First four and last four characters; everything between is hidden. Short values are hidden whole."""
    if len(value) < 12:
        return "*" * len(value)
    return value[:4] + "*" * (len(value) - 8) + value[-4:]


def mask_phone(value: str) -> str:
    return value[:3] + "*" * (len(value) - 7) + value[-4:] if len(value) >= 11 else "*" * len(value)


def mask_name(value: str) -> str:
    """张三 → 张*, 欧阳修文 → 欧**文: enough to recognise oneself, not enough to learn a name."""
    if len(value) <= 1:
        return "*"
    if len(value) <= 3:
        return value[0] + "*" * (len(value) - 1)
    return value[0] + "*" * (len(value) - 2) + value[-1]


def mask_text(text: str) -> str:
    """Hide every citizen number and mobile number inside free text; the log filter calls this on each field."""
    text = _CITIZEN_NUMBER.sub(lambda m: mask_id_number(m.group(0)), text)
    return _PHONE.sub(lambda m: mask_phone(m.group(0)), text)

"""Licence numbers (证照编号): the number printed on the face, its shape, its check digit and how the next one is made.

A number is either a field of the data (a business licence is numbered by its holder's credit code) or
`prefix + digit of a choice + region (6) + serial + check`. Serials are counted per `series`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from foundation.errors import Conflict, InvalidInput
from foundation.text import Text


def mod11_10_check(digits: str) -> str:
    """Check digit of GB/T 17710 (ISO/IEC 7064) MOD 11,10."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


@dataclass(frozen=True, slots=True)
class NumberRule:
    kind: Literal["field", "serial"]
    pattern: str
    from_field: str | None = None
    prefix: str = ""
    digit_field: str | None = None
    digits: Mapping[str, str] = field(default_factory=dict)
    serial_digits: int = 0
    check: Literal["none", "mod11-10"] = "none"

    def series(self, data: Mapping[str, str], region: str) -> str | None:
        """Name of the counter the next serial comes from; None when the number is a field of the data."""
        return None if self.kind == "field" else self.prefix + self._choice(data) + region

    def make(self, data: Mapping[str, str], region: str, serial: int) -> str:
        """The licence number for a serial of its series; `serial` is not used when the number is a field."""
        if self.kind == "field":
            return data[self.from_field or ""]
        if not 0 < serial < 10**self.serial_digits:
            raise Conflict(
                "licence.numbers_used_up",
                Text(
                    "本地区该类证照的编号已用完，请联系管理员。",
                    "The numbers of this series are used up in this region.",
                ),
            )
        digits = f"{self._choice(data)}{region}{serial:0{self.serial_digits}d}"
        return self.prefix + digits + (mod11_10_check(digits) if self.check == "mod11-10" else "")

    def verify(self, number: str) -> None:
        """Refuse a number of the wrong shape or with a wrong check digit."""
        digits = number.removeprefix(self.prefix)
        right = re.fullmatch(self.pattern, number, re.ASCII) is not None
        if right and self.check == "mod11-10":
            right = mod11_10_check(digits[:-1]) == digits[-1]
        if not right:
            raise InvalidInput(
                "licence.number",
                Text(
                    "证照编号格式或校验位有误，请核对。",
                    "The licence number has a wrong shape or check digit. Check it.",
                ),
            )

    def _choice(self, data: Mapping[str, str]) -> str:
        return self.digits[data[self.digit_field]] if self.digit_field else ""

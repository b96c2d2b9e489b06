"""Check characters of the numbers everybody uses (证件号码校验).

GB 11643 citizen number, GB 32100 unified social credit code (统一社会信用代码), ISO/IEC 7064 MOD 37,36 (GB/T 17710).
Cross-checked against `python-stdnum` in tests.
"""

from __future__ import annotations

from datetime import date

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = tuple(3**k % 31 for k in range(17))
_ALNUM = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def citizen_number_check(first17: str) -> str:
    """Check character of a citizen number (GB 11643-1999, MOD 11-2)."""
    total = sum(int(d) * (pow(2, 17 - i, 11)) for i, d in enumerate(first17))
    return "10X98765432"[total % 11]


def is_citizen_number(value: str) -> bool:
    """Shape, calendar date and check character; says nothing about whether the person exists."""
    if len(value) != 18 or not value[:17].isascii() or not value[:17].isdigit() or value[17] not in "0123456789X":
        return False
    try:
        date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        return False
    return citizen_number_check(value[:17]) == value[17]


def uscc_check(first17: str) -> str:
    """Check character of a unified social credit code (GB 32100-2015)."""
    total = sum(_USCC_ALPHABET.index(c) * w for c, w in zip(first17, _USCC_WEIGHTS, strict=True))
    return _USCC_ALPHABET[(31 - total % 31) % 31]


def is_uscc(value: str) -> bool:
    if len(value) != 18 or any(c not in _USCC_ALPHABET for c in value):
        return False
    return uscc_check(value[:17]) == value[17]


def organisation_code_check(first8: str) -> str:
    """Check character of an organisation code (GB 11714-1997), positions 9 to 17 of a USCC."""
    total = sum(_ALNUM.index(c) * w for c, w in zip(first8, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    rest = 11 - total % 11
    return "X" if rest == 10 else "0" if rest == 11 else str(rest)


def make_uscc(registry_class: str, region: str, organisation8: str) -> str:
    """A well-formed USCC from `11` (registry and class), six digits of region and eight of organisation."""
    first17 = registry_class + region + organisation8 + organisation_code_check(organisation8)
    return first17 + uscc_check(first17)


def mod37_36_check(text: str) -> str:
    """Check character over digits and upper-case letters (ISO/IEC 7064 MOD 37,36); other characters are dropped."""
    product = 36
    for char in text:
        if char not in _ALNUM:
            continue
        total = (product + _ALNUM.index(char)) % 36 or 36
        product = total * 2 % 37
    return _ALNUM[(37 - product) % 36]

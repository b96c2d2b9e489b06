"""Numbers PKCS#11 leaves to vendors (厂商自定义机制号): SM2 has none in the standard, each vendor uses its own range.

The binding only takes members of its enumerations, so a vendor's number is made one.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TypeVar

from pkcs11.mechanisms import KeyType, Mechanism

E = TypeVar("E", bound=IntEnum)


def mechanism(number: int) -> Mechanism:
    return _member(Mechanism, number)


def key_type(number: int) -> KeyType:
    return _member(KeyType, number)


def _member(kind: type[E], number: int) -> E:
    try:
        return kind(number)
    except ValueError:
        made = int.__new__(kind, number)
        made._name_ = f"VENDOR_{number:#010x}"
        made._value_ = number
        return made

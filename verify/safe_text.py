"""Foreign text made safe to show (外来文字净化): the same for JSON, pages, XML and PDF, so no report can be bent."""

from __future__ import annotations

import unicodedata

_REFUSED = ("Cc", "Cf", "Cs", "Zl", "Zp")


def clean(text: str, most: int = 500) -> str:
    """No control or direction-changing characters, nothing XML 1.0 cannot hold, bounded length (T37)."""
    kept = "".join(char if _harmless(char) else "�" for char in text[:most])
    return kept + "…" if len(text) > most else kept


def _harmless(char: str) -> bool:
    point = ord(char)
    never_a_character = point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF
    return not never_a_character and unicodedata.category(char) not in _REFUSED

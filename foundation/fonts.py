"""The shipped fonts (字体) and what they can show.

TrueType made once by `tools/make_fonts.py` from Noto Serif SC and Noto Sans SC (OFL 1.1, text beside the files).
A character no font in the chain holds is refused by name (`missing`), never drawn as a box.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import uharfbuzz  # compiled, without type information

_FOLDER = Path(__file__).with_name("fonts")


class FontName(StrEnum):
    SERIF = "serif"
    SERIF_BOLD = "serif-bold"
    SANS = "sans"
    RARE = "serif-rare"
    """Fallback 生僻字: every other Han character of Noto Serif SC (extensions A to G as far as it goes)."""


_FILES: dict[str, str] = {
    FontName.SERIF: "YinxinSerif-Regular.ttf",
    FontName.SERIF_BOLD: "YinxinSerif-Bold.ttf",
    FontName.SANS: "YinxinSans-Regular.ttf",
    FontName.RARE: "YinxinSerifRare-Regular.ttf",
}


def path(name: str) -> Path:
    """File of one shipped font (`serif`, `serif-bold`, `sans`, `serif-rare`)."""
    return _FOLDER / _FILES[name]


def chain(first: str = FontName.SERIF) -> tuple[Path, ...]:
    """Fonts to try in order for any text: the wanted one, the regular serif, the rare characters."""
    names = dict.fromkeys((first, FontName.SERIF, FontName.RARE))
    return tuple(path(name) for name in names)


@cache
def coverage(file: Path) -> frozenset[int]:
    """Code points of one font file; the file is read once in a process."""
    face: Any = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(file)))  # type: ignore[attr-defined]
    return frozenset(face.unicodes)


@cache
def _covered(first: str) -> frozenset[int]:
    return frozenset().union(*(coverage(file) for file in chain(first)))


def missing(text: str, first: str = FontName.SERIF) -> list[str]:
    """Characters of `text` that no font of the chain holds, each once, in order."""
    known = _covered(first)
    return [char for char in dict.fromkeys(text) if ord(char) not in known]


def spell_out(char: str) -> str:
    """How a refusal names a character: `“𰻝” (U+30EDD)`; what cannot be seen or printed is named by code alone."""
    point = f"U+{ord(char):04X}"
    return point if unicodedata.category(char)[0] in "CZM" else f"“{char}” ({point})"

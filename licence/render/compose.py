"""Text into boxes (排版): one line if it can be, shrunk a little; else lines, shrunk further; else refused by field.

Line breaking follows the Chinese rules: no closing sign at the start of a line, no opening sign at its end (避头尾),
Latin words and numbers stay whole unless longer than the line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby

from foundation.errors import InvalidInput
from foundation.glyphs import ASCENT, face, font_of
from foundation.text import Text
from licence.catalogue import LicenceType, fault
from licence.render.layout import Box, Lettering, Printed
from licence.render.model import Colour, Line, Run

MM_PER_POINT = 25.4 / 72
STEP = 0.5
"""Points the size gives way at a time."""
ONE_LINE_SHRINK = 0.85
"""A text that fits one line at this part of its size is not broken."""

_NOT_FIRST = frozenset("，。、；：？！）】〕〉》」』’”…—％%,.;:?!)]}·℃")
_NOT_LAST = frozenset("（【〔〈《「『‘“([{￥$№")
_WORD = re.compile(r"[0-9A-Za-zÀ-ɏ'._/:@&+#%\-]+|.", re.DOTALL)


class _Fitter:
    """One text set in one font chain, measured once in thousandths of an em."""

    def __init__(self, text: str, font: str) -> None:
        self.font = font
        self.fonts = {char: font_of(char, font) for char in set(text)}
        self.widths = {char: face(name).advance(char) for char, name in self.fonts.items()}

    def width(self, text: str) -> int:
        return sum(map(self.widths.__getitem__, text))

    def lines(self, text: str, room: float) -> list[str]:
        """Break `text` into lines of at most `room` thousandths of an em."""
        result: list[str] = []
        for paragraph in text.split("\n"):
            current, used = "", 0
            for word in self._words(paragraph, room):
                width = self.width(word)
                if current and used + width > room:
                    result.append(current.rstrip(" "))
                    current = self._carry(result)
                    if word == " ":  # a line never starts with a space
                        word, width = "", 0  # noqa: PLW2901
                    used = self.width(current)
                current, used = current + word, used + width
            result.append(current.rstrip(" "))
        return result

    def _words(self, text: str, room: float) -> list[str]:
        """Units that stay together: a Latin word, or a character with the closing signs after it."""
        words: list[str] = []
        for word in _WORD.findall(text):
            if words and word in _NOT_FIRST and self.width(words[-1] + word) <= room and len(words[-1]) < 12:
                words[-1] += word
            elif self.width(word) > room:
                words += list(word)
            else:
                words.append(word)
        return words

    @staticmethod
    def _carry(done: list[str]) -> str:
        """Opening signs left at the end of the finished line go to the next one."""
        line = done[-1]
        kept = line.rstrip("".join(_NOT_LAST))
        if kept and kept != line:
            done[-1] = kept
            return line[len(kept) :]
        return ""

    def runs(self, text: str) -> tuple[Run, ...]:
        pieces = ((font, "".join(chars)) for font, chars in groupby(text, key=self.fonts.__getitem__))
        return tuple(Run(font, piece, tuple(map(self.widths.__getitem__, piece))) for font, piece in pieces)


def compose(item: Printed, values: Mapping[str, str], kind: LicenceType, palette: Mapping[str, Colour]) -> list[Line]:
    """Lines of one printed item, or `InvalidInput` naming the field that does not fit."""
    text = item.template
    if item.keys:
        filled = {key: values.get(key, "") for key in item.keys}
        text = item.template.format_map(filled) if any(filled.values()) else item.empty
    if not text:
        return []
    look = item.lettering
    fitter = _Fitter(text.replace("\n", ""), look.font)
    fitted = _fit(fitter, text, item.box, look)
    if fitted is None:
        raise _overflow(item, values, kind)
    size, lines = fitted
    return _place(fitter, lines, size * MM_PER_POINT, item.box, look, palette[look.colour])


def _fit(fitter: _Fitter, text: str, box: Box, look: Lettering) -> tuple[float, list[str]] | None:
    """Size in points and lines, or None."""

    def room(size: float) -> float:
        return box.width / (size * MM_PER_POINT) * 1000 + 1

    def most_lines(size: float) -> int:
        height = size * MM_PER_POINT
        return 1 + int((box.height - height + 0.01) / (height * look.leading))

    def sizes(least: float) -> list[float]:
        return [look.size - STEP * step for step in range(int(max(look.size - least, 0) / STEP) + 1)]

    if "\n" not in text:
        floor = look.min_size if most_lines(look.min_size) == 1 else max(look.min_size, look.size * ONE_LINE_SHRINK)
        width = fitter.width(text)
        for size in sizes(floor):
            if width <= room(size):
                return size, [text]
    whole = fitter.width(text.replace("\n", ""))
    for size in sizes(look.min_size):
        if whole > room(size) * most_lines(size):  # spares breaking lines for a size that cannot do
            continue
        lines = fitter.lines(text, room(size))
        if len(lines) <= most_lines(size) and all(fitter.width(line) <= room(size) for line in lines):
            return size, lines
    return None


def _place(fitter: _Fitter, lines: list[str], size: float, box: Box, look: Lettering, colour: Colour) -> list[Line]:
    step = size * look.leading
    block = size + step * (len(lines) - 1)
    top = box.y + ((box.height - block) / 2 if look.vertical == "middle" else 0)
    # shrunk text keeps its first baseline level with the label beside it
    first = top + ASCENT * (look.size * MM_PER_POINT if look.vertical == "top" else size)
    placed = []
    for row, text in enumerate(lines):
        width = fitter.width(text) * size / 1000
        spare = box.width - width
        spacing = spare / (len(text) - 1) if look.align == "spread" and len(text) > 1 else 0.0
        indent = {"centre": spare / 2, "right": spare}.get(look.align, 0.0)
        if spacing:
            width = box.width
        baseline = first + row * step
        placed.append(Line(box.x + indent, baseline, size, fitter.runs(text), colour, width, spacing))
    return placed


def _overflow(item: Printed, values: Mapping[str, str], kind: LicenceType) -> InvalidInput:
    key = max(item.keys, key=lambda each: len(values.get(each, ""))) if item.keys else ""
    label = kind.label(key) if key else Text(item.template, item.template)
    detail = Text(
        f"“{label.zh}”内容过长，版面放不下，请缩短。",
        f"“{label.en}” is too long for its place on the page. Shorten it.",
    )
    return InvalidInput("licence.overflow", detail, faults=(fault(key, detail),) if key else ())

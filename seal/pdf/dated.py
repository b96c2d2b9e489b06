"""A seal with its date as one appearance (带日期的印章外观)."""

from __future__ import annotations

import zlib
from datetime import date

from seal import dateline
from seal.dateline import DateWhere
from seal.drawing.pdf import POINTS, fill
from seal.pdf.appearance import Appearance


def with_date(look: Appearance, day: date, where: DateWhere) -> Appearance:
    """The date in black first and the seal over it, as ink on a printed date. The same octets for the same order."""
    dated = dateline.place(day, where, look.width, look.height)
    left = dated.seal_left * POINTS
    bottom = (dated.height - dated.seal_top - look.height) * POINTS
    text = fill(dated.contours, dated.height, "0 g")
    seal = zlib.decompress(look.deflated)
    content = text.encode() + f"\nq 1 0 0 1 {left:.4f} {bottom:.4f} cm\n".encode() + seal + b"\nQ"
    return Appearance(dated.width, dated.height, zlib.compress(content, 6))

"""Draws OFD files by PyPI easyofd (第三方阅读器), in a process of its own: FONT, then pairs IN OUT.

It wants 宋体 on the machine and draws every text in it whose font it does not find by name; here a shipped font stands
for it. It leaves font files in its working folder while it draws, so each run has one of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

from easyofd import OFD
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont


def main(font: str, *files: str) -> None:
    pdfmetrics.registerFont(TTFont("宋体", font))
    for source, target in zip(files[::2], files[1::2], strict=True):
        reader = OFD()
        reader.read(Path(source).read_bytes(), fmt="binary")
        Path(target).write_bytes(reader.to_pdf())


if __name__ == "__main__":
    main(*sys.argv[1:])

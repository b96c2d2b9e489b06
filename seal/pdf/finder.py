"""Looking for a keyword in a PDF's text (PDF 关键字查找), in a process of its own: PDFium is native code.

Asked by `seal.pdf.words` through `foundation.apart` for one search.
"""

from __future__ import annotations

from typing import Any

from pypdfium2 import PdfDocument, raw

from foundation.apart.child import Tell
from seal.matching import occurrences
from seal.pdf import page_fonts

MOST_CHARACTERS = 2_000_000
_pdfium: Any = raw


def warm() -> None:
    page_fonts.give()


def work(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    tell(search(documents[0], question["text"], question["first"], question["last"], question["most"]))


def search(data: bytes, text: str, first: int, last: int, most: int) -> dict[str, Any]:
    """Matches as boxes of their characters in the page's own points; `limit` when there is too much text."""
    document: Any = PdfDocument(data)
    found: list[dict[str, Any]] = []
    left = MOST_CHARACTERS
    for number in range(first, min(last, len(document)) + 1):
        page = document[number - 1]
        words = page.get_textpage()
        count = words.count_chars()
        left -= count
        if left < 0:
            return {"pages": len(document), "limit": True, "found": []}
        characters = [_character(_pdfium.FPDFText_GetUnicode(words, index)) for index in range(count)]
        for begin, end in occurrences(characters, text):
            printed = [index for index in range(begin, end + 1) if not characters[index].isspace()]
            boxes = [words.get_charbox(index, loose=True) for index in printed]
            if not all(_shown(box, page.get_cropbox()) for box in boxes):
                continue
            found.append({"page": number, "size": page.get_size(), "boxes": boxes})
            if len(found) >= most:
                return {"pages": len(document), "limit": False, "found": found}
        words.close()
        page.close()
    return {"pages": len(document), "limit": False, "found": found}


def _shown(box: Any, crop: Any) -> bool:
    """Words cut away by the crop box are on file but on no page."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return bool(crop[0] <= x <= crop[2] and crop[1] <= y <= crop[3])


def _character(code: int) -> str:
    return chr(code) if 0 < code <= 0x10FFFF else " "

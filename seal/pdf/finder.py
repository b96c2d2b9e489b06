"""Looking for a keyword in a PDF's text (PDF 关键字查找), in a process of its own: PDFium is native code.

Started by `seal.pdf.words` for one search. Takes the question as one line of JSON and the file on standard input,
answers one line of JSON. Holds nothing worth taking, and lives under hard limits of memory and processor time.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

from pypdfium2 import PdfDocument, raw

from seal.matching import occurrences

MOST_CHARACTERS = 2_000_000
MEMORY = 1024 * 1024 * 1024
_pdfium: Any = raw


def main() -> None:
    question = json.loads(sys.stdin.buffer.readline())
    seconds = int(question["seconds"])
    data = sys.stdin.buffer.read()
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answer = search(data, question["text"], question["first"], question["last"], question["most"])
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()


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

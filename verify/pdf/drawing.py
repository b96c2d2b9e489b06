"""Drawing two states of a PDF and comparing the pictures (渲染比对), in a process of its own: PDFium is native code.

Asked by `verify.pdf.looking` through `foundation.apart`. Pages are told one by one, so that what was drawn before a
limit was reached is known.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from PIL import Image
from pypdfium2 import PdfDocument

from foundation.apart.child import Tell
from seal.pdf import page_fonts
from seal.pdf.page_pictures import PagePictures
from verify.pdf.pixels import Pixels, differing, hidden_part

SCALE = 1.5
MOST_SIDE = 1400


def warm() -> None:
    page_fonts.give()
    Image.init()


def work(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    """`documents`: the later state. `ends`: where the two states end in it."""
    states = [documents[0][:end] for end in question["ends"]]
    pictures = [PagePictures(state) for state in states]
    first, last = map(_open, states)
    pages = question["pages"] or range(1, min(question["most"], max(len(first), len(last))) + 1)
    for number in pages:
        for state in pictures:
            state.check(number)
        tell(_page(first, last, number, question))


def _open(data: bytes) -> Any:
    document: Any = PdfDocument(data)
    document.init_forms()
    return document


def _page(first: Any, last: Any, number: int, question: dict[str, Any]) -> dict[str, Any]:
    before = _draw(first, number)
    if before is not None and number <= len(last):
        before[0].page.close()  # with its unpacked pictures, which are large; only its own picture is needed
    after = _draw(last, number)
    found: dict[str, Any] = {"page": number, "boxes": [], "hidden": [0.0 for _ in question["covering"]]}
    shown = after or before
    if shown is None:
        return found
    if before is None or after is None or before[1].size != after[1].size:
        found["boxes"] = [_points(shown, (0, 0, *shown[1].size))]
        found["hidden"] = [0.0 if before is None else 1.0 for _ in question["covering"]]
    else:
        found["boxes"] = [_points(after, box) for box in differing(before[1], after[1])]
        areas = [_pixels(after, box) for box in question["covering"]]
        found["hidden"] = [hidden_part(before[1], after[1], area) for area in areas]
    if question["pictures"]:
        found |= {name: _png(one[1]) for name, one in (("before", before), ("after", after)) if one is not None}
    return found


def _draw(document: Any, number: int) -> tuple[Any, Image.Image] | None:
    if number > len(document):
        return None
    page = document[number - 1]
    bitmap = page.render(scale=min(SCALE, MOST_SIDE / max(1.0, *page.get_size())), may_draw_forms=True)
    return bitmap.get_posconv(page), bitmap.to_pil().convert("RGB")


def _points(drawn: tuple[Any, Image.Image], box: Pixels) -> list[float]:
    """A box of pixels in points of the page, whichever way it is turned and cropped."""
    corners = [drawn[0].to_page(*corner) for corner in (box[:2], box[2:])]
    (x0, y0), (x1, y1) = corners
    return [round(value, 1) for value in (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))]


def _pixels(drawn: tuple[Any, Image.Image], box: Sequence[float]) -> Pixels:
    corners = [drawn[0].to_bitmap(*corner) for corner in (box[:2], box[2:])]
    (x0, y0), (x1, y1) = corners
    width, height = drawn[1].size
    return max(0, min(x0, x1)), max(0, min(y0, y1)), min(width, max(x0, x1)), min(height, max(y0, y1))


def _png(picture: Image.Image) -> str:
    out = BytesIO()
    picture.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode("ascii")

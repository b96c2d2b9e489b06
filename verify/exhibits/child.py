"""Making the pictures of one file (图示进程), in a process of its own: PDFium, Pillow and XML over hostile octets.

Asked by `verify.exhibits.shown` through `foundation.apart`. Parts are told as they are made, so that what was drawn
before a limit was reached is shown.
"""

from __future__ import annotations

import codecs
from typing import Any

from PIL import Image

from foundation.apart.child import Tell
from foundation.errors import YinxinError
from hsm.digests import Digest
from seal.pdf import page_fonts
from verify.exhibits import ofd_sheets, pdf_sheets, seal_pictures

_CODECS = ("utf-16-be", "utf-16-le", "utf-16", "gb18030", "gbk", "latin-1", "ascii", "cp437")


def warm() -> None:
    page_fonts.give()
    Image.init()
    for name in _CODECS:
        codecs.lookup(name)
    Digest.SM3.of(b"")


def work(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    """`kind`, `names` of the signatures, `compare`. Every part is `{what: it}`, see `shown`."""
    data = documents[0]
    try:
        if question["kind"] == "pdf":
            pdf_sheets.show(data, question, tell)
        elif question["kind"] == "ofd":
            ofd_sheets.show(data, tell)
        else:
            tell({"seals": seal_pictures.of_file(data)})
    except YinxinError:
        tell({"failed": True})

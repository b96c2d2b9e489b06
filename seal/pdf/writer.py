"""The incremental writer (增量写入): pyHanko's, but it leaves the document's metadata as they were approved.

pyHanko puts the hour of the machine and its own name into /Info and XMP. Neither was ordered, and /Info and XMP that
agree in a PDF/A go on agreeing when nobody touches them.
"""

from __future__ import annotations

from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from seal.pdf.bounded_reader import LIMITS, bounded_reader


class Writer(IncrementalPdfFileWriter):
    in_place = False
    """The revision is appended to the very file that was read: how a large one is stamped."""
    direct = False
    """The revision was written without touching what was read (`seal.pdf.direct`)."""

    def _update_meta(self) -> None:
        """Nothing: when it was signed is in the signature."""

    def name_after(self, seed: bytes) -> None:
        """The changing half of /ID, so that preparing the same order twice writes the same octets."""
        self._document_id[1] = generic.ByteStringObject(seed[:16])


def open_writer(data: bytes) -> Writer:
    reader = bounded_reader(data)
    return Writer(reader.stream, prev=reader, strict=True)


def open_writer_on(path: Path) -> Writer:
    """A writer that appends to the file at `path`, which is our own copy."""
    made = Writer(path.open("r+b"), strict=True, decode_limits=LIMITS)
    made.in_place = True
    return made

"""The incremental writer (增量写入): pyHanko's, but it leaves the document's metadata as they were approved.

pyHanko puts the hour of the machine and its own name into /Info and XMP. Neither was ordered, and /Info and XMP that
agree in a PDF/A go on agreeing when nobody touches them.
"""

from __future__ import annotations

from io import BytesIO

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter


class Writer(IncrementalPdfFileWriter):
    def _update_meta(self) -> None:
        """Nothing: when it was signed is in the signature."""


def open_writer(data: bytes) -> Writer:
    return Writer(BytesIO(data), strict=True)

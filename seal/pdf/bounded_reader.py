"""Reading the tables of a PDF within bounds (有界读取): what pyHanko does before anybody else can count.

A few kilobytes of cross-reference streams unpack to minutes of work (T36). What one stream may unpack to is limited,
and the clock is looked at between sections; afterwards the reader has an ordinary stream and costs no more than before.
"""

from __future__ import annotations

from io import BytesIO
from time import thread_time

from pyhanko.pdf_utils.decode_limits import (
    DEFAULT_PURPOSE_LIMITS,
    DecodeLimits,
    DecodePurpose,
    DocumentDecodeBudget,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.reader import PdfFileReader

from seal.pdf.problems import PdfRefused

SECONDS = 3.0
"""Processor seconds of this thread."""
_MIB = 1024 * 1024
LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=64 * _MIB),
    per_purpose={
        **DEFAULT_PURPOSE_LIMITS,
        DecodePurpose.XREF_STREAM: StreamDecodeLimits(max_output_size=2 * _MIB),
        DecodePurpose.OBJECT_STREAM: StreamDecodeLimits(max_ratio=100, ratio_floor=_MIB, max_output_size=16 * _MIB),
    },
    document_budget=DocumentDecodeBudget(base_allowance=128 * _MIB, max_ratio=20),
)


class _Watched(BytesIO):
    def __init__(self, data: bytes, until: float) -> None:
        super().__init__(data)
        self._until = until

    def seek(self, offset: int, whence: int = 0, /) -> int:
        if whence == 0 and thread_time() > self._until:
            raise PdfRefused(
                "too_complicated",
                "这个 PDF 的结构异常复杂，限定时间内读不完。请用原程序重新导出后再试。",
                "This PDF is too complicated to be read in the time allowed. Export it again from its program.",
            )
        return super().seek(offset, whence)


def bounded_reader(data: bytes) -> PdfFileReader:
    reader = PdfFileReader(_Watched(data, thread_time() + SECONDS), strict=True, decode_limits=LIMITS)
    reader.stream = BytesIO(data)
    return reader

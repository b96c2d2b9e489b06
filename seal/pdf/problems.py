"""Why a PDF cannot be stamped (无法签章的原因), each with a stable code and what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.general import SigningError

from foundation.errors import InvalidInput
from foundation.text import Text


class PdfRefused(InvalidInput):
    def __init__(self, reason: str, zh: str, en: str) -> None:
        super().__init__(f"pdf.{reason}", Text(zh, en))
        self.reason = reason


def damaged(error: BaseException | None = None) -> PdfRefused:
    refusal = PdfRefused(
        "damaged",
        "这个 PDF 已损坏或结构不规范，无法签章。请用原程序重新导出后再试。",
        "This PDF is damaged or malformed and cannot be stamped. Export it again from its program.",
    )
    refusal.__cause__ = error
    return refusal


@contextmanager
def reading() -> Iterator[None]:
    """A hostile file makes the parser raise nearly anything (facts: sealing 2.4); to us it is one thing: damaged."""
    try:
        yield
    except PdfRefused:
        raise
    except (
        PdfError,
        SigningError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        AssertionError,
        RecursionError,
        NotImplementedError,
        OSError,
        MemoryError,
    ) as error:
        raise damaged(error) from error

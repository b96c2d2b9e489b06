"""Pictures of what was signed and of what the file shows now (前后图片), for the pages of a report."""

from __future__ import annotations

from verify.pdf.looking import Sight, look
from verify.pdf.ranges import seen_ranges
from verify.report import Report, SignatureReport


def before_after(data: bytes, signature: SignatureReport) -> tuple[Sight, ...]:
    """PNG before and after, with the boxes that differ, of every page the signature's changes are about.

    Empty when nothing was changed since, or when the file cannot be drawn.
    """
    end = signed_end(data, signature)
    if end is None or end >= len(data):
        return ()
    pages = [change.page for change in signature.changes if change.page is not None and not change.allowed]
    pages = pages or [change.page for change in signature.changes if change.page is not None]
    return look(data, (end, len(data)), pages, pictures=True) or ()


def of_report(data: bytes, report: Report) -> tuple[Sight, ...]:
    """For the first signature after which something was changed that may not be, else for none."""
    for signature in report.signatures:
        if any(not change.allowed for change in signature.changes):
            return before_after(data, signature)
    return ()


def signed_end(data: bytes, signature: SignatureReport) -> int | None:
    """Where the signed revision ends, as the report states it; only a ByteRange of this file counts."""
    for part in signature.unprotected:
        start = part.partition("-")[0]
        if start.isdigit() and any(sum(numbers[2:4]) == int(start) for numbers in seen_ranges(data)):
            return int(start)
    return None

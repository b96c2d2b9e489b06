"""Who covers whom in a PDF (签名覆盖关系): each covers a beginning of the file but its own hole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verify.pdf.found import HIDDEN, Found
from verify.report import SignatureReport


def with_covers(found: Sequence[Found], reports: Sequence[SignatureReport]) -> list[SignatureReport]:
    """The reports with the names of the earlier signatures each was made over, oldest first."""
    told = []
    for item, report in zip(found, reports, strict=True):
        covers = tuple(name for other in found if (name := _covered(item, other)) is not None)
        told.append(replace(report, covers=covers) if covers else report)
    return told


def _covered(item: Found, other: Found) -> str | None:
    if item.coverage is None or other.coverage is None or other.signature.field == HIDDEN:
        return None
    return other.signature.field if other.coverage.end < item.coverage.end else None

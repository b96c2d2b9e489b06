"""Dates as PDF writes them (PDF 日期): ISO 32000-2 7.9.4."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_DATE = re.compile(r"D:(\d{14})(?:Z|([+-])(\d{2})'?(\d{2})'?)?")


def pdf_date(text: str | None) -> datetime | None:
    """A PDF date (ISO 32000-2 7.9.4); without a zone it is read as UTC."""
    match = _DATE.match(text or "")
    if match is None:
        return None
    minutes = int(match[3] or 0) * 60 + int(match[4] or 0)
    if minutes >= 24 * 60:
        return None
    zone = timezone(timedelta(minutes=-minutes if match[2] == "-" else minutes))
    try:
        return datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None

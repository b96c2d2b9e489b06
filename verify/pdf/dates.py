"""Dates as PDF writes them (PDF 日期): ISO 32000-2 7.9.4. And whether /M agrees with the times that signatures carry.

Some writers put China time there, or into the signing time, and a `Z` behind it (facts: standards 2.6).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from verify.report import Finding, stamp
from verify.words import finding

_NEAR = timedelta(minutes=10)
_CHINA = timedelta(hours=8)
_ZONED = re.compile(r"D:\d{14}[Z+-]")
"""A time without a zone says nothing about UTC."""
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


def compare_times(text: str | None, inside: datetime | None, stamped: datetime | None) -> list[Finding]:
    """What is to be told of /M and of the time `inside` the signature data, beside its time stamp.

    A stamp is taken after the time it confirms, a day later even, so it only shows times that run ahead of it.
    """
    found = [finding("deviation.fake_z")] if _ahead(inside, stamped) else []
    stated = pdf_date(text) if _ZONED.match(text or "") else None
    if stated is None:
        return found
    believed = stamped if found or inside is None else inside
    if _ahead(stated, believed):
        return [finding("deviation.fake_z")]
    if inside is not None and abs(stated - inside) > _NEAR:
        found.append(finding("pdf.time_differs", stamp(stated), stamp(inside)))
    return found


def _ahead(stated: datetime | None, believed: datetime | None) -> bool:
    """By as much as China time is ahead of UTC."""
    return stated is not None and believed is not None and abs(stated - _CHINA - believed) <= _NEAR

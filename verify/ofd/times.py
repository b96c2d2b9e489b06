"""The time in Signature.xml beside the one in the seal signature (签名时间): the latter counts (facts: standards 2.6).

SignatureDateTime comes in half a dozen forms, and some writers put China time there and a `Z` behind it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from foundation.clock import SHANGHAI
from verify.report import Finding, stamp
from verify.words import finding

_FORM = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)[ T]?(\d\d):?(\d\d):?(\d\d)(?:[.,]\d{1,9})?\s*(Z?)")
_NEAR = timedelta(minutes=10)
_CHINA = timedelta(hours=8)


def compare_times(text: str, inside: datetime | None) -> tuple[datetime | None, list[Finding]]:
    """(the time to go by, what is to be told). `inside` is timeInfo or the signing time; the text only stands in."""
    stated = read_time(text)
    if inside is None:
        return stated, []
    if stated is None or abs(stated - inside) <= _NEAR:
        return inside, []
    if text.rstrip().endswith("Z") and abs(stated - _CHINA - inside) <= _NEAR:
        return inside, [finding("deviation.fake_z")]
    return inside, [finding("ofd.time_differs", stamp(stated), stamp(inside))]


def read_time(text: str) -> datetime | None:
    """With `Z` it is UTC, as it should be; without, China time."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        return None
    try:
        year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
        zone = UTC if match[7] else SHANGHAI
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None

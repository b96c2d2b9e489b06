"""How long caches on the way may repeat an answer (缓存头): RFC 5019 6.2, RFC 9111."""

from __future__ import annotations

from ca.ocsp_store import Stored, moment

CACHED_FOR = 300
"""Longest time a cache may repeat an answer, and so hide a revocation."""


def cache_headers(found: Stored, now: int) -> tuple[tuple[str, str], ...]:
    """RFC 5019 6.2: until nextUpdate at most, and never so long that a revocation stays hidden."""
    lasts = max(0, min(CACHED_FOR, found.until - now))
    return (
        ("Cache-Control", f"public, max-age={lasts}, no-transform, must-revalidate"),
        ("ETag", f'"{found.made:x}-{found.until:x}-{len(found.answer):x}"'),
        ("Last-Modified", _http_date(found.made)),
        ("Expires", _http_date(now + lasts)),
    )


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _http_date(seconds: int) -> str:
    """IMF-fixdate (RFC 9110 5.6.7), whatever the locale."""
    at = moment(seconds)
    return f"{_DAYS[at.weekday()]}, {at:%d} {_MONTHS[at.month - 1]} {at:%Y %H:%M:%S} GMT"

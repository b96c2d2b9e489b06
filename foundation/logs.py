"""Logs (日志): events with fields, one line each, and no personal data in any of them.

Every field of every event passes the scrubber last, traceback text included, so a number that slipped into an exception
is masked before it is written. JSON keeps line breaks inside one line.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from foundation.masking import mask_text
from foundation.settings import LogSettings

_CONTROL = {n: None for n in range(32) if n not in (9, 10)} | {0x7F: None, 0x1B: None}
_BIDI = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F))
_UNSAFE = _CONTROL | _BIDI


def scrub(value: Any) -> Any:
    """Mask citizen and mobile numbers in text, wherever it is nested; drop control and direction characters."""
    if isinstance(value, str):
        return mask_text(value.translate(_UNSAFE))
    if isinstance(value, MutableMapping):
        return {scrub(key): scrub(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [scrub(one) for one in value]
    if value is None or isinstance(value, (bool, int, float)):
        return scrub(str(value)) if isinstance(value, int) and value > 10**10 else value
    return scrub(str(value))


def _scrubber(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    del logger, name
    return {key: scrub(value) for key, value in event.items()}


class _Plain(logging.Formatter):
    """Other people's log records (waitress, Alembic, pyHanko) through the same scrubber."""

    def __init__(self, render: Any) -> None:
        super().__init__()
        self._render = render

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {"event": record.getMessage(), "level": record.levelname.lower(), "logger": record.name}
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)(None, "", event)
        return str(self._render(None, "", _scrubber(None, "", stamped)))


def configure(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Set up structlog and the standard library once per process."""
    out = stream or sys.stderr
    level = getattr(logging, settings.level.upper())
    render: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if settings.format == "console":
        render = structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _scrubber,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(_Plain(render))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))

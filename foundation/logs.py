"""Logs (日志): events with fields, one line each, and no personal data in any of them.

Every field of every event passes the scrubber last, traceback text included, so a number that slipped into an exception
is masked before it is written. Line breaks, direction marks and terminal codes cannot forge a line.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any, TextIO

import structlog

from foundation.masking import mask_text
from foundation.settings import LogSettings

_DROPPED = (*(n for n in range(32) if n not in (9, 10, 13)), *range(0x7F, 0xA0))
_DIRECTION = (0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xFEFF)
_UNSAFE = dict.fromkeys((*_DROPPED, *_DIRECTION))
_SECRET = re.compile(r"password|passwd|secret|cookie|authorization|assertion|private_key|credential", re.IGNORECASE)
_DIGITS = re.compile(r"\d{11}")
"""No number of a person is shorter, so most fields need no closer look."""
REMOVED = "[removed]"
_LINES = ("exception", "stack")
"""Fields that may keep their lines in the console format; in JSON a line break is an escape anyway."""


def scrub(value: Any, depth: int = 0) -> Any:
    """Mask citizen and mobile numbers in text, wherever it is nested; drop control and direction characters."""
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return scrub(str(value)) if value > 10**10 else value
    if isinstance(value, str):
        text = value if value.isprintable() else value.translate(_UNSAFE)
        return mask_text(text) if _DIGITS.search(text) else text
    if depth < 6 and isinstance(value, Mapping):
        return {scrub(str(key)): _field(str(key), one, depth + 1) for key, one in value.items()}
    if depth < 6 and isinstance(value, (list, tuple, set, frozenset)):
        return [scrub(one, depth + 1) for one in value]
    return scrub(str(value))


def _field(name: str, value: Any, depth: int) -> Any:
    """Secrets have no business in a log under any name; the scrubber is the second line, not the first."""
    return REMOVED if _names_secret(name) else scrub(value, depth)


@lru_cache(maxsize=1024)
def _names_secret(name: str) -> bool:
    return _SECRET.search(name) is not None


def _scrubber(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    del logger, name
    return {scrub(key): _field(key, value, 0) for key, value in event.items()}


class _Named(structlog.WriteLogger):
    """Knows whose it is: `structlog.get_logger("web.access")`."""

    def __init__(self, out: TextIO, name: str | None) -> None:
        super().__init__(out)
        self.name = name


def _whose(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    del name
    if logger.name:
        event["logger"] = logger.name
    return event


def _one_line(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For the console format: only a traceback has lines."""
    del logger, name
    return {
        key: value.replace("\r", "\\r").replace("\n", "\\n") if isinstance(value, str) and key not in _LINES else value
        for key, value in event.items()
    }


class _Plain(logging.Formatter):
    """Other people's log records (waitress, Alembic, pyHanko) through the same scrubber."""

    def __init__(self, processors: list[Any]) -> None:
        super().__init__()
        self._processors = processors

    def format(self, record: logging.LogRecord) -> str:
        event: Any = {"event": record.getMessage(), "level": record.levelname.lower(), "logger": record.name}
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        for processor in self._processors:
            event = processor(None, "", event)
        return str(event)


def for_commands() -> None:
    """A command's answer alone goes to standard output; warnings, and nothing less, to standard error."""
    if not structlog.is_configured():
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
            logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        )


def configure(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Set up structlog and the standard library once per process."""
    out = stream or sys.stderr
    level = getattr(logging, settings.level.upper())
    ending: list[Any] = [_scrubber, structlog.processors.JSONRenderer(ensure_ascii=False)]
    if settings.format == "console":
        plain = structlog.dev.plain_traceback
        ending = [_scrubber, _one_line, structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=plain)]
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _whose,
            stamp,
            structlog.processors.format_exc_info,
            *ending,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *names: _Named(out, str(names[0]) if names else None),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(_Plain([structlog.contextvars.merge_contextvars, stamp, *ending]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))

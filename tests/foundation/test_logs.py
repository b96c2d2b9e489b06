"""Logs: one event is one line, whatever is in it, and no personal number is ever in it (facts/security T37)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from foundation import logs
from foundation.settings import LogSettings

CITIZEN = "110101199003078515"
PHONE = "13812345678"
NAUGHTY = Path(__file__).resolve().parents[1] / "vectors" / "blns" / "naughty-strings.json"

Opened = Callable[[str], io.StringIO]


@pytest.fixture
def opened() -> Iterator[Opened]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def make(style: str) -> io.StringIO:
        stream = io.StringIO()
        logs.configure(LogSettings(format=style), stream)  # type: ignore[arg-type]
        structlog.configure(cache_logger_on_first_use=False)
        return stream

    yield make
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().split("\n") if line]


def test_a_line_carries_event_level_time_logger_and_what_is_bound(opened: Opened) -> None:
    stream = opened("json")
    structlog.contextvars.bind_contextvars(request_id="r-1", principal="client:a")
    structlog.get_logger("web.test").warning("seal.made", seal="s-1", parts=2)
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "seal.made", "level": "warning", "logger": "web.test", "request_id": "r-1", "principal": "client:a",
        "seal": "s-1", "parts": 2,
    }  # fmt: skip


@pytest.mark.parametrize("style", ["json", "console"])
def test_numbers_of_people_are_masked_wherever_they_hide(opened: Opened, style: str) -> None:
    stream = opened(style)
    log = structlog.get_logger("t")
    event = "seen " + CITIZEN
    log.info(
        event, text=f"of {PHONE}.", number=int(PHONE), inside={"a": [{"b": (CITIZEN,)}], CITIZEN: 1},
        raw=CITIZEN.encode(), error=ValueError(PHONE), **{PHONE: "key"},
    )  # fmt: skip
    try:
        int(f"bad number {CITIZEN} of {PHONE}")
    except ValueError:
        log.exception("failed")
        logging.getLogger("other").exception("also %s", PHONE)
    assert "Traceback" in stream.getvalue()
    assert CITIZEN not in stream.getvalue()
    assert PHONE not in stream.getvalue()
    assert stream.getvalue().count("138****5678") >= 5


def test_secrets_are_removed_by_their_name(opened: Opened) -> None:
    stream = opened("json")
    structlog.get_logger("t").info("e", password="hunter2", headers={"Cookie": "abc", "Authorization": "Bearer x"})
    (line,) = lines(stream)
    assert line["password"] == "[removed]"
    assert line["headers"] == {"Cookie": "[removed]", "Authorization": "[removed]"}


def test_nothing_a_caller_writes_makes_a_second_line_or_moves_the_cursor(opened: Opened) -> None:
    strings = json.loads(NAUGHTY.read_text(encoding="utf-8"))
    strings += ['a\r\n{"event":"forged"}', "\x1b[2J\x1b[31m", "\u202egnp.exe", "\u2028x\u2029y\x85z", "\x9b31m", "\0"]
    assert len(strings) > 400
    stream = opened("json")
    log = structlog.get_logger("t")
    for text in strings:
        log.info("e", field=text, inside={"k": [text]})
    written = stream.getvalue().splitlines()  # also splits at the separators Unicode knows
    assert len(written) == len(strings)
    assert {json.loads(line)["event"] for line in written} == {"e"}
    assert not [c for c in stream.getvalue() if ord(c) in (0x1B, 0x9B, 0x7F, 0x202E, 0x2028, 0x2029, 0x85, 0)]


def test_the_console_format_keeps_one_event_on_one_line_too(opened: Opened) -> None:
    stream = opened("console")
    structlog.get_logger("t").info("a\nforged", field="b\r\nforged")
    logging.getLogger("other").warning("c\nforged")
    assert len(stream.getvalue().splitlines()) == 2


def test_levels_below_the_set_one_are_not_written(opened: Opened) -> None:
    stream = opened("json")
    structlog.get_logger("t").debug("e")
    logging.getLogger("other").info("e")
    assert stream.getvalue() == ""

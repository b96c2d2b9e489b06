"""The small app on a ground of each database, and its log lines."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from foundation import logs
from foundation.ground import Ground
from foundation.settings import LogSettings
from tests.foundation.frame.small import small_app

SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""For promises in which no database has a part."""


@pytest.fixture
def app(ground: Ground) -> Flask:
    return small_app(ground)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


class LogLines:
    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def named(self, event: str) -> list[dict[str, Any]]:
        return [one for one in self.events if one["event"] == event]


@pytest.fixture(autouse=True)
def log() -> Iterator[LogLines]:
    """What the process writes to its log while the test runs."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(LogSettings(), stream)
    structlog.configure(cache_logger_on_first_use=False)  # module loggers outlive this test
    yield LogLines(stream)
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level

"""What goes over the pipes of a reading process (沙箱通信): frames with their length in front.

Downwards, from us, whatever Python can pickle. Upwards only JSON and octets, bounded and checked: the process below may
have been taken over by the file it reads, and nothing it says may become more than a report.
"""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from pydantic import TypeAdapter, ValidationError

from verify.report import Report

MOST_UP = 32 * 1024 * 1024
_REPORT = TypeAdapter(Report)
_HEAD = 4


class Ended(Exception):  # noqa: N818 - an event of the process, not of the caller
    """The other side is gone, or speaks nonsense."""


def send(pipe: BinaryIO, octets: bytes) -> None:
    try:
        pipe.write(len(octets).to_bytes(_HEAD, "big"))
        pipe.write(octets)
        pipe.flush()
    except (OSError, ValueError) as error:
        raise Ended("write") from error


def receive(pipe: BinaryIO, most: int = 2**32 - 1) -> bytes:
    try:
        head = pipe.read(_HEAD)
        size = int.from_bytes(head, "big")
        if len(head) != _HEAD or size > most:
            raise Ended("head")
        octets = pipe.read(size)
    except (OSError, ValueError) as error:
        raise Ended("read") from error
    if len(octets) != size:
        raise Ended("short")
    return octets


def send_json(pipe: BinaryIO, message: dict[str, Any]) -> None:
    """Lone surrogates, which a hostile text may hold, become question marks."""
    send(pipe, json.dumps(message, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace"))


def receive_json(pipe: BinaryIO) -> dict[str, Any]:
    try:
        message = json.loads(receive(pipe, MOST_UP))
    except (ValueError, RecursionError) as error:
        raise Ended("json") from error
    if not isinstance(message, dict):
        raise Ended("shape")
    return message


def plain(report: Report) -> Any:
    return _REPORT.dump_python(report, mode="json")


def report(message: Any) -> Report:
    """Every field of the type it must have."""
    try:
        return _REPORT.validate_python(message, strict=False)
    except ValidationError as error:
        raise Ended("report") from error

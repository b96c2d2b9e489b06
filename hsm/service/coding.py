"""How requests and answers lie in a message (报文编码): fields of a dataclass in their order, each with its length.

No names, no types, no references on the wire: both sides know the dataclass, so there is nothing to be led astray by.
Compiled once per class.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

from hsm.service.errors import BadMessage

T = TypeVar("T")
Put = Callable[[Any, list[bytes]], None]
Take = Callable[["Reader"], Any]
MOST_ITEMS = 100_000


class Reader:
    """Octets with a place in them; every step is checked against the end."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        end = self._at + size
        if size < 0 or end > len(self._data):
            raise BadMessage("cut short")
        part = self._data[self._at : end]
        self._at = end
        return part

    def number(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def finished(self) -> None:
        if self._at != len(self._data):
            raise BadMessage("octets left over")


def encode(message: object) -> bytes:
    parts: list[bytes] = []
    _of(cast("Any", type(message)))[0](message, parts)
    return b"".join(parts)


def decode(kind: type[T], data: bytes) -> T:
    """Raises `BadMessage` for anything that is not exactly one message of that class."""
    reader = Reader(data)
    try:
        found = _of(cast("Any", kind))[1](reader)
    except (ValueError, TypeError, OverflowError) as error:
        raise BadMessage(f"not a {kind.__name__}") from error
    reader.finished()
    return cast("T", found)


@cache
def _of(kind: Any) -> tuple[Put, Take]:
    if dataclasses.is_dataclass(kind):
        return _dataclass(cast("type", kind))
    if get_origin(kind) in (Union, types.UnionType):
        return _optional(kind)
    if get_origin(kind) in (tuple, frozenset):
        return _several(kind)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _text(kind)
    if kind in _PLAIN:
        return _PLAIN[kind]
    raise TypeError(f"no coding for {kind}")


def _dataclass(kind: type) -> tuple[Put, Take]:
    hints = get_type_hints(kind)
    fields = [(field.name, *_of(hints[field.name])) for field in dataclasses.fields(kind)]

    def put(value: Any, parts: list[bytes]) -> None:
        for name, write, _ in fields:
            write(getattr(value, name), parts)

    def take(reader: Reader) -> Any:
        return kind(*[read(reader) for _, _, read in fields])

    return put, take


def _optional(kind: Any) -> tuple[Put, Take]:
    inner = [one for one in get_args(kind) if one is not type(None)]
    if len(inner) != 1 or len(get_args(kind)) != 2:
        raise TypeError("only X | None crosses the socket")
    write, read = _of(inner[0])

    def put(value: Any, parts: list[bytes]) -> None:
        parts.append(b"\x00" if value is None else b"\x01")
        if value is not None:
            write(value, parts)

    return put, lambda reader: read(reader) if _yes_or_no(reader) else None


def _several(kind: Any) -> tuple[Put, Take]:
    make, (inner, *rest) = get_origin(kind), get_args(kind)
    if make is tuple and rest != [...]:
        raise TypeError("only tuple[X, ...] crosses the socket")
    write, read = _of(inner)

    def put(value: Any, parts: list[bytes]) -> None:
        items = sorted(value) if make is frozenset else value
        parts.append(len(items).to_bytes(4, "big"))
        for item in items:
            write(item, parts)

    def take(reader: Reader) -> Any:
        count = reader.number()
        if count > MOST_ITEMS:
            raise BadMessage("too many items")
        items = [read(reader) for _ in range(count)]
        if make is frozenset and items != sorted(set(items)):
            raise BadMessage("a set out of order")
        return make(items)

    return put, take


def _text(kind: Callable[[str], Any]) -> tuple[Put, Take]:
    def put(value: Any, parts: list[bytes]) -> None:
        octets = str(value).encode()
        parts.append(len(octets).to_bytes(4, "big"))
        parts.append(octets)

    return put, lambda reader: kind(reader.take(reader.number()).decode())


def _octets(value: Any, parts: list[bytes]) -> None:
    parts.append(len(value).to_bytes(4, "big"))
    parts.append(value)


def _yes_or_no(reader: Reader) -> bool:
    found = reader.take(1)
    if found not in (b"\x00", b"\x01"):
        raise BadMessage("neither yes nor no")
    return found == b"\x01"


def _moment(value: datetime, parts: list[bytes]) -> None:
    _PLAIN[str][0](value.astimezone(UTC).isoformat(timespec="microseconds"), parts)


_PLAIN: dict[Any, tuple[Put, Take]] = {
    bytes: (_octets, lambda reader: reader.take(reader.number())),
    str: _text(str),
    bool: (lambda value, parts: parts.append(b"\x01" if value else b"\x00"), _yes_or_no),
    int: (
        lambda value, parts: parts.append(value.to_bytes(8, "big", signed=True)),
        lambda reader: int.from_bytes(reader.take(8), "big", signed=True),
    ),
    UUID: (lambda value, parts: parts.append(value.bytes), lambda reader: UUID(bytes=reader.take(16))),
    datetime: (_moment, lambda reader: datetime.fromisoformat(reader.take(reader.number()).decode())),
}

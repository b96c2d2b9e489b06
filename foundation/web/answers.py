"""What a route may give back (响应), besides a plain pydantic model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pydantic import BaseModel

from foundation.errors import YinxinError
from foundation.text import Text

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_OCTETS = Text("文件内容", "The octets of the file")


@dataclass(frozen=True, slots=True)
class Media:
    """Declares that a route answers with octets of one of these media types."""

    types: tuple[str, ...]
    description: Text = _OCTETS

    def __init__(self, *types: str, description: Text = _OCTETS) -> None:
        object.__setattr__(self, "types", types)
        object.__setattr__(self, "description", description)


@dataclass(frozen=True, slots=True)
class Binary:
    """Octets with a media type. With `filename` the browser saves them; without, it shows them."""

    data: bytes
    media_type: str = "application/octet-stream"
    filename: str | None = None
    inline: bool = False
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)


@dataclass(frozen=True, slots=True)
class Streamed:
    """Octets in pieces, for answers too large to hold. What may refuse it is settled before the first piece."""

    pieces: Iterator[bytes]
    media_type: str
    filename: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A model with another status than the route's usual one, or with headers of its own."""

    value: BaseModel | None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)


def redirect(location: str, status: int = 303) -> Binary:
    """Send the browser on; the route declares `also=(Reply(303, …),)`."""
    return Binary(b"", "text/plain; charset=utf-8", status=status, headers={"Location": location})


@dataclass(frozen=True, slots=True)
class Reply:
    """One more documented answer of a route: a redirect, a page, a second success status."""

    status: int
    description: Text
    media_type: str | None = None
    model: type[BaseModel] | None = None
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """A protocol's own error body instead of RFC 9457 (RFC 6749 5.2): which model, which statuses, how to make it."""

    model: type[BaseModel]
    statuses: tuple[int, ...]
    render: Callable[[YinxinError], Answer | Binary]

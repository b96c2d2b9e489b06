"""What a route receives (请求): typed input, who calls, and in which language to answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError
from typing_extensions import TypeVar

from foundation.errors import InvalidInput
from foundation.principal import ANONYMOUS, Principal
from foundation.text import Language, Text


class Wire(BaseModel):
    """Base of everything that crosses the wire: unknown fields are refused, values do not change after parsing."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def bad(zh: str, en: str) -> PydanticCustomError:
    """Raise this inside a pydantic validator to say what is wrong in both languages. Never put the value in it."""
    return PydanticCustomError("bad_value", "{en}", {"zh": zh, "en": en})


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a multipart request, read within the route's limit."""

    field: str
    filename: str
    media_type: str
    data: bytes


_FILE = Text("文件", "The file")


@dataclass(frozen=True, slots=True)
class FileField:
    """A file a multipart route takes. `media_types` is documentation: rooms judge the bytes, not the label."""

    name: str
    description: Text = _FILE
    required: bool = True
    many: bool = False
    media_types: tuple[str, ...] = ("application/octet-stream",)
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """A body of plain octets (OCSP requests, time stamp requests)."""

    media_types: tuple[str, ...]
    max_bytes: int = 64 * 1024


B = TypeVar("B", default=Any)
Q = TypeVar("Q", default=Any)
P = TypeVar("P", default=Any)
F = TypeVar("F", default=Any)


@dataclass(frozen=True, slots=True)
class Call(Generic[B, Q, P, F]):
    """One call of a route: `Call[Body, Query, Path, Form]`; parts left out are Any."""

    principal: Principal = ANONYMOUS
    body: B = None  # type: ignore[assignment]  # typed by the route's declaration
    query: Q = None  # type: ignore[assignment]
    path: P = None  # type: ignore[assignment]
    form: F = None  # type: ignore[assignment]
    raw: bytes = b""
    files: dict[str, tuple[Upload, ...]] = field(default_factory=dict)
    idempotency_key: str | None = None
    language: Language = "zh"
    request_id: str = ""
    address: str = ""

    @property
    def key(self) -> str:
        """The idempotency key of a route declared `idempotent=True`; the frame has made sure it is there."""
        if self.idempotency_key is None:
            raise RuntimeError("the route is not declared idempotent")
        return self.idempotency_key

    def file(self, name: str) -> Upload:
        """The one file of a required field."""
        found = self.files.get(name)
        if not found:
            raise InvalidInput("request.file_missing", Text(f"缺少文件：{name}。", f"The file {name} is missing."))
        return found[0]

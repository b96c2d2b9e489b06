"""One family of errors (错误), one table to HTTP.

Rooms raise these with a public bilingual detail. No room writes a status code: `foundation/web/problems.py` reads
`TABLE` and renders RFC 9457 for programs and a page for people. Anything that is not a `YinxinError` is our fault and
becomes a fixed 500 text with the request id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from foundation.text import Text

Where = Literal["body", "query", "path", "header", "form", "file"]


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One faulty input: `pointer` is an RFC 6901 JSON pointer (`/data/holder_name`) or a parameter name."""

    pointer: str
    detail: Text
    where: Where = "body"


class YinxinError(Exception):
    """Base of every error a room raises on purpose.

    `code` is stable and dotted (`licence.number_taken`); `detail` says what happened and what to do next.
    """

    kind: ClassVar[str] = "internal"
    condition: ClassVar[str] = "failed"
    """What `/readyz` says of a check that raised it; more than one word only where strangers may know."""

    def __init__(self, code: str, detail: Text, *, faults: tuple[FieldFault, ...] = ()) -> None:
        super().__init__(f"{code}: {detail.en}")
        self.code = code
        self.detail = detail
        self.faults = faults


class InvalidInput(YinxinError):  # noqa: N818 - the family reads as nouns of the trade
    kind = "invalid-input"


class Unauthenticated(YinxinError):  # noqa: N818
    kind = "unauthenticated"


class Forbidden(YinxinError):  # noqa: N818
    kind = "forbidden"


class NotFound(YinxinError):  # noqa: N818
    """Also the answer for an object of somebody else: whether it exists is not told (T26)."""

    kind = "not-found"


class Conflict(YinxinError):  # noqa: N818
    kind = "conflict"


class TooLarge(YinxinError):  # noqa: N818
    kind = "too-large"


class Unsupported(YinxinError):  # noqa: N818
    kind = "unsupported"


class TooMany(YinxinError):  # noqa: N818
    kind = "too-many"

    def __init__(self, code: str, detail: Text, *, retry_after: int) -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after


class Unavailable(YinxinError):  # noqa: N818
    """We cannot do it now (sealed keys, full disk, database away); nothing was half-done."""

    kind = "unavailable"


class Damaged(YinxinError):  # noqa: N818
    """Stored data fails its own integrity check. Never repaired silently."""

    kind = "damaged"


@dataclass(frozen=True, slots=True)
class Problem:
    status: int
    title: Text


TABLE: dict[str, Problem] = {
    "invalid-input": Problem(422, Text("填写的内容有误", "Some of the input is not right")),
    "unauthenticated": Problem(401, Text("请先登录", "Please log in first")),
    "forbidden": Problem(403, Text("没有权限", "Not allowed")),
    "not-found": Problem(404, Text("没有找到", "Not found")),
    "conflict": Problem(409, Text("与现有记录冲突", "In conflict with what is on record")),
    "too-large": Problem(413, Text("文件或内容太大", "Too large")),
    "unsupported": Problem(415, Text("不支持的格式", "Unsupported format")),
    "too-many": Problem(429, Text("操作太频繁", "Too many attempts")),
    "unavailable": Problem(503, Text("服务暂时不可用", "Temporarily unavailable")),
    "damaged": Problem(500, Text("数据完整性异常", "Stored data failed its integrity check")),
    "internal": Problem(500, Text("系统出错了", "Something went wrong on our side")),
}

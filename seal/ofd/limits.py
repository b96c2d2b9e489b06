"""How large an OFD may be and how its files may be called (OFD 容器限制), and the error when it is otherwise."""

from __future__ import annotations

import re
from dataclasses import dataclass

from foundation.errors import InvalidInput
from foundation.text import Text


@dataclass(frozen=True, slots=True)
class Limits:
    """What an honest file stays far below; a bomb does not."""

    entries: int = 4096
    total_bytes: int = 256 * 1024 * 1024
    entry_bytes: int = 128 * 1024 * 1024
    ratio: int = 200
    """Unpacked octets per packed octet of the whole file, beyond the first megabyte."""
    name_bytes: int = 512
    xml_bytes: int = 32 * 1024 * 1024
    xml_depth: int = 64


LIMITS = Limits()
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class PackageError(InvalidInput):
    """The ZIP or a path in it cannot be accepted. `reason` is a stable word, for findings and tests."""

    def __init__(self, reason: str, zh: str, en: str) -> None:
        super().__init__(f"ofd.{reason}", Text(f"OFD 文件不可接受：{zh}。", f"This OFD file cannot be accepted: {en}."))
        self.reason = reason


def check_name(name: str) -> str:
    """`name` when it is a plain relative path inside the package; raises otherwise."""
    segments = name.split("/")
    hostile = (
        not name
        or "\\" in name
        or ":" in segments[0]
        or _CONTROL.search(name) is not None
        or any(segment in ("", ".", "..") or segment[-1] in ". " for segment in segments)
        or len(name.encode("utf-8", "surrogatepass")) > LIMITS.name_bytes
    )
    if hostile:
        raise PackageError("bad_path", "含有不安全的路径", "it contains an unsafe path")
    return name

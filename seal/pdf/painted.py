"""Pictures of PDF pages (页面图像) from the very octets: asks `seal.pdf.painter` in a bounded child process."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seal.pdf.problems import PdfRefused

SECONDS, WALL_SECONDS = 20, 90
_ROOT = Path(__file__).resolve().parents[2]
_START = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from seal.pdf.painter import main; main()"


@dataclass(frozen=True, slots=True)
class Wanted:
    document: bytes
    page: int = 1
    dpi: int = 96
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Painted:
    """One page as it shows. `sha256` is over its pixels (docs/seal-approval.md)."""

    pages: int
    page: int
    width: int
    height: int
    sha256: str
    png: bytes


def paint(wanted: Sequence[Wanted]) -> list[Painted | None]:
    """In one child, in order; None for a document that could not be painted, also when it took the child with it."""
    jobs = [{"size": len(one.document), "page": one.page, "dpi": one.dpi, "picture": one.picture} for one in wanted]
    question = json.dumps({"jobs": jobs, "seconds": SECONDS + len(jobs)}).encode() + b"\n"
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _START],
            input=question + b"".join(one.document for one in wanted),
            capture_output=True,
            check=False,
            timeout=WALL_SECONDS,
            env={"LC_ALL": "C.UTF-8"},
        )
        lines = done.stdout.splitlines()
    except subprocess.TimeoutExpired as error:
        lines = (error.stdout or b"").splitlines()
    found = [_read(line) for line in lines[: len(jobs)]]
    return found + [None] * (len(jobs) - len(found))


def page(document: bytes, number: int, dpi: int = 96) -> Painted:
    """One page with its picture; raises `PdfRefused` when it cannot be shown."""
    (found,) = paint([Wanted(document, number, dpi, picture=True)])
    if found is None:
        raise PdfRefused("unpaintable", "这一页无法显示。", "This page cannot be shown.")
    return found


def _read(line: bytes) -> Painted | None:
    try:
        said = json.loads(line)
        if "failed" in said:
            return None
        png = base64.b64decode(said["png"]) if said["png"] else b""
        return Painted(
            int(said["pages"]), int(said["page"]), int(said["width"]), int(said["height"]), str(said["sha256"]), png
        )
    except (ValueError, KeyError, TypeError):
        return None

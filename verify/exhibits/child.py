"""Making the pictures of one file (图示进程), in a process of its own: PDFium, Pillow and XML over hostile octets.

Started by `verify.exhibits.shown`: a line of JSON, then the file, on standard input; JSON comes back. Holds nothing
worth taking, and lives under hard limits of memory and processor time.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

from verify.exhibits import ofd_sheets, pdf_sheets, seal_pictures

MEMORY = 1536 * 1024 * 1024


def main() -> None:
    question = json.loads(sys.stdin.buffer.readline())
    seconds = int(question["seconds"])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.write(json.dumps(answer(sys.stdin.buffer.read(), question)))
    sys.stdout.flush()


def answer(data: bytes, question: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"pages": 0, "sheets": [], "seals": {}, "compared": [], "failed": False}
    if question["kind"] == "pdf":
        return found | pdf_sheets.show(data, question)
    if question["kind"] == "ofd":
        return found | ofd_sheets.show(data)
    return found | {"seals": seal_pictures.of_file(data)}

"""One altered octet anywhere in a sealed file: never genuine, and never called intact.

Every 97th octet, and every octet of the places that carry the structure: trailer, cross-reference, the signature
dictionaries, both ends of each hole, ZIP headers and directory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.verify.conftest import Sealed
from verify.report import Verdict

STEP = 97


def _around(data: bytes, pattern: bytes, before: int, after: int) -> Iterator[int]:
    for match in re.finditer(pattern, data):
        yield from range(max(0, match.start() - before), min(len(data), match.end() + after))


def places(data: bytes) -> list[int]:
    """Sampled positions over the whole file and all positions of its structure."""
    found = set(range(0, len(data), STEP)) | set(range(8)) | set(range(len(data) - 64, len(data)))
    for pattern, before, after in (
        (rb"/ByteRange", 4, 40),
        (rb"/Contents <?", 2, 4),
        (rb"startxref", 0, 14),
        (rb"/(SubFilter|FT|AcroForm|Perms|DocMDP)", 2, 12),
        (rb"PK\x01\x02", 0, 46),
        (rb"PK\x03\x04", 0, 10),
    ):
        found |= set(_around(data, pattern, before, after))
    for match in re.finditer(rb"/ByteRange ?\[0 (\d+) (\d+)", data):
        first, second = int(match[1]), int(match[2])
        found |= set(range(second - 8, second + 2)) | set(range(first - 2, first + 8)) | set(range(first, second, 41))
    return sorted(place for place in found if 0 <= place < len(data))


@pytest.mark.parametrize("kind", ["sm2", "rsa", "dual", "ofd"])
def test_no_altered_octet_passes(sealed: Sealed, kind: str) -> None:
    """Bit 5 and bit 0 in turn: the first turns letters into the other case, which hexadecimal would forgive."""
    data = getattr(sealed, kind)
    wrong = []
    for turn, at in enumerate(places(data)[:: 3 if kind == "dual" else 1]):
        altered = bytearray(data)
        altered[at] ^= 0x20 if turn % 2 else 0x01
        report = sealed.judge(bytes(altered))
        if report.verdict is not Verdict.NOT_GENUINE or report.intact:
            wrong.append((at, report.verdict.value, [f.code for f in report.findings], data[max(0, at - 20) : at + 6]))
    assert wrong == []

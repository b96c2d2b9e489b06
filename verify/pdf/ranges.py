"""What a PDF signature covers (签名覆盖范围): ByteRange, the hole, and the octets themselves. ISO 32000-2 12.8.1.

Works on the octets alone, without any PDF parser: where two parsers could disagree about a file, this does not depend
on either of them (USF, SWA and ISA attacks; facts: sealing 5.3).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hsm.digests import Digest

MOST_HOLE = 2 * 1024 * 1024
MOST_SIGNATURES = 64

_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]")
_END = re.compile(rb"startxref[\r\n\t ]+(\d{1,10})[\r\n\t ]+%%EOF[\r\n]{0,2}\Z")


class BadRange(ValueError):  # noqa: N818 - reads as what it says
    """The ByteRange does not cover what a signature must cover. The message is English, for the report's detail."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """A ByteRange that is as it must be. `contents` are the octets the hole spells, padding included."""

    data: bytes
    hole: tuple[int, int]
    end: int
    contents: bytes

    @property
    def whole_file(self) -> bool:
        return self.end == len(self.data)

    def digest(self, digest: Digest) -> bytes:
        running = digest.stream()
        view = memoryview(self.data)
        running.update(view[: self.hole[0]])
        running.update(view[self.hole[1] : self.end])
        return running.finalize()

    def octets(self) -> bytes:
        return self.data[: self.hole[0]] + self.data[self.hole[1] : self.end]

    @property
    def digester(self) -> Callable[[Digest], bytes]:
        """`digest`, hashing each algorithm once."""
        known: dict[Digest, bytes] = {}

        def digest(kind: Digest) -> bytes:
            if kind not in known:
                known[kind] = self.digest(kind)
            return known[kind]

        return digest


def coverage(data: bytes, numbers: Sequence[int]) -> Coverage:
    """Check a ByteRange against the octets; raises `BadRange`."""
    if len(numbers) != 4:
        raise BadRange("it must have four numbers")
    start, first, second, last = numbers
    if start != 0 or first <= 0 or second <= first or last <= 0 or second + last > len(data):
        raise BadRange("its numbers do not lie in the file")
    hole = data[first:second]
    if len(hole) > MOST_HOLE or len(hole) < 4 or hole[:1] != b"<" or hole[-1:] != b">" or len(hole) % 2:
        raise BadRange("the gap is not one hexadecimal string")
    digits = hole[1:-1]
    # one spelling only: mixed case would let somebody change octets inside the gap without changing its value
    if not re.fullmatch(rb"[0-9a-f]*|[0-9A-F]*", digits):
        raise BadRange("the gap holds other octets than hexadecimal digits of one case")
    if not re.search(rb"/Contents[\x00\t\n\x0c\r ]*\Z", data[max(0, first - 32) : first]):
        raise BadRange("the gap is not the value of /Contents")
    return Coverage(data, (first, second), second + last, bytes.fromhex(digits.decode("ascii")))


def marker(hole: bytes) -> bytes:
    """What stands in the view of `shortened` for the octets of this hole."""
    return Digest.SHA256.of(hole)[:16]


MOST_VIEW = 32 * 1024 * 1024
"""A larger file is read as it is: copying it costs more than reading its holes."""


def shortened(data: bytes) -> tuple[bytes, dict[int, int]]:
    """The same file, octet places unchanged, with each hole spelled as a short marker and a comment.

    pyHanko reads hexadecimal digit by digit, which took a third of a verification; what is in the hole is judged from
    the true octets, the view only tells which dictionary the hole belongs to. Also given: where each comment begins,
    and a place near its end from which reading on means the same.
    """
    if len(data) > MOST_VIEW:
        return data, {}
    view, skips = bytearray(data), dict[int, int]()
    for numbers in seen_ranges(data):
        first, second = numbers[1], numbers[2]
        hole = data[first:second]
        if first < second <= len(data) and 64 < len(hole) <= MOST_HOLE and re.fullmatch(rb"<[0-9A-Fa-f]*>", hole):
            short = b"<" + marker(hole).hex().encode() + b">"
            view[first:second] = short + b"%" * (len(hole) - len(short) - 1) + b"\n"
            skips[first + len(short)] = second - 2
    return bytes(view), skips


def revision_end(data: bytes, end: int) -> int | None:
    """The cross-reference offset named at the end of the revision that ends at `end`; None when none ends there."""
    found = _END.search(data[max(0, end - 64) : end])
    return int(found[1]) if found else None


def seen_ranges(data: bytes) -> list[tuple[int, ...]]:
    """Every ByteRange anybody could see in the octets, in order; more than MOST_SIGNATURES are not collected."""
    found: list[tuple[int, ...]] = []
    for match in _RANGE.finditer(data):
        numbers = tuple(int(number) for number in match.groups())
        if numbers not in found:
            found.append(numbers)
        if len(found) > MOST_SIGNATURES:
            break
    return found

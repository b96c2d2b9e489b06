"""Reading tables of applications (批量申请表): CSV in UTF-8 or GB18030, and XLSX, bounded in every direction.

Every cell is text. A spreadsheet is an archive somebody else packed, and is read by a process of its own
(`spreadsheet`; T36, T37, facts: security 3).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from foundation.apart import keeper
from foundation.apart.limits import MEBI, USUAL, Why
from foundation.errors import InvalidInput, TooLarge, Unsupported
from foundation.text import Text

MOST_OCTETS = 8 * 1024 * 1024
MOST_LINES = 10_000
MOST_COLUMNS = 32
MOST_CELL = 300
WORK = "ca.registration.spreadsheet:work"
LIMITS = replace(USUAL, seconds=20.0, answer=96 * MEBI)
"""Nobody waits for the whole of a table: only its processor seconds are as for every file."""
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a spreadsheet would run, here or at the next one who opens the file."""


@dataclass(frozen=True, slots=True)
class Line:
    """One record: its place in the file and its cells as text."""

    number: int
    cells: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Table:
    headers: tuple[str, ...]
    lines: tuple[Line, ...]


def read(octets: bytes) -> Table:
    """The whole table. What is wrong with the file as such is raised; what is wrong in a line is for the caller."""
    return _table(_opened(octets, MOST_LINES + 2), MOST_LINES)


def peek(octets: bytes) -> Table:
    """Headers and the first line: enough to refuse at once what no job need look at."""
    return _table(_opened(octets, _PEEKED), 1, cut=True)


def _opened(octets: bytes, most: int) -> Iterator[tuple[int, list[str]]]:
    if len(octets) > MOST_OCTETS:
        raise TooLarge(
            "ca.registration.bulk_size",
            Text("文件超过 8 MB，请拆分后上传。", "The file is larger than 8 MB. Split it."),
        )
    if octets.startswith(_OLE):
        raise Unsupported(
            "ca.registration.bulk_format",
            Text("这是旧版 .xls 文件，请另存为 .xlsx 或 CSV。", "This is an old .xls file. Save it as .xlsx or CSV."),
        )
    return _spreadsheet(octets, most) if octets.startswith(_ZIP) else _text(octets)


def _spreadsheet(octets: bytes, most: int) -> Iterator[tuple[int, list[str]]]:
    told = keeper.ask(WORK, most, [octets], LIMITS)
    for some in told.parts:
        for number, cells in some:
            yield int(number), bounded(number, map(str, cells))
    if told.refusal is not None:
        raise _KINDS.get(told.refusal.kind, InvalidInput)(told.refusal.code, told.refusal.text)
    if told.why in (Why.TIME, Why.MEMORY):
        raise unpacks_to_too_much()
    if told.why is not None:
        raise refused("表格文件无法读取，请重新另存后上传。", "The spreadsheet cannot be read. Save it again.")


_KINDS = {one.kind: one for one in (InvalidInput, TooLarge, Unsupported)}
_PEEKED = 50
"""Records in which headers and the first line must be found."""


def risky(cell: str) -> bool:
    return cell.startswith(_FORMULA)


def _table(records: Iterator[tuple[int, list[str]]], most: int, *, cut: bool = False) -> Table:
    first = next(records, None)
    if first is None or not any(cell.strip() for cell in first[1]):
        raise refused("文件是空的，第一行应为列名。", "The file is empty; its first line should name the columns.")
    headers = [cell.strip() for cell in first[1]]
    while headers and not headers[-1]:
        headers.pop()
    lines: list[Line] = []
    for number, cells in records:
        if not any(cell.strip() for cell in cells):
            continue  # spreadsheets leave empty lines at the end
        if len(lines) == most and cut:
            break
        if len(lines) == most:
            raise TooLarge(
                "ca.registration.bulk_lines",
                Text(f"一个文件最多 {MOST_LINES} 行，请拆分。", f"A file has {MOST_LINES} lines at most. Split it."),
            )
        lines.append(Line(number, tuple(cell.strip() for cell in cells)))
    if not lines:
        raise refused("文件中没有申请行。", "The file holds no applications.")
    return Table(tuple(headers), tuple(lines))


# --- CSV -------------------------------------------------------------------------------------------------------------


def _text(octets: bytes) -> Iterator[tuple[int, list[str]]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = octets.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return _records(text)
        break
    raise Unsupported(
        "ca.registration.bulk_format",
        Text("文件不是 UTF-8 或 GB18030 编码的 CSV，也不是 XLSX。", "Neither CSV in UTF-8 or GB18030 nor XLSX."),
    )


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise refused(
                f"第 {number} 行起引号或分隔符有误。", f"Quotes or separators go wrong from line {number} on."
            ) from error
        yield number, bounded(number, cells)


def bounded(number: int, cells: Iterable[str]) -> list[str]:
    kept = list(cells)
    while kept and not kept[-1]:
        kept.pop()
    if len(kept) > MOST_COLUMNS:
        raise refused(f"第 {number} 行的列太多。", f"Line {number} has too many columns.")
    if any(len(cell) > MOST_CELL for cell in kept):
        raise refused(f"第 {number} 行有过长的单元格。", f"A cell of line {number} is too long.")
    return kept


def refused(zh: str, en: str) -> InvalidInput:
    return InvalidInput("ca.registration.bulk_file", Text(zh, en))


def unpacks_to_too_much() -> TooLarge:
    return TooLarge(
        "ca.registration.bulk_bomb",
        Text("表格解压后过大，已拒绝。", "The spreadsheet unpacks to too much; it was refused."),
    )

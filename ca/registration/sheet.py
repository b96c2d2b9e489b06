"""Reading tables of applications (批量申请表): CSV in UTF-8 or GB18030, and XLSX, bounded in every direction.

A spreadsheet is an archive somebody else packed: its sizes are added up before anything is unpacked, formulas, links
and macros are refused, and every cell is text (T36, T37, facts: security 3).
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError

from openpyxl.reader.excel import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from foundation.errors import InvalidInput, TooLarge, Unsupported
from foundation.text import Text

MOST_OCTETS = 8 * 1024 * 1024
MOST_LINES = 10_000
MOST_COLUMNS = 32
MOST_CELL = 300
_MOST_UNPACKED = 64 * 1024 * 1024
_MOST_RATIO = 200
_MOST_PARTS = 200
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
    return _table(_opened(octets), MOST_LINES)


def peek(octets: bytes) -> Table:
    """Headers and the first line: enough to refuse at once what no job need look at."""
    return _table(_opened(octets), 1, cut=True)


def _opened(octets: bytes) -> Iterator[tuple[int, list[str]]]:
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
    return _spreadsheet(octets) if octets.startswith(_ZIP) else _text(octets)


def risky(cell: str) -> bool:
    return cell.startswith(_FORMULA)


def _table(records: Iterator[tuple[int, list[str]]], most: int, *, cut: bool = False) -> Table:
    first = next(records, None)
    if first is None or not any(cell.strip() for cell in first[1]):
        raise _refused("文件是空的，第一行应为列名。", "The file is empty; its first line should name the columns.")
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
        raise _refused("文件中没有申请行。", "The file holds no applications.")
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
            raise _refused(
                f"第 {number} 行起引号或分隔符有误。", f"Quotes or separators go wrong from line {number} on."
            ) from error
        yield number, _bounded(number, cells)


def _bounded(number: int, cells: Iterable[str]) -> list[str]:
    kept = list(cells)
    while kept and not kept[-1]:
        kept.pop()
    if len(kept) > MOST_COLUMNS:
        raise _refused(f"第 {number} 行的列太多。", f"Line {number} has too many columns.")
    if any(len(cell) > MOST_CELL for cell in kept):
        raise _refused(f"第 {number} 行有过长的单元格。", f"A cell of line {number} is too long.")
    return kept


# --- XLSX ------------------------------------------------------------------------------------------------------------


def _spreadsheet(octets: bytes) -> Iterator[tuple[int, list[str]]]:
    _check_archive(octets)
    try:
        book = load_workbook(  # type: ignore[no-untyped-call]
            io.BytesIO(octets), read_only=True, data_only=False, keep_links=False
        )
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file claims its size is would decide how much is read
        for number, row in enumerate(sheet.iter_rows(max_row=MOST_LINES + 2, max_col=MOST_COLUMNS + 1), 1):
            yield number, _bounded(number, (_cell(number, cell) for cell in row))
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, ParseError, InvalidFileException) as error:
        # Damaged parts come out of the library as whatever they hit first.
        if isinstance(error, InvalidInput):
            raise
        raise _damaged() from error
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise _damaged() from error


def _check_archive(octets: bytes) -> None:
    """Before anything is unpacked: how much it would be, and that it carries no program (T36)."""
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise _damaged() from error
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > _MOST_PARTS or unpacked > _MOST_UNPACKED or unpacked > _MOST_RATIO * max(1, len(octets)):
        raise TooLarge(
            "ca.registration.bulk_bomb",
            Text("表格解压后过大，已拒绝。", "The spreadsheet unpacks to too much; it was refused."),
        )
    names = [part.filename for part in parts]
    if len({name.lower() for name in names}) != len(names) or any(".." in name or name[:1] == "/" for name in names):
        raise _damaged()
    if any("vbaproject" in name.lower() or "externallink" in name.lower() for name in names):
        raise Unsupported(
            "ca.registration.bulk_active",
            Text("表格含宏或外部链接，请去除后上传。", "The spreadsheet holds macros or links. Remove them."),
        )


def _cell(number: int, cell: object) -> str:
    value, kind = getattr(cell, "value", None), getattr(cell, "data_type", "n")
    if kind == "f":
        raise _refused(f"第 {number} 行含公式，请粘贴为数值。", f"Line {number} holds a formula. Paste values instead.")
    if kind == "e":
        raise _refused(f"第 {number} 行含错误值。", f"Line {number} holds an error value.")
    if isinstance(value, float) and value.is_integer():
        if abs(value) >= 10**15:
            raise _refused(
                f"第 {number} 行有被表格软件改成数字的长号码，请将该列设为文本后重填。",
                f"Line {number} has a long number the spreadsheet rounded. Make the column text and enter it again.",
            )
        value = int(value)
    if isinstance(value, int) and abs(value) >= 10**15:
        raise _refused(
            f"第 {number} 行有被表格软件改成数字的长号码，请将该列设为文本后重填。",
            f"Line {number} has a long number the spreadsheet may have rounded. Make the column text.",
        )
    return "" if value is None else str(value)


def _refused(zh: str, en: str) -> InvalidInput:
    return InvalidInput("ca.registration.bulk_file", Text(zh, en))


def _damaged() -> InvalidInput:
    return _refused("表格文件已损坏，请重新另存后上传。", "The spreadsheet is damaged. Save it again and upload that.")

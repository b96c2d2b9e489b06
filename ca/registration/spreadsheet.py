"""Reading a spreadsheet (XLSX 表格), in a confined process of its own: an archive of XML somebody else packed.

Asked by `ca.registration.sheet` through `foundation.apart`. Sizes are added up before anything is unpacked; formulas,
links and macros are refused (T36, T37, facts: security 3).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl.reader.excel import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook.workbook import Workbook

from ca.registration.sheet import MOST_COLUMNS, MOST_LINES, bounded, refused, unpacks_to_too_much
from foundation.apart.child import Tell
from foundation.errors import InvalidInput, Unsupported
from foundation.text import Text

_MOST_UNPACKED = 64 * 1024 * 1024
_MOST_RATIO = 200
_MOST_PARTS = 200
_AT_ONCE = 200
"""Records told together."""


def warm() -> None:
    book: Any = Workbook()  # type: ignore[no-untyped-call]
    book.active.append(["1", 2, None])
    out = io.BytesIO()
    book.save(out)
    work(9, (out.getvalue(),), lambda _: None)


def work(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    """The first `question` records as `[line, cells]`; what is wrong with the file is raised."""
    records = islice(_spreadsheet(documents[0]), int(question))
    while some := list(islice(records, _AT_ONCE)):
        tell(some)


def _spreadsheet(octets: bytes) -> Iterator[tuple[int, list[str]]]:
    _check_archive(octets)
    try:
        book = load_workbook(  # type: ignore[no-untyped-call]
            io.BytesIO(octets), read_only=True, data_only=False, keep_links=False
        )
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file claims its size is would decide how much is read
        for number, row in enumerate(sheet.iter_rows(max_row=MOST_LINES + 2, max_col=MOST_COLUMNS + 1), 1):
            yield number, bounded(number, (_cell(number, cell) for cell in row))
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
        raise unpacks_to_too_much()
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
        raise refused(f"第 {number} 行含公式，请粘贴为数值。", f"Line {number} holds a formula. Paste values instead.")
    if kind == "e":
        raise refused(f"第 {number} 行含错误值。", f"Line {number} holds an error value.")
    if isinstance(value, float) and value.is_integer():
        if abs(value) >= 10**15:
            raise refused(
                f"第 {number} 行有被表格软件改成数字的长号码，请将该列设为文本后重填。",
                f"Line {number} has a long number the spreadsheet rounded. Make the column text and enter it again.",
            )
        value = int(value)
    if isinstance(value, int) and abs(value) >= 10**15:
        raise refused(
            f"第 {number} 行有被表格软件改成数字的长号码，请将该列设为文本后重填。",
            f"Line {number} has a long number the spreadsheet may have rounded. Make the column text.",
        )
    return "" if value is None else str(value)


def _damaged() -> InvalidInput:
    return refused("表格文件已损坏，请重新另存后上传。", "The spreadsheet is damaged. Save it again and upload that.")

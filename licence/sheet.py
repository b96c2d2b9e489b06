"""Reading a CSV of licence data (批量数据文件) that an office made in a spreadsheet program.

UTF-8 with or without BOM, or GB18030; headers in Chinese labels or keys. Nothing is guessed: what cannot be read is
refused with its line, and cells are data, never formulas.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from foundation.errors import InvalidInput, TooLarge
from foundation.text import Text
from licence.catalogue import LicenceType

MOST_OCTETS = 64 * 1024 * 1024
MOST_ROWS = 100_000
MOST_CELL = 4_000

NUMBER, NUMBER_LABEL = "number", "证照编号"
"""Column of existing stock: the number the licence already has."""
LINE, REASONS = "行号", "原因"
"""Columns of a faults file (`cli.write_faults`); it may be put right and given back as it is."""
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet run a cell as a formula."""

_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK\x03\x04": "xlsx", b"\xd0\xcf\x11\xe0": "xls"}
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]{1,2}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line it starts on, its cells as they stood, and its values by key."""

    line: int
    cells: tuple[str, ...] = field(repr=False)
    values: dict[str, str] = field(repr=False)
    reasons: tuple[Text, ...] = ()
    """Why the row cannot even be tried; empty for a readable row."""


@dataclass(frozen=True, slots=True)
class Sheet:
    headers: tuple[str, ...]
    rows: tuple[Row, ...]


def read(data: bytes, kind: LicenceType) -> Sheet:
    """Parse the whole file. Faults of the file are raised; faults of a row stay with the row."""
    records = _records(_decode(data))
    try:
        _, headers = next(records)
    except StopIteration:
        raise _refused(
            "文件是空的，第一行应为列名。", "The file is empty; its first line should name the columns."
        ) from None
    keys = _keys(headers, kind)
    rows: list[Row] = []
    for line, cells in records:
        if not any(cell.strip() for cell in cells):
            continue  # spreadsheets leave empty lines at the end
        if len(rows) == MOST_ROWS:
            raise TooLarge(
                "licence.import_rows",
                Text(f"一个文件最多 {MOST_ROWS} 行，请拆分后再导入。", f"At most {MOST_ROWS} rows a file. Split it."),
            )
        rows.append(_row(line, cells, keys))
    return Sheet(_own(headers, keys), tuple(rows))


def _decode(data: bytes) -> str:
    if len(data) > MOST_OCTETS:
        raise TooLarge(
            "licence.import_size",
            Text("文件超过 64 MB，请拆分后再导入。", "The file is larger than 64 MB. Split it."),
        )
    for mark, what in _MARKS.items():
        if data.startswith(mark):
            raise _refused(
                f"这是 {what} 文件，请在表格软件中另存为“CSV UTF-8”后再导入。",
                f"This is {what}. Save it as CSV UTF-8 in the spreadsheet program first.",
            )
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise _refused(
        "文件既不是 UTF-8 也不是 GB18030 文本，请另存为 CSV 后再导入。",
        "The file is neither UTF-8 nor GB18030 text. Save it as CSV.",
    )


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Records with the line each starts on: a quoted cell may hold line breaks."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _refused(
                f"第 {line} 行起的引号或分隔符有误，请检查是否缺少引号。",
                f"Quotes or separators go wrong from line {line} on. Look for a missing quote.",
            ) from error
        yield line, cells


def _keys(headers: list[str], kind: LicenceType) -> list[str]:
    known = {NUMBER: NUMBER, NUMBER_LABEL: NUMBER, LINE: LINE, REASONS: REASONS}
    for spec in kind.fields:
        known |= {spec.key: spec.key, _plain(spec.label_zh): spec.key, _plain(spec.label_en): spec.key}
    keys = [known.get(_plain(header)) or known.get(header.strip()) for header in headers]
    unknown = [header for header, key in zip(headers, keys, strict=True) if key is None]
    if unknown:
        accepted = "、".join([spec.label_zh for spec in kind.fields] + [NUMBER_LABEL])
        named = "、".join(header.strip()[:30] or "（空）" for header in unknown[:5])
        raise _refused(
            f"不认识的列：{named}。可用的列名：{accepted}。",
            f"Unknown columns: {named}. Known ones: {', '.join([s.key for s in kind.fields] + [NUMBER])}.",
        )
    found = [key for key in keys if key is not None]
    twice = sorted({key for key in found if found.count(key) > 1})
    if twice:
        raise _refused(f"列重复：{'、'.join(twice)}。", f"Columns named twice: {', '.join(twice)}.")
    missing = [spec for spec in kind.fields if spec.required and spec.key not in found]
    if missing:
        raise _refused(
            f"缺少必填列：{'、'.join(spec.label_zh for spec in missing)}。",
            f"Columns are missing: {', '.join(spec.key for spec in missing)}.",
        )
    return found


def _plain(header: str) -> str:
    """`社会信用代码（身份证号码）` and `社会信用代码(身份证号码)` are the same column; so is one marked with *."""
    return header.replace("（", "(").replace("）", ")").replace("*", "").replace(" ", "").strip().lower()


def _row(line: int, cells: list[str], keys: list[str]) -> Row:
    reasons: list[Text] = []
    if len(cells) != len(keys):
        reasons.append(
            Text(
                f"这一行有 {len(cells)} 列，应为 {len(keys)} 列，请检查多余或缺少的逗号。",
                f"This row has {len(cells)} cells where {len(keys)} belong. Look for a stray or missing comma.",
            )
        )
    for number, cell in enumerate(cells, 1):
        if len(cell) > MOST_CELL:
            reasons.append(Text(f"第 {number} 列内容过长。", f"Cell {number} is too long."))
        elif _SCIENTIFIC.fullmatch(cell.strip()):
            reasons.append(
                Text(
                    f"第 {number} 列被表格软件改成了科学计数法，请把该列设为“文本”后重新填写。",
                    f"Cell {number} was turned into scientific notation by a spreadsheet. Make the column text.",
                )
            )
    if reasons:
        return Row(line, _own(cells, keys), {}, tuple(reasons))
    given_back = LINE in keys
    values = {key: _unescaped(cell) if given_back else cell.strip() for key, cell in zip(keys, cells, strict=True)}
    told = {key: value for key, value in values.items() if value and key not in (LINE, REASONS)}
    return Row(line, _own(cells, keys), told)


def _own(cells: list[str], keys: list[str]) -> tuple[str, ...]:
    """The cells of the data, without the columns a faults file put in front."""
    skipped = {at for at, key in enumerate(keys) if key in (LINE, REASONS)}
    return tuple(cell for at, cell in enumerate(cells) if at not in skipped)


def escaped(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula gets an apostrophe in front (CSV injection)."""
    return "'" + cell if cell.lstrip(" '").startswith(RISKY) else cell


def _unescaped(cell: str) -> str:
    """Undo `escaped`, so that a corrected faults file says what the first file said."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and escaped(cell[1:]) == cell else cell


def _refused(zh: str, en: str) -> InvalidInput:
    return InvalidInput("licence.import_file", Text(zh, en))

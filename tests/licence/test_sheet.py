"""CSV files as offices really make them: encodings, headers, broken rows, formulas."""

from __future__ import annotations

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import InvalidInput, TooLarge
from licence import sheet
from licence.catalogue import licence_type
from tests.licence.samples import food

KIND = licence_type("food-operation")
LABELS = {spec.key: spec.label_zh for spec in KIND.fields}


def table(*rows: dict[str, str], labels: bool = True) -> str:
    target = io.StringIO(newline="")
    keys = list(food())
    writer = csv.writer(target)
    writer.writerow([LABELS[key] if labels else key for key in keys])
    for row in rows:
        writer.writerow([row.get(key, "") for key in keys])
    return target.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("labels", [True, False])
def test_both_encodings_and_both_kinds_of_header_say_the_same(encoding: str, labels: bool) -> None:
    read = sheet.read(table(food(1), food(2), labels=labels).encode(encoding), KIND)
    assert [row.values for row in read.rows] == [food(1), food(2)]
    assert [row.line for row in read.rows] == [2, 3]


def test_headers_may_carry_half_width_brackets_and_stars() -> None:
    text = table(food(1)).replace("（", "(").replace("）", ")").replace("经营者名称", "* 经营者名称 ", 1)
    assert sheet.read(text.encode(), KIND).rows[0].values["holder_name"] == food(1)["holder_name"]


def test_a_row_keeps_the_line_it_starts_on_when_cells_hold_line_breaks() -> None:
    first = food(1) | {"business_items": "热食类\n冷食类"}
    rows = sheet.read(table(first, food(2)).encode(), KIND).rows
    assert [row.line for row in rows] == [2, 4]


def test_empty_lines_are_no_rows_and_ragged_rows_are_faults() -> None:
    text = table(food(1)) + ",,,\r\n\r\n只有一列\r\n" + table(food(2)).splitlines()[1] + ",多了\r\n"
    rows = sheet.read(text.encode(), KIND).rows
    assert [bool(row.reasons) for row in rows] == [False, True, True]
    assert "应为" in rows[1].reasons[0].zh


def test_a_number_ruined_by_a_spreadsheet_is_named() -> None:
    row = sheet.read(table(food(1) | {"holder_code": "2.19901E+17"}).encode(), KIND).rows[0]
    assert "科学计数法" in row.reasons[0].zh


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "空"),
        (b"PK\x03\x04rest", "xlsx"),
        (b"\xff\xfea\x00", "UTF-16"),
        (b"\xd0\xcf\x11\xe0", "xls"),
        (b"a\x00b", "GB18030"),
        (b"\xff\xff\xff", "GB18030"),
        ("经营者名称,密级\n".encode(), "密级"),
        ("经营者名称,经营者名称\n".encode(), "重复"),
        ("经营者名称\n张三\n".encode(), "必填"),
        (table(food(1)).encode() + b'"unclosed', "引号"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(data: bytes, word: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        sheet.read(data, KIND)
    assert word in refused.value.detail.zh


def test_limits_of_size_rows_and_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "MOST_ROWS", 2)
    with pytest.raises(TooLarge):
        sheet.read(table(food(1), food(2), food(3)).encode(), KIND)
    assert "过长" in sheet.read(table(food(1) | {"address": "长" * 5000}).encode(), KIND).rows[0].reasons[0].zh
    monkeypatch.setattr(sheet, "MOST_OCTETS", 10)
    with pytest.raises(TooLarge):
        sheet.read(table(food(1)).encode(), KIND)


@given(st.text(max_size=40))
def test_escaping_is_undone_for_every_cell(cell: str) -> None:
    said = cell.strip()
    assert sheet._unescaped(sheet.escaped(said)) == said


@pytest.mark.parametrize("cell", ["=1+1", "+8613800000000", "-1", "@SUM(A1)", "＝HYPERLINK(1)", " =1", "'=1"])
def test_formulas_leave_as_text(cell: str) -> None:
    assert sheet.escaped(cell).startswith("'")


@given(st.binary(max_size=400))
def test_any_bytes_are_a_table_or_a_refusal_and_never_a_crash(data: bytes) -> None:
    with suppress(InvalidInput, TooLarge):
        assert sheet.read(data, KIND).headers

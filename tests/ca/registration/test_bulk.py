"""Bulk files: good ones in every encoding, hostile ones, and that nothing is half done or done twice."""

from __future__ import annotations

import io
import threading
import zipfile
from uuid import UUID

import openpyxl
import pytest
from sqlalchemy import func, select

from ca.registration import batches, bulk, rows, sheet
from ca.registration.errors import RegistrationUnknown
from ca.registration.models import CaRegistration, CaRegistrationBulk
from ca.registration.policy import Channel
from ca.registration.states import State, Step
from ca.suites import Suite
from foundation.errors import InvalidInput, TooLarge, Unsupported, YinxinError
from foundation.jobs import Job, Worker
from tests.ca.registration.desk import (
    AUDITOR,
    CITIZEN,
    OFFICE,
    OFFICE_NAME,
    OFFICER,
    PROGRAM,
    REGISTRAR,
    STRANGER,
    Desk,
    number,
)

HEADERS = ["姓名或名称", "单位名称", "内设机构", "身份证号", "手机号", "交付方式"]


_test = [0]


@pytest.fixture(autouse=True)
def _lines_of_its_own() -> None:
    """The desk is shared, and a line that was filed once is not filed again."""
    _test[0] += 1


def line(index: int, **other: str) -> list[str]:
    values = {
        "姓名或名称": "欧阳修文",
        "单位名称": OFFICE_NAME,
        "内设机构": f"{_test[0]}处{index}科",
        "身份证号": number(f"{index % 1000:03}"),
        "手机号": "13900000002",
        "交付方式": "令牌",
    }
    return list((values | other).values())


def csv_of(*lines: list[str], headers: list[str] = HEADERS) -> str:
    return "\r\n".join(",".join(cells) for cells in (headers, *lines)) + "\r\n"


def xlsx_of(*lines: list[str], headers: list[str] = HEADERS) -> bytes:
    book = openpyxl.Workbook()
    for cells in (headers, *lines):
        book.active.append(cells)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def upload(desk: Desk, octets: bytes, who: object = REGISTRAR, *, partial: bool = False, **more: object) -> UUID:
    chosen = {"profile": "official", "suite": Suite.SM2, "channel": Channel.DEPARTMENT} | more
    return bulk.upload(desk.room, who, octets, partial=partial, **chosen)  # type: ignore[arg-type]


def work(desk: Desk) -> None:
    ground = desk.room.ground
    worker = Worker(ground.db, ground.jobs, {bulk.JOB: lambda payload: bulk.work(desk.room, payload)})
    worker.drain()


def sent(desk: Desk, octets: bytes, *, partial: bool = False) -> batches.Batch:
    identifier = upload(desk, octets, partial=partial)
    work(desk)
    return batches.find(desk.room, REGISTRAR, identifier)


def filed(desk: Desk, batch: UUID) -> list[CaRegistration]:
    with desk.room.ground.db.read() as session:
        query = select(CaRegistration).where(CaRegistration.bulk_id == batch)
        return list(session.scalars(query.order_by(CaRegistration.line)))


@pytest.mark.parametrize("form", ["utf-8", "utf-8-sig", "gb18030", "xlsx"])
def test_a_good_file_becomes_applications_in_any_form(desk: Desk, form: str) -> None:
    lines = [line(index) for index in range(1, 8)]
    octets = xlsx_of(*lines) if form == "xlsx" else csv_of(*lines).encode(form)
    made = sent(desk, octets)
    assert (made.state, made.lines, made.filed, made.already, made.faulty) == ("done", 7, 7, 0, 0)
    found = filed(desk, made.id)
    assert [(one.line, one.state, one.owner) for one in found] == [
        (index, State.SUBMITTED, OFFICE) for index in range(2, 9)
    ]
    assert desk.take(OFFICER, found[0].id, Step.REVIEW) is State.REVIEWED


def test_the_same_lines_again_are_not_filed_again(desk: Desk) -> None:
    first = sent(desk, csv_of(line(1), line(2)).encode())
    again = sent(desk, xlsx_of(line(2), line(1), line(3)))
    assert (again.state, again.filed, again.already) == ("done", 1, 2)
    gone = filed(desk, first.id)[0]
    desk.take(REGISTRAR, gone.id, Step.WITHDRAW)
    assert sent(desk, csv_of(line(1), line(2)).encode()).filed == 1  # what was withdrawn may be asked for again


def test_faults_come_with_line_column_and_reason_and_keep_the_file_out(desk: Desk) -> None:
    octets = csv_of(
        line(1),
        line(2, 身份证号="110105194912310021"),
        line(3, 手机号="12345", 交付方式="鸽子"),
        line(4, 姓名或名称="=1+1"),
        line(5, 姓名或名称=""),
        [*line(6), "多余"],
        line(1),
        line(8, 单位名称="印" * 80),
    ).encode()
    made = sent(desk, octets)
    assert (made.state, made.lines, made.filed, made.faulty) == ("refused", 8, 0, 7)
    places = {(fault.line, fault.column) for fault in made.faults}
    assert places == {(3, 4), (4, 5), (4, 6), (5, 1), (6, 1), (7, 7), (8, 0), (9, 0)}
    assert all(fault.reason.zh and fault.reason.en for fault in made.faults)
    assert filed(desk, made.id) == []
    part = sent(desk, octets, partial=True)
    assert (part.state, part.filed, part.faulty) == ("done", 1, 7)
    with desk.room.ground.db.read() as session:
        kept = session.get_one(CaRegistrationBulk, part.id)
        payloads = session.scalars(select(Job.payload)).all()
    assert kept.data_key is None
    for text in (kept.faults, *payloads):
        assert not any(word in text for word in ("欧阳", "110105", "13900000002", "鸽子", "12345"))


def test_a_department_cannot_slip_in_another(desk: Desk) -> None:
    headers = [*HEADERS, "统一社会信用代码"]
    made = sent(desk, csv_of([*line(1), OFFICE], [*line(2), "91219900MA10008X0X"], headers=headers).encode())
    assert next((fault.line, fault.column) for fault in made.faults) == (3, 7)


def test_counter_lines_wait_for_their_evidence(desk: Desk) -> None:
    headers = ["common_name", "citizen_number", "phone"]
    octets = csv_of(["林知夏", number("001"), "13900000001"], headers=headers).encode()
    identifier = upload(desk, octets, OFFICER, profile="citizen", channel=Channel.COUNTER)
    work(desk)
    assert [one.state for one in filed(desk, identifier)] == [State.DRAFT]


def test_only_those_concerned_see_how_it_stands(desk: Desk) -> None:
    identifier = upload(desk, csv_of(line(900)).encode())
    for who in (REGISTRAR, PROGRAM, OFFICER, AUDITOR):
        assert batches.find(desk.room, who, identifier).id == identifier
        assert identifier in {one.id for one in batches.listed(desk.room, who)}
    for who in (STRANGER, CITIZEN):
        with pytest.raises(RegistrationUnknown):
            batches.find(desk.room, who, identifier)
    for who, channel in ((CITIZEN, Channel.SELF), (CITIZEN, Channel.DEPARTMENT), (REGISTRAR, Channel.COUNTER)):
        with pytest.raises(YinxinError):
            upload(desk, csv_of(line(1)).encode(), who, profile="citizen", channel=channel)
    work(desk)


def test_the_template_reads_back() -> None:
    table = sheet.peek((rows.template() + "甲\r\n").encode())
    assert rows.columns(table) == rows.COLUMNS


# --- hostile files ---------------------------------------------------------------------------------------------------


def zipped(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in parts.items():
            archive.writestr(name, octets)
    return stream.getvalue()


def altered(octets: bytes, **parts: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        have = {name: archive.read(name) for name in archive.namelist()}
    return zipped(have | {name.replace("__", "/").replace("_dot_", "."): value for name, value in parts.items()})


GOOD = xlsx_of(line(1))
LAUGHS = (
    b"<!DOCTYPE w ["
    + b"".join(b'<!ENTITY e%d "%s">' % (n, b"lol" if n == 0 else b"&e%d;" % (n - 1) * 10) for n in range(12))
    + b']><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
    b'<c r="A1" t="inlineStr"><is><t>&e11;</t></is></c></row></sheetData></worksheet>'
)
HOSTILE = {
    "bomb": zipped({"xl/worksheets/sheet1.xml": bytes(80 * 1024 * 1024)}),
    "ratio": zipped({"xl/worksheets/sheet1.xml": bytes(4 * 1024 * 1024)}),
    "parts": zipped({f"{index}.xml": b"x" for index in range(300)}),
    "up": zipped({"../../etc/passwd": b"x"}),
    "macro": altered(GOOD, xl__vbaProject_dot_bin=b"x"),
    "external": altered(GOOD, xl__externalLinks__externalLink1_dot_xml=b"<x/>"),
    "entities": altered(
        GOOD,
        xl__worksheets__sheet1_dot_xml=LAUGHS,
    ),
    "broken xml": altered(GOOD, xl__worksheets__sheet1_dot_xml=b"<worksheet><sheetData><row>"),
    "no sheet": altered(GOOD, xl__workbook_dot_xml=b"<workbook/>"),
    "cut": GOOD[: len(GOOD) // 2],
    "formula": xlsx_of(["=1+1", *line(1)[1:]]),
    "formula header": xlsx_of(line(1), headers=["=1", *HEADERS[1:]]),
    "xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "utf-16": csv_of(line(1)).encode("utf-16"),
    "nul": b"a,b\0,c\r\n1,2,3",
    "empty": b"",
    "blank": b"\r\n\r\n",
    "only headers": csv_of().encode(),
    "unknown column": csv_of(line(1), headers=["密码", *HEADERS[1:]]).encode(),
    "doubled column": csv_of(line(1), headers=[HEADERS[0], HEADERS[0], *HEADERS[2:]]).encode(),
    "no name column": csv_of(["x"], headers=["单位名称"]).encode(),
    "columns": csv_of(["x"] * 50, headers=HEADERS).encode(),
    "long cell": csv_of(["x" * 400], headers=HEADERS).encode(),
    "quote": b'\xe5\xa7\x93\xe5\x90\x8d\xe6\x88\x96\xe5\x90\x8d\xe7\xa7\xb0\r\n"abc',
    "size": b"x" * (sheet.MOST_OCTETS + 1),
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(range(128, 256)) * 4,
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_files_are_refused_with_words(name: str) -> None:
    with pytest.raises((InvalidInput, TooLarge, Unsupported)) as caught:
        rows.columns(sheet.read(HOSTILE[name]))
    assert caught.value.detail.zh
    assert caught.value.detail.en


def test_a_long_number_the_spreadsheet_rounded_is_not_guessed() -> None:
    with pytest.raises(InvalidInput, match="rounded"):
        sheet.read(xlsx_of([*line(1)[:3], 219901199003070012, *line(1)[4:]]))  # type: ignore[list-item]


def test_a_sheet_that_lies_about_its_size_is_read_by_what_is_there() -> None:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
    lying = text.replace('<dimension ref="A1:F2"', '<dimension ref="A1:XFD1048576"')
    assert lying != text
    table = sheet.read(altered(GOOD, xl__worksheets__sheet1_dot_xml=lying.encode()))
    assert len(table.lines) == 1


def test_ten_thousand_lines_and_no_more() -> None:
    text = csv_of(*(["甲"] for _ in range(sheet.MOST_LINES)), headers=["姓名或名称"])
    assert len(sheet.read(text.encode()).lines) == sheet.MOST_LINES
    with pytest.raises(TooLarge):
        sheet.read((text + "乙\r\n").encode())


def test_a_file_that_goes_wrong_far_down_is_refused_by_the_job(desk: Desk) -> None:
    made = sent(desk, csv_of(*(line(index) for index in range(1, 30))).encode() + b'"open')
    assert (made.state, made.filed, made.faults[0].line) == ("refused", 0, 0)


def test_the_job_twice_at_once_files_once(desk: Desk) -> None:
    """A lease that ran out: another worker took the same file."""
    identifier = upload(desk, csv_of(*(line(index) for index in range(1, 251))).encode())
    payload = {"bulk": str(identifier)}
    threads = [threading.Thread(target=bulk.work, args=(desk.room, payload)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with desk.room.ground.db.read() as session:
        count = session.scalar(select(func.count()).where(CaRegistration.bulk_id == identifier))
    made = batches.find(desk.room, REGISTRAR, identifier)
    assert (count, made.state, made.filed, made.already) == (250, "done", 250, 0)

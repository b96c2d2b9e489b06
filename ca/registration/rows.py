"""Lines of a table as applications (申请行): which columns there are, and every fault of a line with its column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ca.names import Subject
from ca.profiles import Profile
from ca.reading.identity import IdentityExtensions
from ca.registration import filing
from ca.registration.content import Content
from ca.registration.filing import Application
from ca.registration.policy import Channel, Delivery
from ca.registration.sheet import Line, Table, risky
from ca.registration.states import Kind
from ca.suites import Suite
from foundation.errors import InvalidInput
from foundation.text import Text


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: Text
    pointer: str
    """Where the same value stands in an application sent by API."""


COLUMNS = (
    Column("common_name", Text("姓名或名称", "Name"), "/subject/common_name"),
    Column("organization", Text("单位名称", "Organisation"), "/subject/organization"),
    Column("organizational_unit", Text("内设机构", "Unit"), "/subject/organizational_unit"),
    Column("state", Text("省份", "Province"), "/subject/state"),
    Column("locality", Text("城市", "City"), "/subject/locality"),
    Column("serial_number", Text("编号", "Number"), "/subject/serial_number"),
    Column("citizen_number", Text("身份证号", "Citizen number"), "/identity/citizen_number"),
    Column("passport_number", Text("护照号", "Passport number"), "/identity/passport_number"),
    Column("organization_code", Text("统一社会信用代码", "Social credit code"), "/identity/organization_code"),
    Column("phone", Text("手机号", "Mobile"), "/phone"),
    Column("delivery", Text("交付方式", "Delivery"), "/delivery"),
)
_BY_NAME: Mapping[str, Column] = MappingProxyType(
    {name.lower(): column for column in COLUMNS for name in (column.key, column.label.zh, column.label.en)}
)
_BY_POINTER = {column.pointer: column for column in COLUMNS}
_DELIVERIES = {
    "": Delivery.TOKEN,
    "token": Delivery.TOKEN,
    "令牌": Delivery.TOKEN,
    "ukey": Delivery.TOKEN,
    "pkcs12": Delivery.PKCS12,
    "软证书": Delivery.PKCS12,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """`column` is 0 when it is the line as a whole. Never holds what stands in the cell."""

    line: int
    column: int
    reason: Text


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    wanted: Application | None = field(repr=False)
    faults: tuple[Fault, ...] = ()


def columns(table: Table) -> tuple[Column, ...]:
    """What each column is; an unknown, doubled or missing one concerns the whole file."""
    found: list[Column] = []
    for place, header in enumerate(table.headers, 1):
        column = _BY_NAME.get(header.lower())
        if column is None or column in found:
            known = "、".join(one.label.zh for one in COLUMNS)
            raise InvalidInput(
                "ca.registration.bulk_columns",
                Text(
                    f"第 {place} 列的列名不认识或重复。可用：{known}。",
                    f"The header of column {place} is unknown or doubled. Known: "
                    f"{', '.join(one.key for one in COLUMNS)}.",
                ),
            )
        found.append(column)
    if COLUMNS[0] not in found:
        raise InvalidInput(
            "ca.registration.bulk_columns",
            Text(f"缺少“{COLUMNS[0].label.zh}”列。", f"The column {COLUMNS[0].key} is missing."),
        )
    return tuple(found)


def template() -> str:
    """An empty table for offices to fill in: CSV with a BOM, which spreadsheets need to see Chinese."""
    return "\ufeff" + ",".join(column.label.zh for column in COLUMNS) + "\r\n"


def row(
    line: Line, named: tuple[Column, ...], profile: Profile, suite: Suite, channel: Channel, department: str | None
) -> Row:
    """The line as an application, or everything that is wrong with it, column by column."""
    faults: list[Fault] = []
    values: dict[str, str] = {}
    for place, cell in enumerate(line.cells, 1):
        if place > len(named):
            if cell:
                faults.append(Fault(line.number, place, Text("此列没有列名。", "This column has no header.")))
        elif risky(cell):
            faults.append(
                Fault(line.number, place, Text("不能以公式符号开头。", "A cell may not begin like a formula."))
            )
        elif cell:
            values[named[place - 1].key] = cell
    delivery = _DELIVERIES.get(values.pop("delivery", "").lower())
    if delivery is None:
        faults.append(_at(line, named, "/delivery", Text("交付方式为“令牌”或“软证书”。", "Is token or pkcs12.")))
        delivery = Delivery.TOKEN
    wanted = _application(values, profile, suite, channel, delivery, department)
    own = wanted.content.identity.organization_code
    if channel is Channel.DEPARTMENT and own != department:
        faults.append(
            _at(line, named, "/identity/organization_code", Text("只能为本单位申请。", "Not your department."))
        )
    faults += [_at(line, named, one.pointer, one.detail) for one in filing.faults(profile, wanted, wanted.content)]
    return Row(line.number, None if faults else wanted, tuple(faults))


def _application(
    values: dict[str, str], profile: Profile, suite: Suite, channel: Channel, delivery: Delivery, department: str | None
) -> Application:
    code = values.get("organization_code") or (department if channel is Channel.DEPARTMENT else None)
    content = Content(
        Subject(
            values.get("common_name", ""),
            values.get("organization"),
            values.get("organizational_unit"),
            state=values.get("state"),
            locality=values.get("locality"),
            serial_number=values.get("serial_number"),
        ),
        IdentityExtensions(
            citizen_number=(values.get("citizen_number") or "").upper() or None,
            passport_number=values.get("passport_number"),
            organization_code=code,
        ),
        phone=values.get("phone"),
    )
    return Application(Kind.NEW, profile.name, suite, channel, delivery, content)


def _at(line: Line, named: tuple[Column, ...], pointer: str, reason: Text) -> Fault:
    column = _BY_POINTER.get(pointer)
    place = named.index(column) + 1 if column in named else 0
    return Fault(line.number, place, reason)

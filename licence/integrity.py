"""Row MACs (行完整性): an edit by SQL of any column is found on read and the row is named (facts/security T24)."""

from __future__ import annotations

import hmac
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, inspect

from foundation.audit.trail import moment
from foundation.database import Base
from foundation.errors import Damaged
from foundation.secrets import Mac
from foundation.text import Text


def protect(mac: Mac, row: Any) -> None:
    """Write the MAC over every other column; call after the last change of a row."""
    row.mac = _mac(mac, row)


def check(mac: Mac, row: Any) -> None:
    """Raise `Damaged`, naming table and key, when a column differs from what we wrote."""
    if not hmac.compare_digest(_mac(mac, row), row.mac):
        raise damaged(row)


def holds(mac: Mac, model: type[Base], row: Any) -> bool:
    """The same of a row read without a session (`columns`)."""
    return hmac.compare_digest(_over(mac, model, row), row.mac)


def columns(model: type[Base]) -> list[ColumnElement[Any]]:
    """Every column, under the name it has as an attribute."""
    return [column.label(name) for name, column in inspect(model).columns.items()]


def damaged(row: Base) -> Damaged:
    table = inspect(type(row)).local_table.description
    key = "/".join(str(part) for part in inspect(row).identity or ("?",))
    return Damaged(
        "licence.row_damaged",
        Text(
            f"数据完整性校验失败：表 {table} 的记录 {key} 被改动过，请立即联系安全审计员。",
            f"Integrity check failed: row {key} of table {table} was altered. Call the security auditor.",
        ),
    )


def _mac(mac: Mac, row: Base) -> bytes:
    return _over(mac, type(row), row)


def _over(mac: Mac, model: type[Base], row: Any) -> bytes:
    table, names = _shape(model)
    octets = [table.encode(), *(f"{name}={_text(getattr(row, name))}".encode() for name in names)]
    return mac.mac("licence.row", b"".join(len(part).to_bytes(4, "big") + part for part in octets))


@cache
def _shape(model: type[Base]) -> tuple[str, tuple[str, ...]]:
    mapper = inspect(model)
    return mapper.local_table.description, tuple(sorted(c.key for c in mapper.column_attrs if c.key != "mac"))


def _text(value: object) -> str:
    """One spelling for both databases; the leading letter keeps NULL, "" and "None" apart."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return "t" + moment(value.astimezone(UTC))
    if isinstance(value, date):
        return "d" + value.isoformat()
    if isinstance(value, bool):
        return f"b{int(value)}"
    return f"v{value}"

"""An order kept until it is approved (待审指令): all but the document, sealed, because a reason may name people.

Values are written with the name of their class, plain ones of this room only, and read back to equal ones or not kept.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
from datetime import date
from enum import Enum
from typing import Any
from uuid import UUID

from foundation.errors import Damaged
from foundation.secrets import FieldCipher
from foundation.text import Text
from seal.orders import OfdOrder, PdfOrder

TABLE = "seal_case"
_MODULES = ("ca.suites", "seal.orders", "seal.places", "seal.pdf_forms", "seal.ofd_forms")


def close(cipher: FieldCipher, table: str, column: str, row: UUID, order: object) -> str | None:
    """None for an order its own caller must bring again."""
    if not isinstance(order, PdfOrder | OfdOrder):
        return None
    bare = dataclasses.replace(order, document=b"")
    text = json.dumps(_plain(bare), sort_keys=True)
    if _value(json.loads(text)) != bare:
        raise ValueError("an order that does not read back")
    return cipher.encrypt(table, column, row, text)


def open_again(
    cipher: FieldCipher, table: str, column: str, row: UUID, sealed: str, document: bytes
) -> PdfOrder | OfdOrder:
    found = _value(json.loads(cipher.decrypt(table, column, row, sealed)))
    if not isinstance(found, PdfOrder | OfdOrder):
        raise Damaged(
            "seal.order_damaged",
            Text("待审用章指令已损坏，请重新申请。", "The kept order is damaged. Order again."),
        )
    return dataclasses.replace(found, document=document)


def _plain(value: object) -> Any:
    kind = type(value)
    if isinstance(value, Enum):
        return {"enum": [kind.__module__, kind.__qualname__, value.value]}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
        return {"is": [kind.__module__, kind.__qualname__], "with": fields}
    if isinstance(value, tuple):
        return {"tuple": [_plain(item) for item in value]}
    if isinstance(value, UUID | date):
        return {kind.__name__.lower(): str(value)}
    if value == b"":
        return {"empty": True}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise ValueError(f"an order holds a {kind.__name__}")


def _value(said: Any) -> Any:
    match said:
        case {"enum": [module, name, value]}:
            return _class(module, name)(value)
        case {"is": [module, name], "with": fields}:
            return _class(module, name)(**{key: _value(value) for key, value in fields.items()})
        case {"tuple": items}:
            return tuple(_value(item) for item in items)
        case {"uuid": text} | {"date": text}:
            return UUID(text) if "uuid" in said else date.fromisoformat(text)
    return b"" if said == {"empty": True} else said


def _class(module: str, name: str) -> Any:
    """A plain value's class of the seal room, nothing else: the text is sealed, and still names no function."""
    if not (module == "ca.suites" or module.startswith("seal.")):
        raise ValueError(f"an order holds a {module}.{name}")
    found = getattr(importlib.import_module(module), name)
    if not (isinstance(found, type) and (issubclass(found, Enum) or dataclasses.is_dataclass(found))):
        raise ValueError(f"an order holds a {module}.{name}")
    return found

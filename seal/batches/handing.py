"""Handing a batch's results over whole (批次结果下载): all sealed files as one ZIP, all items as one table.

Rows are read a page at a time, each in a transaction of its own: memory is level, and no reader holds up a writer.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import PurePosixPath
from uuid import UUID

from foundation.principal import Principal
from seal.batches import load, report, zipped
from seal.batches.models import ItemState
from seal.batches.report import Item
from seal.room import SealRoom

_COLUMNS = (
    "number", "name", "format", "size", "state", "document_sha256", "result_sha256", "order", "code", "reason_zh",
    "reason_en",
)  # fmt: skip
_MARK = b"\xef\xbb\xbf"
_PIECE = 64 * 1024


def archive(room: SealRoom, principal: Principal, batch_id: UUID) -> Iterator[bytes]:
    """Every sealed file. Whether the caller may have them is settled before the first piece."""
    load.own(room, principal, batch_id)
    found = _items(room, principal, batch_id, ItemState.SEALED)
    return zipped.pieces((_name(item), report.octets(room, item)) for item in found)


def table(room: SealRoom, principal: Principal, batch_id: UUID) -> Iterator[bytes]:
    """Every item with its state and reason, as CSV with a byte order mark; a cell never begins a formula."""
    load.own(room, principal, batch_id)
    return _lines(_items(room, principal, batch_id))


def _items(room: SealRoom, principal: Principal, batch_id: UUID, state: ItemState | None = None) -> Iterator[Item]:
    after = 0
    while found := report.items(room, principal, batch_id, after=after, state=state, limit=report.MOST):
        yield from found
        after = found[-1].number


def _name(item: Item) -> str:
    """The number makes it the only one; folders of the department's archive are left out."""
    return f"{item.number:06d}-{PurePosixPath(item.name.replace(chr(92), '/')).name}"


def _lines(items: Iterator[Item]) -> Iterator[bytes]:
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(_COLUMNS)
    yield _MARK
    for item in items:
        reason = (item.reason.zh, item.reason.en) if item.reason is not None else ("", "")
        cells = (
            item.number, item.name, item.format, item.size, item.state, item.document_sha256, item.result_sha256,
            item.order_id, item.code, *reason,
        )  # fmt: skip
        told = ["" if cell is None else str(cell) for cell in cells]
        out.writerow([f"'{cell}" if cell[:1] in tuple("=+-@\t") else cell for cell in told])
        if text.tell() > _PIECE:
            yield _taken(text)
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    octets = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return octets

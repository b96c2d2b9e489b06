"""Stamping a large PDF from file to file (大文件用章): the same steps, memory that does not grow with the file.

The document is copied once beside its target, and the revision appended to the copy; hashes are taken in pieces. It is
for programs on the machine itself (`yinxin seal stamp`): the API takes what fits `web.max_upload_bytes`.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from foundation.errors import InvalidInput, TooLarge
from foundation.failpoints import reach
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import Digest
from seal import find, keeping, register
from seal.approval import gate
from seal.carrying_out import check_usable
from seal.errors import SealedDiffers
from seal.models import OrderState, SealOrder
from seal.orders import PdfOrder
from seal.pdf import sealing
from seal.pdf.document import inspect_copy
from seal.pdf.octets import FileOctets, digest
from seal.pdf_forms import Level
from seal.register import Declared, Order
from seal.room import SealRoom
from seal.stamp_pdf import check_words, steps, terms_of

MOST = 4 * 1024 * 1024 * 1024
"""A classic cross-reference table counts ten digits, our patterns too; nobody prints a larger file."""


@dataclass(frozen=True, slots=True)
class FileStamped:
    path: Path
    order_id: UUID
    signing_time: datetime


def stamp_pdf_file(room: SealRoom, principal: Principal, order: PdfOrder, source: Path, target: Path) -> FileStamped:
    """Stamp the PDF at `source` into `target`, which must not exist. `order.document` is not looked at."""
    _check(order, source, target)
    row = find.row_of(room, principal, order.seal_id)
    octets = FileOctets.of(source)
    declared = Declared(digest(Digest.SHA256, octets).hex(), len(octets))
    given = replace(order, document=b"")
    registered = Order(row, order.order_key, "pdf", declared, terms_of(order), given, order.matter, order.batch)
    copy = target.with_name(f".{target.name}.{room.ground.ids.token(6)}")
    try:
        with room.lock(registered.lock_name):
            record = register.find(room, registered)
            if record is None or record.state != OrderState.SEALED:
                record = _seal(room, principal, given, registered, record, source, copy)
            _fetch(room, record, copy)
        copy.rename(target)
    finally:
        copy.unlink(missing_ok=True)
    return FileStamped(target, record.id, record.signing_time)


def _check(order: PdfOrder, source: Path, target: Path) -> None:
    check_words(order)
    if order.level not in (Level.B_B, Level.B_T):
        raise InvalidInput(
            "seal.large_level",
            Text(
                "从文件到文件用章的级别为 b-b 或 b-t，长期有效数据由后续任务补充。",
                "Stamping from file to file takes the levels b-b and b-t; later jobs add the evidence.",
            ),
        )
    if target.exists():
        raise InvalidInput(
            "seal.target_exists",
            Text(
                "目标文件已存在，未覆盖，请换一个文件名。", "The target exists and was not replaced. Use another name."
            ),
        )
    if source.stat().st_size > MOST:
        raise TooLarge(
            "seal.document_size",
            Text("文件超过 4 GB，请拆分后再用章。", "The file is over 4 GB. Split it before stamping."),
        )


def _seal(
    room: SealRoom,
    principal: Principal,
    order: PdfOrder,
    registered: Order,
    record: SealOrder | None,
    source: Path,
    copy: Path,
) -> SealOrder:
    """Prepare → record → sign → compare → store, as `seal.carrying_out`, with the sealed file in `copy`."""
    check_usable(room, registered.seal)
    held = keeping.held(room, registered.seal)
    shutil.copyfile(source, copy)
    sign = steps(room, registered.seal, order, held, inspect_copy(copy, sealing.existing_field(order.place)))
    record = gate.require_open(room, record or gate.record(room, principal, registered))
    if record.state == OrderState.SEALED:
        return record
    reach("seal.recorded")
    sealed = sign(record)
    name = digest(Digest.SHA256, sealed).hex()
    room.ground.storage.put_file(register.key(record.format, name), copy)
    reach("seal.stored")
    register.close(room, principal, record, registered.seal.code, name, len(sealed))
    finished = register.find(room, registered)
    if finished is None:
        raise SealedDiffers("order without a result")
    return finished


def _fetch(room: SealRoom, record: SealOrder, copy: Path) -> None:
    """The order's one result into `copy`, unless it is there already; compared with its recorded digest."""
    wanted = record.result_sha256
    if wanted is None:
        raise SealedDiffers("order without a result")
    if copy.exists() and digest(Digest.SHA256, FileOctets.of(copy)).hex() == wanted:
        return
    room.ground.storage.fetch(register.key(record.format, wanted), copy)
    if digest(Digest.SHA256, FileOctets.of(copy)).hex() != wanted:
        raise SealedDiffers("stored file")

"""Stamping a large PDF from file to file (大文件用章): the same steps, memory that does not grow with the file.

The document is copied once beside its target, and the revision appended to the copy; hashes are taken in pieces. It is
for programs on the machine itself (`yinxin seal stamp`): the API takes what fits `web.max_upload_bytes`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

from foundation.errors import Conflict, InvalidInput, TooLarge, Unavailable
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
    with _copy_beside(target) as copy, room.lock(registered.lock_name):
        record = register.find(room, registered)
        if record is None or record.state != OrderState.SEALED:
            record = _seal(room, principal, given, registered, record, source, copy)
        _fetch(room, record, copy)
        _publish(copy, target)
    return FileStamped(target, record.id, record.signing_time)


@contextmanager
def _copy_beside(target: Path) -> Iterator[Path]:
    """Our own copy, held by one process at a time. Always of the same name: what a killed one left is used again."""
    copy = target.with_name(f".{target.name}.yinxin")
    try:
        with copy.open("ab") as held:
            _hold(held, copy)
            try:
                yield copy
            finally:
                copy.unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(
            "seal.target_disk",
            Text(
                "读写文件失败（可能磁盘已满或没有权限），目标文件没有生成；处理后用同一编号重试即可。",
                "Reading or writing failed, the disk may be full or not ours to write. There is no target file; "
                "mend it and try again under the same key.",
            ),
        ) from error


def _hold(held: IO[bytes], copy: Path) -> None:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # whoever had it before may have taken it away between our opening and locking it
        mine = os.path.samestat(os.fstat(held.fileno()), copy.stat())
    except (BlockingIOError, FileNotFoundError):
        mine = False
    if not mine:
        raise Conflict(
            "seal.target_busy",
            Text(
                "另一个进程正在向这个目标文件用章，请等它结束。",
                "Another process is stamping into this target. Wait until it has ended.",
            ),
        )


def _publish(copy: Path, target: Path) -> None:
    """Under its name whole or not at all, and never in place of what somebody put there meanwhile."""
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    try:
        os.link(copy, target)
    except FileExistsError as error:
        raise _exists() from error
    except PermissionError:  # a file system without hard links
        if target.exists():
            raise _exists() from None
        copy.rename(target)


def _exists() -> InvalidInput:
    return InvalidInput(
        "seal.target_exists",
        Text("目标文件已存在，未覆盖，请换一个文件名。", "The target exists and was not replaced. Use another name."),
    )


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
        raise _exists()
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

"""Items of a batch stamped together (成组用章): prepare → record → sign → compare → store, each step for a few dozen.

Every item stays an order of its own: own key, own digest, own signature and time stamp, own audit rows, own reason when
it cannot be. What they share is a transaction to record them, a flush to the disk, and a transaction that closes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from foundation.errors import Unavailable, YinxinError
from foundation.failpoints import reach
from foundation.principal import Principal
from seal import find, keeping, register, register_many
from seal.approval import gate
from seal.batches import one, outcomes
from seal.batches.load import Way
from seal.batches.models import SealBatch, SealBatchItem
from seal.batches.outcomes import Done, Failed
from seal.carrying_out import Prepare, check_usable
from seal.models import OrderState, SealOrder, SealRow
from seal.register import Order
from seal.register_many import Sealed
from seal.room import SealRoom

MOST_OCTETS = 16 * 1024 * 1024
"""Of documents held at a time; one larger file goes by itself."""
_ATTEMPTS = 3


@dataclass(slots=True)
class Piece:
    """One item on its way."""

    item: SealBatchItem
    order: Order
    prepare: Prepare
    row: SealOrder | None = None
    sign: Callable[[SealOrder], bytes] | None = None
    made: Sealed | None = None
    error: YinxinError | None = None

    @property
    def open(self) -> bool:
        return self.error is None and self.made is None


def groups(items: Sequence[SealBatchItem]) -> Iterator[list[SealBatchItem]]:
    """In order, as many as may be in memory at once."""
    group: list[SealBatchItem] = []
    size = 0
    for item in items:
        if group and size + item.size > MOST_OCTETS:
            yield group
            group, size = [], 0
        group.append(item)
        size += item.size
    if group:
        yield group


def stamp(
    room: SealRoom, principal: Principal, batch: SealBatch, way: Way, chunk: int, items: Sequence[SealBatchItem]
) -> None:
    """Stamp items of one chunk; `gate.Ruled` where the seal has rules of use, with nothing done.

    What concerns one item ends it; what concerns the house as a whole is raised once the rest is on record.
    """
    seal = find.row_of(room, principal, batch.seal_id)
    with room.lock(f"batch|{batch.id}|{chunk}"):
        pieces, failed = _begin(room, seal, batch, way, items)
        _prepare(room, seal, pieces)
        _record(room, principal, seal, pieces)
        try:
            _sign(room, pieces)
        finally:
            _tell(room, principal, seal, (batch.id, chunk), pieces, failed)


def _begin(
    room: SealRoom, seal: SealRow, batch: SealBatch, way: Way, items: Sequence[SealBatchItem]
) -> tuple[list[Piece], list[Failed]]:
    pieces: list[Piece] = []
    failed: list[Failed] = []
    for item in items:
        try:
            pieces.append(Piece(item, *one.begun(room, seal, batch, way, item)))
        except Unavailable:
            raise
        except YinxinError as error:
            failed.append(Failed(item.number, error))
    return pieces, failed


def _prepare(room: SealRoom, seal: SealRow, pieces: list[Piece]) -> None:
    """A document that cannot be stamped leaves no order behind; what was finished before is taken as it is."""
    known = register_many.find(room, seal.department, [piece.order for piece in pieces])
    for piece in pieces:
        with _own(piece):
            _take(room, piece, known)
            if piece.open:
                check_usable(room, seal)
                piece.sign = piece.prepare(keeping.held(room, seal))


def _take(room: SealRoom, piece: Piece, known: dict[str, SealOrder]) -> None:
    row = known.get(piece.order.order_key)
    if row is None:
        return
    register.check_same(row, piece.order)
    piece.row = gate.require_open(room, row)
    if row.state == OrderState.SEALED:
        piece.made = Sealed.of(row, register.result(room, row))


def _record(room: SealRoom, principal: Principal, seal: SealRow, pieces: list[Piece]) -> None:
    """All that are not on record yet. When another process was first with one of them, its row is taken."""
    for attempt in range(_ATTEMPTS):
        fresh = [piece for piece in pieces if piece.open and piece.row is None]
        if not fresh:
            return
        try:
            rows = gate.record_together(room, principal, [piece.order for piece in fresh])
        except IntegrityError:
            if attempt == _ATTEMPTS - 1:
                raise
            rows = register_many.find(room, seal.department, [piece.order for piece in fresh])
        for piece in fresh:
            with _own(piece):
                _take(room, piece, rows)


def _sign(room: SealRoom, pieces: list[Piece]) -> None:
    """Sign and compare each, then store them all: the files first, for an order must never point at nothing."""
    files: dict[str, bytes] = {}
    made: list[tuple[Piece, Sealed]] = []
    try:
        for piece in pieces:
            if not piece.open or piece.row is None or piece.sign is None:
                continue
            reach("seal.recorded")
            with _own(piece):
                octets = piece.sign(piece.row)
                sealed = Sealed.of(piece.row, octets)
                files[register.key(piece.row.format, sealed.sha256)] = octets
                made.append((piece, sealed))
    finally:
        room.ground.storage.put_all(files)
        for piece, sealed in made:
            reach("seal.stored")
            piece.made = sealed


def _tell(
    room: SealRoom,
    principal: Principal,
    seal: SealRow,
    chunk: tuple[UUID, int],
    pieces: Sequence[Piece],
    failed: Sequence[Failed],
) -> None:
    """Close the orders and say of their items what became of them, in one transaction."""
    made = [(piece.item.number, piece.made) for piece in pieces if piece.made is not None]
    failed = [*failed, *(Failed(piece.item.number, piece.error) for piece in pieces if piece.error is not None)]
    for _ in made:
        reach("seal.batch_stamped")
    with room.ground.db.begin_plain() as session:
        outcomes.hold(session, *chunk)
        stands = register_many.close(room, session, principal, seal.code, [sealed for _, sealed in made])
        done = [Done(number, sealed.row.id, stands[sealed.row.id]) for number, sealed in made]
        outcomes.tell(session, *chunk, done, failed)
    for _ in made:
        reach("seal.batch_item")


@contextmanager
def _own(piece: Piece) -> Iterator[None]:
    """An item's own reason ends it alone."""
    try:
        yield
    except Unavailable:
        raise
    except YinxinError as error:
        piece.error = error

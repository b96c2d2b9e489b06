"""Carrying out one order to stamp (执行用章): prepare → record → sign → compare → store, the same for every format.

The order is on record, with the digest of the exact bytes, before a key is touched. The bytes about to be signed are
digested again (T16), the result is read back and compared, and only then stored under its own hash. Repeating an order
gives back its file; repeating one a crash interrupted finishes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from foundation.failpoints import reach
from foundation.principal import Principal
from hsm.digests import Digest, sha256
from seal import keeping, register
from seal.approval import gate
from seal.errors import SealExpired, SealNotInUse, SealOnToken, Swapped
from seal.held import Held
from seal.models import OrderState, SealOrder, SealRow, SealState
from seal.orders import Stamped
from seal.pdf.octets import Octets, digest
from seal.register import Order
from seal.room import SealRoom

Prepare: TypeAlias = Callable[[Held], Callable[[SealOrder], bytes]]
"""Looks at the document; answers how to sign it once it is on record."""


def carry_out(room: SealRoom, principal: Principal, order: Order, prepare: Prepare) -> Stamped:
    with room.lock(order.lock_name):
        row = register.find(room, order)
        if row is not None and row.state == OrderState.SEALED:
            return Stamped(register.result(room, row), row.id, row.signing_time)
        # 1. prepare: a document that cannot be stamped leaves no order behind
        check_usable(room, order.seal)
        held = keeping.held(room, order.seal)
        sign = prepare(held)
        # 2. record
        row = gate.require_open(room, row or gate.record(room, principal, order))
        if row.state == OrderState.SEALED:  # another process finished it meanwhile
            return Stamped(register.result(room, row), row.id, row.signing_time)
        reach("seal.recorded")
        # 3. sign and 4. compare
        sealed = sign(row)
        # 5. store: the file first, for an order must never point at nothing
        name = sha256(sealed).hex()
        room.ground.storage.put_new(register.key(row.format, name), sealed)
        reach("seal.stored")
        sealed = register.finish(room, principal, row, order.seal.code, sealed, name)
        return Stamped(sealed, row.id, row.signing_time)


def check_usable(room: SealRoom, row: SealRow) -> None:
    if row.state != SealState.IN_USE:
        raise SealNotInUse(row.state)
    if row.token_key is not None:
        raise SealOnToken
    if row.valid_from is None or row.valid_until is None:
        raise SealNotInUse(row.state)
    if not row.valid_from <= room.ground.clock.now() <= row.valid_until:
        raise SealExpired


def check_unswapped(record: SealOrder, document: Octets, *, begins: bool = False) -> None:
    """`document` is the approved one, or with `begins` a file that begins with it."""
    size = record.document_size
    fits = len(document) >= size if begins else len(document) == size
    if not fits or digest(Digest.SHA256, document, (0, size)).hex() != record.document_sha256:
        raise Swapped(str(record.id))

"""Bringing a key back (恢复密钥): the approved key only, under its own name, if its public half fits."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from foundation.ground import Ground
from foundation.principal import Principal
from hsm.digests import sha256
from hsm.kek import Kek
from hsm.key_rows import joined, place, row_of
from hsm.keys import KeyRef, State
from hsm.life import key_file
from hsm.life.errors import InDevice, OtherKey, WrongState
from hsm.life.orders import Order
from hsm.models import HsmKey
from hsm.sealed_to import Secret


def bring_back(
    ground: Ground,
    kek: Kek,
    order: Order,
    principal: Principal,
    approved: Callable[[Session], None],
    *,
    file: bytes,
    secret: Secret,
) -> tuple[KeyRef, State]:
    """A row that is there gets its private half back and keeps its state; a missing row comes back pre-active."""
    if sha256(file).hex() != order.file_sha256:
        raise OtherKey("不是审批的那份备份文件", "this is not the backup file that was approved")
    ref, pkcs8 = key_file.read(file, secret)
    _check(order, ref)
    wrapped = kek.wrap(pkcs8, place(ref))
    with ground.db.begin() as session:
        row = row_of(session, ref.name, ref.version)
        if row is None:
            row = _new(ground, ref, wrapped)
            session.add(row)
        else:
            _check_row(row, ref)
            row.wrapped = wrapped
        approved(session)
        ground.audit.record(
            session,
            principal,
            action="hsm.key.restored",
            object=f"key:{ref.name}",
            payload={
                "version": ref.version,
                "state": str(row.state),
                "spki_sha256": sha256(ref.spki).hex(),
                "file_sha256": sha256(file).hex(),
            },
        )
        return ref, State(row.state)


def _check(order: Order, ref: KeyRef) -> None:
    wanted = (order.key, order.version, order.algorithm, frozenset(order.purposes), order.spki_sha256)
    if (ref.name, ref.version, ref.algorithm, ref.purposes, sha256(ref.spki).hex()) != wanted:
        raise OtherKey("文件内的密钥与审批内容不一致", "the key in the file is not the one that was approved")


def _check_row(row: HsmKey, ref: KeyRef) -> None:
    if row.state == State.DESTROYED:
        raise WrongState(str(ref), row.state, "not destroyed")
    if row.backend is not None:
        raise InDevice(row.backend)
    if (row.spki, row.algorithm, row.purposes) != (ref.spki, ref.algorithm.value, joined(ref.purposes)):
        raise OtherKey("公钥与现有记录不一致", "the public half is not the one on record under that name")


def _new(ground: Ground, ref: KeyRef, wrapped: bytes) -> HsmKey:
    return HsmKey(
        id=ground.ids.uuid7(),
        name=ref.name,
        version=ref.version,
        algorithm=ref.algorithm.value,
        purposes=joined(ref.purposes),
        spki=ref.spki,
        wrapped=wrapped,
        state=State.PRE_ACTIVE,
        created_at=ground.clock.now(),
    )

"""Finding pairs (双证书检索): those one may see. A department's program sees its department's, and no other exists."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true

from ca.kmc.errors import PairUnknown
from ca.kmc.models import CaKmcPair
from ca.kmc.pairs import Pair, pair_of
from ca.room import CaRoom
from foundation.principal import Kind, Principal


def pair(room: CaRoom, principal: Principal, pair_id: UUID) -> Pair:
    return pair_of(room, _row(room, principal, CaKmcPair.id == pair_id))


def pair_with(room: CaRoom, principal: Principal, certificate_id: UUID) -> Pair:
    """The pair either certificate belongs to: what a page offers when one of the two is revoked."""
    either = or_(CaKmcPair.signing_id == certificate_id, CaKmcPair.encryption_id == certificate_id)
    return pair_of(room, _row(room, principal, either))


def _row(room: CaRoom, principal: Principal, condition: ColumnElement[bool]) -> CaKmcPair:
    with room.ground.db.read() as session:
        row = session.scalars(select(CaKmcPair).where(condition, scope(principal))).one_or_none()
    if row is None:
        raise PairUnknown
    return row


def scope(principal: Principal) -> ColumnElement[bool]:
    if principal.kind is not Kind.CLIENT:
        return true()
    return CaKmcPair.department == principal.department if principal.department else false()

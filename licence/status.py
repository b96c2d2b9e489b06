"""What our register tells a verifier (证照状态服务): does this licence still stand, and since when not.

Read from the row itself, so a revocation counts from its commit. A row that fails its integrity check says nothing.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import structlog
from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.orm import Session

from foundation.clock import SHANGHAI
from foundation.errors import Damaged, Unavailable
from foundation.glances import glance
from foundation.text import Text
from licence import integrity
from licence.life import State, state_of, today
from licence.models import IntentState, LicenceIntent, LicenceRow
from licence.revoke import Reason
from licence.room import LicenceRoom
from verify.status import LicenceState, LicenceStatus

log = structlog.get_logger("licence")
_EVERY = select(*integrity.columns(LicenceRow))
_BY_IDENTIFIER = _EVERY.where(LicenceRow.identifier == bindparam("of"))
_BY_INDEX = _EVERY.where(LicenceRow.status_index == bindparam("of"), LicenceRow.type_slug == bindparam("type"))


class LicenceStatusSource:
    """`verify.status.StatusSource` over this region's register. No caller is needed: it tells state, never content."""

    def __init__(self, room: LicenceRoom) -> None:
        self._room = room

    def licence_status(self, identifier: str) -> LicenceStatus | None:
        """By 电子证照标识; None when this region never issued it."""
        row = glance(self._room.ground.db, _BY_IDENTIFIER, of=identifier)
        return self._at_a_glance(row) or self._told(
            LicenceRow.identifier == identifier, LicenceIntent.identifier == identifier
        )

    def code_status(self, template_id: str, status_index: int) -> LicenceStatus | None:
        """By what a printed code carries; the index is the region's own, the template must fit."""
        row = glance(self._room.ground.db, _BY_INDEX, of=status_index, type=template_id)
        return self._at_a_glance(row) or self._told(
            (LicenceRow.status_index == status_index) & (LicenceRow.type_slug == template_id),
            (LicenceIntent.status_index == status_index) & (LicenceIntent.type_slug == template_id),
        )

    def _at_a_glance(self, row: Any) -> LicenceStatus | None:
        """None also of an altered row: the long way finds it again, names it, and says nothing."""
        if row is None or not integrity.holds(self._room.ground.mac, LicenceRow, row):
            return None
        return self._status(row)

    def _told(self, licence: ColumnElement[bool], intent: ColumnElement[bool]) -> LicenceStatus | None:
        try:
            with self._room.ground.db.read() as session:
                row = session.scalars(select(LicenceRow).where(licence)).one_or_none()
                if row is None:
                    return self._undone(session, intent)
                integrity.check(self._room.ground.mac, row)
                return self._status(row)
        except Damaged as error:
            log.exception("licence.status_damaged", error=error.detail.en)
            raise Unavailable(
                "licence.status_unavailable",
                Text("登记簿中该证照的记录异常，暂时无法判断其状态。", "The register cannot vouch for it now."),
            ) from error

    def _status(self, row: LicenceRow) -> LicenceStatus:
        """Of a row that was checked."""
        clock = self._room.ground.clock
        state = LicenceState(state_of(row, today(clock)).value)
        reason = row.revocation
        if reason == Reason.SUPERSEDED:
            state = LicenceState.SUPERSEDED
        return LicenceStatus(state, clock.now(), _since(row, state), reason, row.identifier)

    def _undone(self, session: Session, intent: ColumnElement[bool]) -> LicenceStatus | None:
        """A licence whose issuing was given up: should a sealed file of it ever turn up, it must not pass."""
        found = session.scalars(select(LicenceIntent).where(intent)).one_or_none()
        if found is None or found.state != IntentState.UNDONE:
            return None
        integrity.check(self._room.ground.mac, found)
        now = self._room.ground.clock.now()
        return LicenceStatus(LicenceState.REVOKED, now, found.finished_at, "never-issued", found.identifier)


def _since(row: LicenceRow, state: LicenceState) -> datetime | None:
    if state.value == State.EXPIRED and row.valid_to is not None:
        return datetime.combine(row.valid_to, time(23, 59, 59), SHANGHAI)
    return row.revoked_at

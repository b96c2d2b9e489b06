"""What a licence is today (证照状态): stored status, last day and clock together.

`expired` is computed, so no job has to run at midnight for a licence to be out of force, and a clock set right again
sets it right again.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, or_

from foundation.clock import SHANGHAI, Clock
from licence.models import LicenceRow, Status


class State(StrEnum):
    VALID = "valid"
    NOT_YET = "not_yet_valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


def today(clock: Clock) -> date:
    """The civil day of the region: a licence is in force until the end of its last day there."""
    return clock.now().astimezone(SHANGHAI).date()


def state_of(row: LicenceRow, day: date) -> State:
    if row.status == Status.REVOKED:
        return State.REVOKED
    if row.valid_to is not None and row.valid_to < day:
        return State.EXPIRED
    if row.valid_from is not None and row.valid_from > day:
        return State.NOT_YET
    return State.VALID


def having(state: State, day: date) -> ColumnElement[bool]:
    """The same decision as a condition, for lists; `test_life` holds the two together."""
    standing = LicenceRow.status == Status.VALID.value
    ended = LicenceRow.valid_to < day
    begun = or_(LicenceRow.valid_from.is_(None), LicenceRow.valid_from <= day)
    match state:
        case State.REVOKED:
            return LicenceRow.status == Status.REVOKED.value
        case State.EXPIRED:
            return and_(standing, ended)
        case State.NOT_YET:
            return and_(standing, LicenceRow.valid_from > day, or_(LicenceRow.valid_to.is_(None), ~ended))
        case State.VALID:
            return and_(standing, begun, or_(LicenceRow.valid_to.is_(None), ~ended))

"""What the status service reads of the seals' files (印章状态登记): codes, public states and times, nothing else.

Kept light, for the signer reads it too.
"""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from seal.management.models import SealFile
from seal.management.states import Public
from seal.status_service.wire import Period


def entries(session: Session) -> dict[str, tuple[Period, ...]]:
    """Every seal that has a code and ever had a public state."""
    rows = session.execute(select(SealFile.code, SealFile.public).where(SealFile.code.is_not(None)))
    return {code: periods(public) for code, public in rows if code is not None and public != "[]"}


def periods(public: str) -> tuple[Period, ...]:
    return tuple(
        Period(Public(one["state"]), datetime.fromisoformat(one["since"]), one["reason"]) for one in json.loads(public)
    )

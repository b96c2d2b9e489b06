"""Seal codes and counters (印章编码): 6 digits of GB/T 2260, 8 of a serial; without gaps or doubles.

A serial is taken in the transaction that uses it: rolled back it was never taken, two at once wait for one another.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.database import Database
from seal.management.errors import RegionFull
from seal.management.models import SealCounter, SealFile
from seal.models import SealRow

STATUS = "status"
"""Grows with each change the status service must tell."""
_LAST = 99_999_999


def region_of(department: str) -> str:
    """The region of a department's credit code (GB 32100: characters 3 to 8)."""
    return department[2:8]


def prepare(db: Database, *names: str) -> None:
    """Make the counters' rows outside of any other transaction, so that taking a number only ever locks one."""
    for name in names:
        with db.read() as session:
            known = session.get(SealCounter, name) is not None
        if known:
            continue
        try:
            with db.begin() as session:
                session.add(SealCounter(name=name, value=0))
        except IntegrityError:  # somebody else made it meanwhile
            continue


def prepare_for(db: Database, department: str) -> None:
    prepare(db, STATUS, f"code:{region_of(department)}")


def advance(session: Session, name: str) -> int:
    """The next number. Holds the counter until the transaction ends."""
    query = update(SealCounter).where(SealCounter.name == name).values(value=SealCounter.value + 1)
    return session.execute(query.returning(SealCounter.value).execution_options(synchronize_session=False)).scalar_one()


def take_code(session: Session, department: str) -> str:
    """The lowest serial of the region that was never given out."""
    region = region_of(department)
    while (serial := advance(session, f"code:{region}")) <= _LAST:
        code = f"{region}{serial:08d}"
        taken = (
            select(SealRow.id).where(SealRow.code == code).union_all(select(SealFile.id).where(SealFile.code == code))
        )
        if session.execute(taken).first() is None:  # seals made before management was set up keep their codes
            return code
    raise RegionFull(region)


def value(session: Session, name: str) -> int:
    return session.scalar(select(SealCounter.value).where(SealCounter.name == name)) or 0

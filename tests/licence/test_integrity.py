"""A database administrator edits a row: every column of every licence table is found out on read, and the row named."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Boolean, Date, Integer, LargeBinary, Table, Uuid, select, update

from foundation.database import Base, UtcDateTime
from foundation.errors import Damaged, NotFound
from licence import authority, files, intents
from licence.files import Format
from licence.intents import IssueRequest
from licence.issue import issue
from licence.models import LicenceAuthority, LicenceIntent, LicenceRow, LicenceVersionRow
from licence.register import Licence
from licence.search import Query, search
from tests.licence.conftest import Region
from tests.licence.region import MARKET_CLIENT
from tests.licence.samples import MARKET, food

_OTHERS: dict[type, object] = {
    Uuid: UUID(int=1),
    LargeBinary: b"x" * 32,
    UtcDateTime: datetime(2001, 2, 3, tzinfo=UTC),
    Date: date(2001, 2, 3),
}


def other(column: Any, old: object) -> object:
    """A value of the column's type that differs from what stands there."""
    if isinstance(column.type, Boolean):
        return not old
    if isinstance(column.type, Integer):
        return int(str(old or 0)) + 1
    if type(column.type) in _OTHERS:
        return _OTHERS[type(column.type)]
    return ("y" if str(old).startswith("x") else "x") + str(old or "")[1:]


def edits(model: type[Base], leave: set[str]) -> list[str]:
    return [column.key for column in model.__table__.columns if column.key not in leave]


def edit(region: Region, table: Any, column: str) -> None:
    assert isinstance(table, Table)
    with region.room.ground.db.begin() as session:
        old = session.execute(select(table.c[column])).scalars().first()
        session.execute(update(table).values({column: other(table.c[column], old)}))


@pytest.fixture
def licence(region: Region) -> Licence:
    return issue(region.room, MARKET_CLIENT, IssueRequest("food-operation", food(), "k"))


FIXED = {"id", "intent_id", "licence_id", "type_slug", "department"}
"""Keys: another value there is another row, or none."""


def test_every_column_of_a_licence(region: Region, licence: Licence) -> None:
    for column in edits(LicenceRow, FIXED - {"type_slug"}):
        with region.room.ground.db.read() as session:
            whole = dict(session.execute(select(LicenceRow.__table__)).mappings().one())
        edit(region, LicenceRow.__table__, column)
        with pytest.raises(Damaged) as found:
            search(region.room, MARKET_CLIENT, Query())
        assert str(licence.id) in found.value.detail.zh, column
        with pytest.raises(Damaged):
            files.file(region.room, MARKET_CLIENT, licence.id, Format.PDF)
        with region.room.ground.db.begin() as session:
            session.execute(update(LicenceRow.__table__).values(whole))
    assert search(region.room, MARKET_CLIENT, Query()).items == (licence,)


def test_every_column_of_a_version(region: Region, licence: Licence) -> None:
    for column in edits(LicenceVersionRow, FIXED):
        with region.room.ground.db.read() as session:
            whole = dict(session.execute(select(LicenceVersionRow.__table__)).mappings().one())
        edit(region, LicenceVersionRow.__table__, column)
        with pytest.raises(Damaged):
            files.look(region.room, MARKET_CLIENT, licence.id)
        with region.room.ground.db.begin() as session:
            session.execute(update(LicenceVersionRow.__table__).values(whole))
    assert files.look(region.room, MARKET_CLIENT, licence.id).data["premises"] == food()["premises"]


def test_a_licence_moved_to_another_department_or_without_a_version(region: Region, licence: Licence) -> None:
    with region.room.ground.db.begin() as session:
        session.execute(update(LicenceRow).values(department="1" * 18))
    with pytest.raises(NotFound):
        files.look(region.room, MARKET_CLIENT, licence.id)
    with region.room.ground.db.begin() as session:
        session.execute(update(LicenceRow).values(department=MARKET))
        session.execute(LicenceVersionRow.__table__.delete())
    with pytest.raises(Damaged):
        files.look(region.room, MARKET_CLIENT, licence.id)


def test_every_column_of_an_intent(region: Region, licence: Licence) -> None:
    for column in edits(LicenceIntent, {"id", "request_slot"}):
        with region.room.ground.db.read() as session:
            whole = dict(session.execute(select(LicenceIntent.__table__)).mappings().one())
        edit(region, LicenceIntent.__table__, column)
        with region.room.ground.db.read() as session, pytest.raises(Damaged):
            intents.load(session, region.room.ground, whole["id"])
        with pytest.raises(Damaged):
            issue(region.room, MARKET_CLIENT, IssueRequest("food-operation", food(), "k"))
        with region.room.ground.db.begin() as session:
            session.execute(update(LicenceIntent.__table__).values(whole))
    assert issue(region.room, MARKET_CLIENT, IssueRequest("food-operation", food(), "k")).id == licence.id


def test_an_authority_granted_by_sql_is_none(region: Region) -> None:
    authority.withdraw(region.room, MARKET_CLIENT, slug="food-operation", department=MARKET)
    with region.room.ground.db.begin() as session:
        session.execute(update(LicenceAuthority).values(withdrawn_at=None))
    with pytest.raises(Damaged) as found:
        issue(region.room, MARKET_CLIENT, IssueRequest("food-operation", food(), "k"))
    assert f"food-operation/{MARKET}" in found.value.detail.en


def test_a_stored_file_that_was_swapped_or_removed_is_not_given_out(region: Region, licence: Licence) -> None:
    with region.room.ground.db.read() as session:
        version = session.scalars(select(LicenceVersionRow)).one()
    objects = region.settings.home / "objects"
    (objects / version.pdf_key).write_bytes((objects / version.pdf_key).read_bytes() + b" ")
    (objects / version.ofd_key).unlink()
    for one in Format:
        with pytest.raises(Damaged) as found:
            files.file(region.room, MARKET_CLIENT, licence.id, one)
        assert str(licence.id) in found.value.detail.en

"""What a licence is today: the stored status, the last day and the clock, in the region's own day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text

from foundation.errors import Unavailable
from licence.intents import IssueRequest
from licence.issue import issue, undo
from licence.life import State, having, state_of, today
from licence.models import LicenceIntent, LicenceRow
from licence.recovery import RECOVERY
from licence.revoke import Reason, revoke
from licence.search import Query, search
from licence.status import LicenceStatusSource
from tests.licence.conftest import Region
from tests.licence.region import MARKET_CLIENT, TRANSPORT_CLIENT
from tests.licence.samples import food, road
from verify.status import LicenceState


def test_a_licence_stands_until_the_end_of_its_last_day_in_the_region(region: Region) -> None:
    licence = issue(
        region.room, MARKET_CLIENT, IssueRequest("food-operation", food() | {"valid_to": "2027-01-31"}, "k")
    )
    source = LicenceStatusSource(region.room)
    region.clock.set(datetime(2027, 1, 31, 15, 59, 59, tzinfo=UTC))  # 23:59:59 in Shanghai
    told = source.licence_status(licence.identifier)
    assert told is not None
    assert told.state is LicenceState.VALID
    region.clock.set(datetime(2027, 1, 31, 16, 0, 0, tzinfo=UTC))
    told = source.licence_status(licence.identifier)
    assert told is not None
    assert (told.state, told.at) == (LicenceState.EXPIRED, datetime(2027, 1, 31, 15, 59, 59, tzinfo=UTC))
    assert search(region.room, MARKET_CLIENT, Query(state=State.EXPIRED)).items[0].id == licence.id
    assert search(region.room, MARKET_CLIENT, Query(state=State.VALID)).items == ()


def test_lists_and_single_rows_agree_about_every_state(region: Region) -> None:
    for number, (start, end) in enumerate(
        (
            ("2026-11-22", "2027-05-05"),
            ("2026-12-24", "2027-12-31"),
            ("2026-11-22", "长期"),
            ("2026-11-30", "2026-12-01"),
        )
    ):
        data = road(number) | {"valid_from": start, "valid_to": end}
        licence = issue(region.room, TRANSPORT_CLIENT, IssueRequest("road-transport", data, f"k{number}"))
    revoke(region.room, TRANSPORT_CLIENT, licence.id, reason=Reason.CANCELLED)
    for day in ("2026-11-22", "2026-11-30", "2026-12-01", "2026-12-02", "2026-12-24", "2027-05-05", "2028-01-01"):
        region.clock.set(datetime.fromisoformat(f"{day}T04:00:00+00:00"))
        now = today(region.clock)
        assert now == date.fromisoformat(day)
        with region.room.ground.db.read() as session:
            rows = list(session.scalars(select(LicenceRow)))
            for state in State:
                listed = set(session.scalars(select(LicenceRow.id).where(having(state, now))))
                assert listed == {row.id for row in rows if state_of(row, now) is state}


def test_licences_about_to_end_are_found_for_the_reminder(region: Region) -> None:
    for number, end in enumerate(("2026-12-01", "2026-12-31", "2027-06-01", "长期")):
        data = road(number) | {"valid_from": "2026-11-22", "valid_to": end}
        issue(region.room, TRANSPORT_CLIENT, IssueRequest("road-transport", data, f"k{number}"))

    def ends() -> set[str]:
        found = search(region.room, TRANSPORT_CLIENT, Query(ends_by=date(2026, 12, 31))).items
        return {str(one.valid_to) for one in found}

    assert ends() == {"2026-12-01", "2026-12-31"}
    region.clock.advance(days=20)
    assert ends() == {"2026-12-31"}


def test_revocation_is_told_at_once_with_its_reason(region: Region) -> None:
    licence = issue(region.room, MARKET_CLIENT, IssueRequest("food-operation", food(), "k"))
    source = LicenceStatusSource(region.reopened())
    before = source.code_status("food-operation", licence.status_index)
    revoke(region.room, MARKET_CLIENT, licence.id, reason=Reason.PUNISHED)
    after = source.code_status("food-operation", licence.status_index)
    assert before is not None
    assert after is not None
    assert (before.state, after.state, after.reason) == (LicenceState.VALID, LicenceState.REVOKED, "punished")
    assert after.at == region.clock.now()
    assert after.identifier == licence.identifier


def test_a_licence_that_made_way_for_another_is_superseded(region: Region) -> None:
    licence = issue(region.room, MARKET_CLIENT, IssueRequest("food-operation", food(), "k"))
    revoke(region.room, MARKET_CLIENT, licence.id, reason=Reason.SUPERSEDED)
    told = LicenceStatusSource(region.room).licence_status(licence.identifier)
    assert told is not None
    assert told.state is LicenceState.SUPERSEDED


def test_unknown_foreign_and_undone_licences(region: Region) -> None:
    source = LicenceStatusSource(region.room)
    licence = issue(region.room, MARKET_CLIENT, IssueRequest("food-operation", food(), "k"))
    assert source.licence_status(licence.identifier[:-1] + "?") is None
    assert source.code_status("road-transport", licence.status_index) is None
    with region.room.ground.db.begin() as session:
        intent = session.scalars(select(LicenceIntent)).one()
        session.execute(text("DELETE FROM licence_version"))
        session.execute(text("DELETE FROM licence"))
        session.expunge_all()
    assert source.licence_status(licence.identifier) is None, "a licence missing from the register is not vouched for"
    assert undo(region.room, RECOVERY, intent.id, "test") is False, "a licence once issued is not undone"


def test_an_altered_row_is_not_vouched_for(region: Region) -> None:
    licence = issue(region.room, MARKET_CLIENT, IssueRequest("food-operation", food(), "k"))
    revoke(region.room, MARKET_CLIENT, licence.id, reason=Reason.WITHDRAWN)
    with region.room.ground.db.begin() as session:
        session.execute(text("UPDATE licence SET status = 'valid'"))
    with pytest.raises(Unavailable):
        LicenceStatusSource(region.room).licence_status(licence.identifier)

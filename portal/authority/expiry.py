"""Which certificates end when (到期日历): one bar to a month, a list for the month chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from sqlalchemy import func, select

from ca.models import CaCertificate, CaRevocation, State
from ca.room import CaRoom
from ca.search import scope
from foundation.clock import SHANGHAI
from foundation.principal import Principal
from foundation.text import Text

MONTHS = 18


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    count: int
    personal: int
    share: float
    """Of the fullest month, 0 to 1: the length of its bar."""

    @property
    def key(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def text(self) -> Text:
        return Text(f"{self.first.year} 年 {self.first.month} 月", f"{self.first:%B %Y}")


def months(room: CaRoom, principal: Principal) -> list[Month]:
    """From this month on; revoked certificates need nobody's attention and are left out."""
    today = room.ground.clock.now().astimezone(SHANGHAI).date()
    starts = [_add(today.replace(day=1), number) for number in range(MONTHS + 1)]
    counted: list[tuple[date, int, int]] = []
    with room.ground.db.read() as session:
        for first, after in pairwise(starts):
            begin, end = span(first, after)
            query = (
                select(func.count(), func.count().filter(CaCertificate.personal))
                .select_from(CaCertificate)
                .outerjoin(CaRevocation, CaRevocation.certificate_id == CaCertificate.id)
                .where(
                    scope(principal),
                    CaCertificate.state == State.ISSUED,
                    CaRevocation.certificate_id.is_(None),
                    CaCertificate.not_after >= begin,
                    CaCertificate.not_after < end,
                )
            )
            total, personal = session.execute(query).one()
            counted.append((first, total, personal))
    most = max((total for _, total, _ in counted), default=0) or 1
    return [Month(first, total, personal, total / most) for first, total, personal in counted]


def month_of(text: str, today: date) -> date:
    """`2027-03`, or this month for anything else."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)


def span(first: date, after: date | None = None) -> tuple[datetime, datetime]:
    """The month in the region's civil time."""
    end = after or _add(first, 1)
    return (
        datetime(first.year, first.month, 1, tzinfo=SHANGHAI),
        datetime(end.year, end.month, 1, tzinfo=SHANGHAI),
    )


def _add(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)

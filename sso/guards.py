"""Counted tries (尝试次数限制): what stops guessing without letting a stranger lock somebody out for long.

Tries are counted by what was typed and from where, so the answers for a number nobody has are the same as for one
somebody has (T2), and an attacker elsewhere uses up mostly his own share (T5).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.ground import Ground
from foundation.web.limits import Counters, network, too_many

MINUTE, QUARTER, HOUR, DAY = 60, 900, 3600, 86_400


@dataclass(frozen=True)
class Cap:
    key: str
    most: int
    seconds: int


def password_caps(ground: Ground, identifier: str, address: str) -> tuple[Cap, ...]:
    who, where = ground.cipher.blind("person", "login", identifier), network(address)
    here = _here(who, where)
    return (
        Cap(here, 5, MINUTE),
        Cap(here, 15, QUARTER),
        Cap(here, 60, DAY),
        Cap(f"sso.password|{who}", 50, QUARTER),
        Cap(f"sso.password|{who}", 300, DAY),
        Cap(f"sso.password.from|{where}", 600, HOUR),
    )


def sms_caps(person_id: UUID, address: str) -> tuple[Cap, ...]:
    """T3, T4: at most ten codes of five tries a day, which is one guess in twenty thousand."""
    return (
        Cap(f"sso.sms|{person_id}", 1, MINUTE),
        Cap(f"sso.sms|{person_id}", 10, DAY),
        Cap(f"sso.sms.from|{network(address)}", 200, HOUR),
    )


def spend(ground: Ground, caps: Iterable[Cap], code: str) -> None:
    """Count one try, committed whatever comes after. Raises `TooMany` at the first cap that is full.

    The caps behind that one are not counted: a refused try uses up the minute, not the day.
    """
    counters = Counters(ground.clock)
    with ground.db.begin() as session:
        wait = _first_full(counters, session, caps)
    if wait:
        raise too_many(code, wait)


def _first_full(counters: Counters, session: Session, caps: Iterable[Cap]) -> int:
    for cap in caps:
        if counters.count(session, cap.key, cap.seconds) > cap.most:
            return counters.retry_after(session, cap.key, cap.seconds)
    return 0


def forgive(ground: Ground, identifier: str, address: str) -> None:
    """The right password ends the count of wrong ones from this place."""
    who = ground.cipher.blind("person", "login", identifier)
    with ground.db.begin() as session:
        Counters(ground.clock).clear(session, _here(who, network(address)))


def _here(who: str, where: str) -> str:
    return f"sso.password.here|{who}|{where}"

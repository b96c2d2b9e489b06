"""Pre-signed OCSP answers (预签应答): stored once, renewed at half of their life, gone with the status they state.

An answer is stored under the lock that a revocation takes, after one more look at the status: so a revocation either
finds the answer and deletes it, or is found by it and keeps it out (facts: pki 5.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.exc import IntegrityError

from ca.models import CaCertificate
from ca.ocsp_build import respond, responder_of
from ca.ocsp_request import forms
from ca.revocation_models import CaOcspAnswer
from ca.room import Authority, CaRoom
from ca.services import Service
from ca.status import Status, statuses_in

LIFE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer as it lies in the table."""

    answer: bytes
    made: int
    until: int


@dataclass(frozen=True, slots=True)
class Made:
    """A fresh answer, with the status it states."""

    serial: str
    form: str
    status: Status
    answer: bytes
    made: int
    until: int


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def sign(
    room: CaRoom,
    above: Authority,
    serial: str,
    form: str,
    status: Status,
    now: datetime,
    responder: Service | None = None,
) -> Made:
    cert_id = forms(room, above).cert_id(form, int(serial, 16))
    octets = respond(room, responder or responder_of(room, above), [(cert_id, status)], now, LIFE)
    made = int(now.timestamp())
    return Made(serial, form, status, octets, made, made + int(LIFE.total_seconds()))


def store(room: CaRoom, authority: str, made: Sequence[Made]) -> int:
    """Keep the answers that are still true; how many were. Somebody who stores the same at once may win."""
    try:
        return _store(room, authority, made)
    except IntegrityError:  # two first answers for one certificate: the other one is as good
        return 0


def _store(room: CaRoom, authority: str, made: Sequence[Made]) -> int:
    serials = sorted({one.serial for one in made})
    locked = select(CaCertificate.id).where(CaCertificate.authority == authority, CaCertificate.serial.in_(serials))
    with room.ground.db.begin() as session:
        session.execute(locked.order_by(CaCertificate.id).with_for_update()).all()
        now = statuses_in(session, authority, serials)
        true = [one for one in made if now[one.serial] == one.status]
        if not true:
            return 0
        session.execute(
            delete(CaOcspAnswer).where(
                CaOcspAnswer.authority == authority,
                tuple_(CaOcspAnswer.serial, CaOcspAnswer.form).in_([(one.serial, one.form) for one in true]),
            )
        )
        session.execute(
            insert(CaOcspAnswer),
            [
                {
                    "authority": authority,
                    "serial": one.serial,
                    "form": one.form,
                    "answer": one.answer,
                    "made": one.made,
                    "until": one.until,
                }
                for one in true
            ],
        )
        return len(true)

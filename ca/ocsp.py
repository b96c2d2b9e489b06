"""Online certificate status (在线证书状态): RFC 6960, RFC 5019, RFC 9654.

The usual question (one certificate of ours, no nonce) gets the stored answer, signed once for half a day and gone with
the status it states. Everything else is signed while the asker waits. A serial we did not give out is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from ca import ocsp_store
from ca.ocsp_build import respond, responder_of
from ca.ocsp_lookup import lookup
from ca.ocsp_request import MOST_OCTETS, MOST_REQUESTS, Refusal, Request, forms, read_request, refusal
from ca.ocsp_store import Stored
from ca.profiles import Role
from ca.reading.ocsp import CertId, CertStatus
from ca.revocation_metrics import OCSP_ANSWERS
from ca.room import Authority, CaRoom
from ca.status import Status
from foundation.der import DerError
from foundation.errors import Unavailable
from hsm.service.errors import PolicyRefused

__all__ = ["LIFE", "MOST_OCTETS", "MOST_REQUESTS", "Answer", "Refusal", "answer", "read_request", "respond_to"]

log = structlog.get_logger("ca")
LIFE = timedelta(hours=1)
"""Of answers made for one asker: with a nonce, for several certificates, or for none of ours."""
_UNKNOWN = Status(CertStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Answer:
    octets: bytes
    stored: Stored | None = None
    """When others may be given this answer too."""


def answer(room: CaRoom, authority: str, request: bytes) -> bytes:
    """An OCSPResponse in DER for any octets at all; faults of the asker are answered, not raised."""
    return respond_to(room, authority, request).octets


def respond_to(room: CaRoom, authority: str, request: bytes) -> Answer:
    above = room.authority(authority)
    if above.role is not Role.ISSUING:  # roots publish a list and may be offline
        return _refused(Refusal.UNAUTHORIZED)
    try:
        wanted = read_request(request)
    except DerError:
        return _refused(Refusal.MALFORMED_REQUEST)
    now = room.ground.clock.now().replace(microsecond=0)
    known = forms(room, above)
    named = [known.form_of(one) for one in wanted.asked]
    usual = _usual(wanted, named)
    if usual is not None:
        kept = lookup(room).find(above.slug, usual[1], usual[0])
        if kept is not None:
            return Answer(kept.answer, kept)
    OCSP_ANSWERS.labels("signed").inc()
    try:
        return _signed(room, above, wanted, named, usual, now)
    except PolicyRefused:  # revoked between our look and the signer's: look again
        return _signed(room, above, wanted, named, usual, now)


def _signed(
    room: CaRoom,
    above: Authority,
    wanted: Request,
    named: list[str | None],
    usual: tuple[str, str] | None,
    now: datetime,
) -> Answer:
    found = _statuses(room, above, wanted.asked, named)
    if usual is not None and found[0] != _UNKNOWN:
        return _signed_to_keep(room, above, usual, found[0], now)
    said = [(one.raw, status) for one, status in zip(wanted.asked, found, strict=True)]
    return Answer(respond(room, responder_of(room, above), said, now, LIFE, wanted.nonce))


def _refused(status: Refusal) -> Answer:
    OCSP_ANSWERS.labels("refused").inc()
    return Answer(refusal(status))


def _usual(wanted: Request, named: list[str | None]) -> tuple[str, str] | None:
    """(serial, form) of a question whose answer is worth keeping."""
    if wanted.nonce is not None or len(wanted.asked) != 1 or named[0] is None:
        return None
    return f"{wanted.asked[0].serial:x}", named[0]


def _statuses(room: CaRoom, above: Authority, asked: tuple[CertId, ...], named: list[str | None]) -> list[Status]:
    """A CertID that names another issuer, or hashes we do not know, is unknown to us."""
    known = lookup(room)
    return [
        _UNKNOWN if form is None else known.status(room, above.slug, one.serial)
        for one, form in zip(asked, named, strict=True)
    ]


def _signed_to_keep(room: CaRoom, above: Authority, usual: tuple[str, str], status: Status, now: datetime) -> Answer:
    """Whoever asks next gets it from the table. That it could not be stored is no reason not to answer."""
    serial, form = usual
    made = ocsp_store.sign(room, above, serial, form, status, now)
    try:
        ocsp_store.store(room, above.slug, [made])
    except Unavailable as error:
        log.warning("ca.ocsp_not_stored", authority=above.slug, code=error.code)
    return Answer(made.answer, Stored(made.answer, made.made, made.until))

"""Finishing what a crash left (恢复未完成的签发).

An intent whose certificate was never stored is signed now, with the serial and octets it was recorded with: the
profile may have changed since, the certificate does not (T13). Intents of calls still under way are left alone.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from ca import lints
from ca.issue import finish
from ca.lints import Proposal
from ca.models import CaCertificate, State
from ca.reading.certificate import Certificate, read_tbs
from ca.room import CaRoom
from ca.storing import opened
from ca.suites import Suite
from ca.template import Issuer
from foundation.errors import YinxinError
from foundation.principal import SYSTEM

log = structlog.get_logger("ca")
GRACE = timedelta(minutes=1)


def recover(room: CaRoom, *, older_than: timedelta = GRACE) -> list[UUID]:
    """Finish every intent recorded longer ago than `older_than`; returns the certificates made.

    One that cannot be finished (altered, or no longer passing the lints) stays and is logged each time.
    """
    made: list[UUID] = []
    for identifier in unfinished(room, older_than=older_than):
        with room.ground.db.read() as session:
            row = session.get_one(CaCertificate, identifier)
        try:
            with room.lock(row.request_key):
                recheck(room, row)
                made.append(finish(room, SYSTEM, row).id)
        except YinxinError as error:  # one damaged intent must not keep the others, or the process, from starting
            log.warning("ca.recovery_refused", certificate=str(identifier), code=error.code)
    return made


def unfinished(room: CaRoom, *, older_than: timedelta = GRACE) -> list[UUID]:
    before = room.ground.clock.now() - older_than
    query = select(CaCertificate.id).where(CaCertificate.state == State.RECORDED, CaCertificate.recorded_at <= before)
    with room.ground.db.read() as session:
        return list(session.scalars(query.order_by(CaCertificate.recorded_at)))


def recheck(room: CaRoom, row: CaCertificate, said: Certificate | None = None) -> None:
    """Lint again, when the profile is still the one of the intent; the MAC in `finish` vouches for the rest.

    `said` are the row's octets, where they were read and found to fit their MAC a moment ago.
    """
    profile = room.find_profile(row.profile)
    as_recorded = (row.profile_version, row.profile_digest)
    if row.state != State.RECORDED or profile is None or (profile.version, profile.digest) != as_recorded:
        return
    tbs = said or read_tbs(opened(room.ground.cipher, row, "tbs"))
    above = None if tbs.self_issued else room.authority(row.authority)
    issuer = (
        above.issuer
        if above
        else Issuer(row.authority, Suite(row.authority.split("-")[0]), tbs.subject.raw, tbs.subject_key_id or b"")
    )
    certificate = above.certificate if above else None
    places, begin = room.places, row.not_before
    lints.check(Proposal(tbs, profile, issuer, certificate, places, begin, room.production, None, row.shard))

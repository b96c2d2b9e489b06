"""Transcripts of ceremonies (密钥仪式记录) the region keeps: each checked anew whenever it is shown.

Officers, witnesses and holders of shares are named in it, so it is stored sealed. Kept by its digest: the same file
again is the same record, and none is ever replaced (WebTrust 4.1, GM/T 0034 8).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ca.chain import authorities
from ca.models import CaCeremony
from ca.room import CaRoom
from foundation.errors import Damaged, InvalidInput, NotFound
from foundation.principal import Permission, Principal
from foundation.text import Text
from hsm.ceremony.plan import Plan, parse_plan
from hsm.ceremony.printing import page
from hsm.ceremony.transcript import Transcript, read_transcript
from hsm.ceremony.verify import Report, check
from hsm.digests import sha256

_TABLE, _COLUMN = "ca_ceremony", "transcript"
MOST = 200
MOST_OCTETS = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class Ceremony:
    """A kept transcript and what checking it found just now."""

    id: UUID
    sha256: str
    held_at: datetime
    kept_at: datetime
    octets: bytes
    transcript: Transcript
    report: Report
    signed_by: tuple[str, ...]
    """Our CAs whose keys signed it; a transcript signed by no root of ours is about other keys."""

    @property
    def body(self) -> Any:
        return self.transcript.body

    @property
    def plan(self) -> Plan:
        """What was reviewed before it was held; `keep` took no record whose plan cannot be read."""
        return parse_plan(str(self.body["plan"]).encode())

    @property
    def in_order(self) -> bool:
        return self.report.sound and self.report.complete and not self.report.rehearsal and bool(self.signed_by)

    def printable(self) -> str:
        """One HTML page to be signed by hand."""
        return page(self.transcript, self.report)


def keep(room: CaRoom, principal: Principal, octets: bytes) -> UUID:
    """Take a transcript into the records. Faulty ones too, as long as they can be read: hiding them helps nobody."""
    held_at, digest = checked(octets), sha256(octets).hex()
    ground, identifier = room.ground, room.ground.ids.uuid7()
    row = CaCeremony(
        id=identifier,
        sha256=digest,
        transcript=ground.cipher.encrypt(_TABLE, _COLUMN, identifier, octets.decode("utf-8")),
        held_at=held_at,
        kept_at=ground.clock.now(),
        kept_by=principal.label,
    )
    try:
        with ground.db.begin() as session:
            session.add(row)
            session.flush()
            ground.audit.record(
                session,
                principal,
                action="ca.ceremony.keep",
                object=f"ceremony:{identifier}",
                payload={"sha256": digest},
            )
    except IntegrityError:  # kept before
        with ground.db.read() as session:
            return session.scalars(select(CaCeremony.id).where(CaCeremony.sha256 == digest)).one()
    return identifier


def checked(octets: bytes) -> datetime:
    """When it was held; raises `Damaged` for a file that could not be shown later."""
    unreadable = Damaged(
        "hsm.transcript", Text("仪式记录文件无法读取。", "This is not a readable transcript of a ceremony.")
    )
    if len(octets) > MOST_OCTETS:
        raise unreadable
    transcript = read_transcript(octets)
    try:
        octets.decode("utf-8")
        page(transcript, check(transcript))
        held_at = datetime.fromisoformat(transcript.body["ended_at"])
    except (AttributeError, InvalidInput, KeyError, TypeError, ValueError) as error:
        raise unreadable from error
    if held_at.tzinfo is None:
        raise unreadable
    return held_at


def ceremonies(room: CaRoom, principal: Principal) -> list[Ceremony]:
    """Newest first."""
    principal.require(Permission.CA_READ)
    with room.ground.db.read() as session:
        rows = session.scalars(
            select(CaCeremony).order_by(CaCeremony.held_at.desc(), CaCeremony.id.desc()).limit(MOST)
        ).all()
    keys = _keys(room)
    return [_shown(room, row, keys) for row in rows]


def ceremony(room: CaRoom, principal: Principal, identifier: UUID) -> Ceremony:
    principal.require(Permission.CA_READ)
    with room.ground.db.read() as session:
        row = session.get(CaCeremony, identifier)
    if row is None:
        raise NotFound("ca.ceremony_unknown", Text("没有这份仪式记录。", "There is no such ceremony record."))
    return _shown(room, row, _keys(room))


def _keys(room: CaRoom) -> dict[str, str]:
    return {sha256(one.certificate.spki).hex(): one.slug for one in authorities(room)}


def _shown(room: CaRoom, row: CaCeremony, keys: dict[str, str]) -> Ceremony:
    octets = room.ground.cipher.decrypt(_TABLE, _COLUMN, row.id, row.transcript).encode("utf-8")
    if sha256(octets).hex() != row.sha256:
        raise Damaged(
            "ca.ceremony_damaged",
            Text("仪式记录已被改动，请核查数据库。", "The record was altered. Examine the database."),
        )
    transcript = read_transcript(octets)
    report = check(transcript)
    ours = tuple(keys[one] for one in report.signed_by if one in keys)
    return Ceremony(row.id, row.sha256, row.held_at, row.kept_at, octets, transcript, report, ours)

"""Certificates whose bodies a restore lost (正文丢失的证书): known by serial, so they can be revoked and asked about.

They were issued after the backup was taken; that they exist is known from the signer's journal, from the audit trail
exported off the host, or from a list that names them (facts: pki 1.1 "loss after restore").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ca.models import CaAuthority, CaCertificate, CaRevocation, State
from ca.profiles import Profile
from ca.reading.crl import Reason, read_crl
from ca.revocations import enter, forget_stale
from ca.room import CaRoom
from ca.signatures import check_crl
from ca.storing import blind_name, closed_name
from foundation.der import DerError
from foundation.errors import InvalidInput
from foundation.principal import Principal
from foundation.text import Text
from hsm.errors import BadSignature

NAME = "（证书正文已丢失）"
_UNKNOWN_KEY = "0" * 64
_NO_MAC = b"\x00" * 32


@dataclass(frozen=True, slots=True)
class Lost:
    id: UUID
    """Of its row before the loss: journal and audit trail name it."""
    authority: str
    serial: str
    profile: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A revocation that happened after the backup."""

    authority: str
    serial: str
    reason: Reason
    at: datetime
    invalidity: datetime | None = None


def enter_lost(room: CaRoom, principal: Principal, lost: Iterable[Lost]) -> int:
    """Rows for those that have none; how many. The same again changes nothing."""
    entered = 0
    for one in lost:
        with room.ground.db.begin() as session:
            if _known(session, one):
                continue
            session.add(_row(room, one))
            room.ground.audit.record(
                session,
                principal,
                action="ca.certificate.lost",
                object=f"certificate:{one.id}",
                payload={"authority": one.authority, "serial": one.serial, "profile": one.profile},
            )
            entered += 1
    return entered


def _known(session: Session, one: Lost) -> bool:
    same = (CaCertificate.authority == one.authority) & (CaCertificate.serial == one.serial)
    return session.scalar(select(CaCertificate.id).where(or_(CaCertificate.id == one.id, same)).limit(1)) is not None


def _row(room: CaRoom, one: Lost) -> CaCertificate:
    ground, profile = room.ground, room.find_profile(one.profile)
    personal = profile is None or profile.personal
    return CaCertificate(
        id=one.id,
        request_key=f"lost:{one.id}",
        request_mac=_NO_MAC,
        authority=one.authority,
        serial=one.serial,
        shard=_shard(room, one, profile),
        profile=one.profile,
        profile_version=profile.version if profile is not None else 0,
        state=State.LOST,
        personal=personal,
        subject=closed_name(ground.cipher, one.id, NAME, personal=personal),
        subject_blind=blind_name(ground.cipher, NAME),
        key_hash=_UNKNOWN_KEY,
        tbs_mac=_NO_MAC,
        not_before=one.recorded_at,
        not_after=_end(room, one, profile),
        recorded_at=one.recorded_at,
        issued_at=one.recorded_at,
    )


def _end(room: CaRoom, one: Lost, profile: Profile | None) -> datetime:
    """The latest it can be: an entry must not leave the lists before its certificate ends."""
    latest = room.authority(one.authority).certificate.not_after
    return latest if profile is None else min(latest, one.recorded_at + profile.lifetime)


def _shard(room: CaRoom, one: Lost, profile: Profile | None) -> int | None:
    """As at issuance: from the serial. Shards only grow, and the settings say how many there were last."""
    shards = max(room.authority(one.authority).shards, room.ground.settings.shards)
    return int(one.serial, 16) % shards if profile is not None and profile.has_list and shards else None


def number_lists_beyond(room: CaRoom, numbers: dict[str, int]) -> None:
    """No list number is used twice: go on after the highest one that is known to have been signed."""
    with room.ground.db.begin() as session:
        for slug, number in numbers.items():
            row = session.get(CaAuthority, slug, with_for_update=True)
            if row is not None and row.crl_number < number:
                row.crl_number = number


def withdraw_again(room: CaRoom, principal: Principal, withdrawn: Iterable[Withdrawn]) -> int:
    """Revocations a restore forgot, with their own dates and reasons; how many were entered."""
    entered = 0
    for one in withdrawn:
        with room.ground.db.begin() as session:
            query = select(CaCertificate).where(
                CaCertificate.authority == one.authority, CaCertificate.serial == one.serial
            )
            row = session.scalars(query).one_or_none()
            if row is None or session.get(CaRevocation, (one.authority, one.serial)) is not None:
                continue
            enter(session, row, None, one.at, one.reason, one.invalidity)
            forget_stale(session, one.authority, [one.serial], revoked=True)
            room.ground.audit.record(
                session,
                principal,
                action="ca.certificate.revoke_again",
                object=f"certificate:{row.id}",
                payload={"authority": one.authority, "serial": one.serial, "reason": one.reason.name.lower()},
            )
            entered += 1
    return entered


def withdrawn_in(room: CaRoom, slug: str, octets: bytes) -> tuple[int, list[Withdrawn]]:
    """Number and entries of one of our own lists, after its signature was checked."""
    try:
        crl = read_crl(octets)
        check_crl(crl, room.authority(slug).certificate.spki)
    except (DerError, BadSignature) as error:
        raise InvalidInput(
            "ca.foreign_list",
            Text(f"该撤销列表不是 {slug} 签发的。", f"This list was not signed by {slug}."),
        ) from error
    found = [
        Withdrawn(slug, f"{entry.serial:x}", entry.reason, entry.revoked_at, entry.invalidity)
        for entry in crl.entries()
    ]
    return crl.number or 0, found

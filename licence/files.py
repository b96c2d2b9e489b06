"""Handing out what was sealed (证照文件下载): PDF, OFD and the printed code, to the department or the holder only.

What leaves is compared with the digest the register keeps, and every hand-out is on record (facts/security T29).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from foundation.errors import Damaged, NotFound
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import Digest, sm3
from licence import register
from licence.register import Content
from licence.room import LicenceRoom
from seal.longlife import results
from seal.longlife.evidence.handing_out import for_file


class Format(StrEnum):
    PDF = "pdf"
    OFD = "ofd"

    @property
    def media_type(self) -> str:
        return "application/pdf" if self is Format.PDF else "application/ofd"


@dataclass(frozen=True, slots=True)
class File:
    name: str
    media_type: str
    data: bytes = field(repr=False)


def look(room: LicenceRoom, principal: Principal, licence_id: UUID) -> Content:
    """One licence with its data, for somebody who may see it."""
    with room.ground.db.read() as session:
        found = register.content(session, room, register.readable(session, room, principal, licence_id))
    _record(room, principal, licence_id, "licence.view", {})
    return found


def file(room: LicenceRoom, principal: Principal, licence_id: UUID, format_: Format) -> File:
    """The sealed file as it was stored, extended since or not; `Damaged` when the store gives back anything else."""
    with room.ground.db.read() as session:
        found = register.content(session, room, register.readable(session, room, principal, licence_id))
    pdf = format_ is Format.PDF
    key, digest = (found.pdf_key, found.pdf_sm3) if pdf else (found.ofd_key, found.ofd_sm3)
    try:
        data = room.ground.storage.open(key)
    except NotFound as error:
        raise _altered(licence_id, format_) from error
    if sm3(data).hex() != digest:
        raise _altered(licence_id, format_)
    if pdf:  # the same sealed file, with what it needs to be judged for longer
        data = results.latest(room.seal, data)
    _record(room, principal, licence_id, "licence.download", {"format": format_.value})
    return File(f"{found.licence.identifier}.{format_.value}", format_.media_type, data)


def evidence(room: LicenceRoom, principal: Principal, licence_id: UUID, format_: Format, line: Digest) -> File:
    """The evidence record (RFC 4998) of the file as `file` hands it out; raises `NoRecord` until the day after."""
    handed = for_file(room.seal, file(room, principal, licence_id, format_).data, line)
    return File(f"{handed.file_sha256}.er", "application/octet-stream", handed.record)


def code_text(room: LicenceRoom, principal: Principal, licence_id: UUID) -> str:
    """The text of the printed code."""
    with room.ground.db.read() as session:
        found = register.content(session, room, register.readable(session, room, principal, licence_id))
    _record(room, principal, licence_id, "licence.download", {"format": "code"})
    return found.code_text


def _record(room: LicenceRoom, principal: Principal, licence_id: UUID, action: str, payload: dict[str, str]) -> None:
    with room.ground.db.begin() as session:
        room.ground.audit.record(session, principal, action=action, object=f"licence:{licence_id}", payload=payload)


def _altered(licence_id: UUID, format_: Format) -> Damaged:
    return Damaged(
        "licence.file_damaged",
        Text(
            f"证照 {licence_id} 的 {format_.value.upper()} 文件缺失或被改动，已停止提供，请联系安全审计员。",
            f"The {format_.value.upper()} of licence {licence_id} is missing or altered and is not given out.",
        ),
    )

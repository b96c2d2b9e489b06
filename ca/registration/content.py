"""What an application says (申请内容): one sealed text, and the digest that approvals stand for.

The digest is keyed, because names and numbers have too little variety for a plain one, and covers the evidence too:
whoever agrees agrees to exactly these octets.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.names import Subject
from ca.reading.alternative import NO_NAMES, AlternativeNames
from ca.reading.identity import NO_IDENTITY, IdentityExtensions
from ca.registration.models import CaRegistration, CaRegistrationEvidence
from foundation.ground import Ground

TABLE = "ca_registration"
_SUBJECT = tuple(Subject.__dataclass_fields__)
_NAMES = ("dns", "ip", "email", "uri")
_IDENTITY = tuple(IdentityExtensions.__dataclass_fields__)


@dataclass(frozen=True, slots=True, repr=False)
class Content:
    subject: Subject
    identity: IdentityExtensions = NO_IDENTITY
    names: AlternativeNames = NO_NAMES
    csr: bytes | None = None
    phone: str | None = None
    """Where the code and the notices go."""
    note: str | None = None
    """What it is needed for, in the applicant's words."""
    invalid_since: datetime | None = None

    def plain(self) -> dict[str, Any]:
        return {
            "subject": {name: getattr(self.subject, name) for name in _SUBJECT},
            "identity": {name: getattr(self.identity, name) for name in _IDENTITY},
            "names": {kind: list(getattr(self.names, kind)) for kind in _NAMES},
            "csr": base64.b64encode(self.csr).decode() if self.csr is not None else None,
            "phone": self.phone,
            "note": self.note,
            "invalid_since": self.invalid_since.isoformat() if self.invalid_since else None,
        }

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Content:
        since = plain["invalid_since"]
        return cls(
            Subject(**plain["subject"]),
            IdentityExtensions(**plain["identity"]),
            _names(plain["names"]),
            base64.b64decode(plain["csr"]) if plain["csr"] is not None else None,
            plain["phone"],
            plain["note"],
            datetime.fromisoformat(since) if since else None,
        )

    @property
    def holder_number(self) -> str | None:
        """The number that tells whose certificate it is, of a natural person."""
        one = self.identity
        return one.citizen_number or one.passport_number or one.military_number


def _names(plain: dict[str, list[str]]) -> AlternativeNames:
    dns, ip, email, uri = (tuple(plain[kind]) for kind in _NAMES)
    return AlternativeNames(dns, ip, email, uri)


def _canonical(plain: dict[str, Any]) -> str:
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def close(ground: Ground, row: CaRegistration, content: Content) -> None:
    """Seal `content` into the row and set the indexes that belong to it."""
    row.content = ground.cipher.encrypt(TABLE, "content", row.id, _canonical(content.plain()))
    row.name_index = blind_name(ground, content.subject.common_name)
    row.holder_index = blind_number(ground, content.holder_number) if content.holder_number else None


def opened(ground: Ground, row: CaRegistration) -> Content:
    """Raises `Damaged` when the text was altered or moved to another row."""
    return Content.of(json.loads(ground.cipher.decrypt(TABLE, "content", row.id, row.content)))


def blind_name(ground: Ground, name: str) -> str:
    return ground.cipher.blind(TABLE, "name", name)


def blind_number(ground: Ground, number: str) -> str:
    return ground.cipher.blind(TABLE, "holder", number)


def attached(session: Session, row: CaRegistration) -> list[CaRegistrationEvidence]:
    query = select(CaRegistrationEvidence).where(
        CaRegistrationEvidence.registration_id == row.id, CaRegistrationEvidence.removed_at.is_(None)
    )
    return list(session.scalars(query.order_by(CaRegistrationEvidence.id)))


def digest(ground: Ground, row: CaRegistration, evidence: Iterable[CaRegistrationEvidence]) -> str:
    """What an approval stands for, in hexadecimal."""
    said = {
        "id": row.id.hex,
        "kind": row.kind,
        "profile": row.profile,
        "suite": row.suite,
        "channel": row.channel,
        "delivery": row.delivery,
        "owner": row.owner,
        "needed": row.needed,
        "certificate": row.certificate_id.hex if row.certificate_id else None,
        "reason": row.reason,
        "content": opened(ground, row).plain(),
        "evidence": [[one.id.hex, one.kind, one.mac.hex()] for one in evidence],
    }
    return ground.mac.mac("ca.registration", _canonical(said).encode()).hex()

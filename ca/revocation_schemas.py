"""What crosses the wire about status (证书状态接口数据)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from ca.mass_selection import Progress, Selection
from ca.reading.crl import Reason
from ca.revocation_health import Health
from ca.revoke import Release, Revocation
from ca.schemas import ReasonName, SerialText, reason_name
from foundation.web.api import Wire

MOST_SERIALS = 20_000
"""In one request; the command line takes more."""


class MassPath(Wire):
    id: UUID


class HoldOut(Wire):
    certificate_id: UUID
    authority: str
    serial: str
    held_at: datetime

    @classmethod
    def of(cls, made: Revocation) -> HoldOut:
        serial = f"{made.serial:x}"
        return cls(certificate_id=made.certificate_id, authority=made.authority, serial=serial, held_at=made.revoked_at)


class ReleaseOut(HoldOut):
    released_at: datetime

    @classmethod
    def of(cls, made: Release) -> ReleaseOut:  # type: ignore[override]  # what a hold becomes
        return cls(
            certificate_id=made.certificate_id,
            authority=made.authority,
            serial=f"{made.serial:x}",
            held_at=made.held_at,
            released_at=made.released_at,
        )


class MassBody(Wire):
    """All that is given must hold."""

    reason: ReasonName
    invalid_since: AwareDatetime | None = None
    authority: str | None = Field(None, max_length=40, description="Needed with serials")
    serials: list[SerialText] = Field(default_factory=list, max_length=MOST_SERIALS)
    key_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        None, description="Of the SubjectPublicKeyInfo"
    )
    profile: str | None = Field(None, max_length=40)
    issued_from: AwareDatetime | None = None
    issued_before: AwareDatetime | None = None

    def selection(self) -> Selection:
        return Selection(
            self.authority,
            tuple(int(serial, 16) for serial in self.serials),
            self.key_sha256,
            self.profile,
            self.issued_from,
            self.issued_before,
        )

    def code(self) -> Reason:
        return Reason[self.reason.replace("-", "_").upper()]


class MassOut(Wire):
    id: UUID
    state: str = Field(description="prepared, running, done or cancelled")
    requested_by: str
    approved_by: str | None
    reason: str
    total: int
    finished: int = Field(description="Certificates dealt with so far")
    revoked: int
    standing: int = Field(description="Were revoked already")
    refused: int
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, one: Progress) -> MassOut:
        return cls(
            id=one.id,
            state=one.state,
            requested_by=one.requested_by,
            approved_by=one.approved_by,
            reason=reason_name(one.reason),
            total=one.total,
            finished=one.position,
            revoked=one.revoked,
            standing=one.standing,
            refused=one.refused,
            created_at=one.created_at,
            finished_at=one.finished_at,
        )


class MassesOut(Wire):
    items: list[MassOut]


class ListAgeOut(Wire):
    list: str
    number: int | None
    entries: int
    this_update: datetime | None
    next_update: datetime | None
    dirty: bool = Field(description="A change waits for the next list")
    late: bool = Field(description="Past half of its life and not replaced")
    expired: bool


class CheckOut(Wire):
    at: datetime
    certificates: int
    disagreements: int


class HealthOut(Wire):
    lists: list[ListAgeOut]
    ocsp_until: dict[str, datetime] = Field(description="Per CA: when its first stored OCSP answer ends")
    last_check: CheckOut | None

    @classmethod
    def of(cls, found: Health) -> HealthOut:
        check = found.check
        return cls(
            lists=[
                ListAgeOut(
                    list=age.name.scope,
                    number=age.number,
                    entries=age.entries,
                    this_update=age.this_update,
                    next_update=age.next_update,
                    dirty=age.dirty,
                    late=age.late,
                    expired=age.expired,
                )
                for age in found.lists
            ],
            ocsp_until=found.answers_until,
            last_check=check and CheckOut(at=check.at, certificates=check.serials, disagreements=check.faults),
        )

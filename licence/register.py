"""Reading the register (证照登记簿): every row is checked, decrypted and handed on as one frozen `Licence`.

`scope` is the one place that says whose licences a caller may see; lists, single reads, files and revocation all go
through it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy.orm import Session

from foundation import masking
from foundation.errors import Forbidden
from foundation.principal import Kind, Permission, Principal
from foundation.text import Text
from licence import integrity
from licence.errors import no_such_licence
from licence.life import State, state_of, today
from licence.models import LicenceRow, LicenceVersionRow
from licence.room import LicenceRoom


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence as the code above sees it. Personal fields stay out of `repr`, and so out of logs and exceptions."""

    id: UUID
    type_slug: str
    identifier: str
    number: str = field(repr=False)
    holder_name: str = field(repr=False)
    holder_code: str = field(repr=False)
    natural_person: bool
    department: str
    department_name: str
    state: State
    issued_on: date
    valid_from: date | None
    valid_to: date | None
    revoked_at: datetime | None
    revocation: str | None
    status_index: int
    version: int
    created_at: datetime

    @property
    def shown_number(self) -> str:
        """Some types use the holder's own number as the licence number; a company's is public, a person's is not."""
        personal = self.natural_person and self.number == self.holder_code
        return masking.mask_id_number(self.number) if personal else self.number

    @property
    def shown_name(self) -> str:
        return masking.mask_name(self.holder_name) if self.natural_person else self.holder_name

    @property
    def shown_code(self) -> str:
        return masking.mask_id_number(self.holder_code) if self.natural_person else self.holder_code


@dataclass(frozen=True, slots=True)
class Content:
    """What one version says and where its files are."""

    licence: Licence
    data: dict[str, str] = field(repr=False)
    code_text: str = field(repr=False)
    suites: tuple[str, ...]
    pdf_key: str
    pdf_sm3: str
    ofd_key: str
    ofd_sm3: str


def holder_blind(room: LicenceRoom, code: str) -> str:
    return room.ground.cipher.blind("licence", "holder_code", code)


def scope(
    room: LicenceRoom, principal: Principal, permission: Permission = Permission.LICENCE_READ
) -> ColumnElement[bool]:
    """Whose licences `principal` may reach: a department its own; a citizen, to read, those under their own number."""
    if principal.kind is Kind.SYSTEM:
        return true()
    if principal.kind is Kind.CITIZEN and permission is Permission.LICENCE_READ:
        principal.require(Permission.LICENCE_OWN)
        code = room.holders.holder_code(principal.person_id) if principal.person_id else None
        return LicenceRow.holder_index == holder_blind(room, code) if code else false()
    principal.require(permission)
    return LicenceRow.department == department_of(principal)


def department_of(principal: Principal) -> str:
    if not principal.department:
        raise Forbidden(
            "licence.no_department",
            Text(
                "当前账号没有所属部门，不能办理证照业务。", "This account belongs to no department and cannot do this."
            ),
        )
    return principal.department


def readable(session: Session, room: LicenceRoom, principal: Principal, licence_id: UUID) -> LicenceRow:
    """The row, for somebody who may see it; anybody else is told there is none."""
    query = select(LicenceRow).where(LicenceRow.id == licence_id, scope(room, principal))
    return _found(room, session.scalars(query).one_or_none())


def revocable(session: Session, room: LicenceRoom, principal: Principal, licence_id: UUID) -> LicenceRow:
    """The row, locked, for somebody of its department who may revoke."""
    mine = scope(room, principal, Permission.LICENCE_REVOKE)
    query = select(LicenceRow).where(LicenceRow.id == licence_id, mine).with_for_update()
    return _found(room, session.scalars(query).one_or_none())


def _found(room: LicenceRoom, row: LicenceRow | None) -> LicenceRow:
    if row is None:
        raise no_such_licence()
    integrity.check(room.ground.mac, row)
    return row


def view(room: LicenceRoom, row: LicenceRow) -> Licence:
    """Check the row's MAC and open its sealed columns; raises `Damaged`, never shows an altered row."""
    integrity.check(room.ground.mac, row)

    def opened(column: str, sealed: str) -> str:
        return room.ground.cipher.decrypt("licence", column, row.id, sealed)

    return Licence(
        id=row.id,
        type_slug=row.type_slug,
        identifier=row.identifier,
        number=opened("number", row.number_sealed),
        holder_name=opened("holder_name", row.holder_name_sealed),
        holder_code=opened("holder_code", row.holder_code_sealed),
        natural_person=row.natural_person,
        department=row.department,
        department_name=row.department_name,
        state=state_of(row, today(room.ground.clock)),
        issued_on=row.issued_on,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        revoked_at=row.revoked_at,
        revocation=row.revocation,
        status_index=row.status_index,
        version=row.version,
        created_at=row.created_at,
    )


def content(session: Session, room: LicenceRoom, row: LicenceRow) -> Content:
    """The current version of a licence, its data opened."""
    current = LicenceVersionRow.licence_id == row.id, LicenceVersionRow.version == row.version
    version = session.scalars(select(LicenceVersionRow).where(*current)).one_or_none()
    if version is None:
        raise integrity.damaged(row)
    integrity.check(room.ground.mac, version)
    cipher = room.ground.cipher
    data: dict[str, Any] = json.loads(cipher.decrypt("licence_version", "data", version.id, version.data_sealed))
    return Content(
        licence=view(room, row),
        data=data,
        code_text=cipher.decrypt("licence_version", "code", version.id, version.code_sealed),
        suites=tuple(version.suites.split(",")),
        pdf_key=version.pdf_key,
        pdf_sm3=version.pdf_sm3,
        ofd_key=version.ofd_key,
        ofd_sm3=version.ofd_sm3,
    )

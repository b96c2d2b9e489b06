"""Which department may issue which type of licence (证照颁发授权). Nothing is issued on a permission alone."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.errors import InvalidInput
from foundation.principal import Principal
from foundation.text import Text
from licence import integrity
from licence.catalogue import licence_type
from licence.errors import not_authorised
from licence.models import LicenceAuthority
from licence.room import LicenceRoom


def authorise(room: LicenceRoom, principal: Principal, *, slug: str, department: str, department_name: str) -> None:
    """Let `department` issue licences of a type under its printed name; again with the same name changes nothing."""
    ground = room.ground
    slug = licence_type(slug).slug
    with ground.db.begin() as session:
        row = session.get(LicenceAuthority, (slug, department), with_for_update=True)
        if row is not None:
            integrity.check(ground.mac, row)
            if row.withdrawn_at is None and row.department_name == department_name:
                return
        else:
            row = LicenceAuthority(type_slug=slug, department=department)
            session.add(row)
        row.department_name, row.granted_at, row.withdrawn_at = department_name, ground.clock.now(), None
        integrity.protect(ground.mac, row)
        ground.audit.record(
            session,
            principal,
            action="licence.authorise",
            object=f"licence-type:{slug}",
            payload={"department": department, "name": department_name},
        )


def withdraw(room: LicenceRoom, principal: Principal, *, slug: str, department: str) -> None:
    """Take the authority back; licences already issued stand."""
    ground = room.ground
    with ground.db.begin() as session:
        row = session.get(LicenceAuthority, (slug, department), with_for_update=True)
        if row is None or row.withdrawn_at is not None:
            return
        integrity.check(ground.mac, row)
        row.withdrawn_at = ground.clock.now()
        integrity.protect(ground.mac, row)
        ground.audit.record(
            session,
            principal,
            action="licence.authority_withdraw",
            object=f"licence-type:{slug}",
            payload={"department": department},
        )


def only_department(room: LicenceRoom, slug: str) -> str:
    """The one department that may issue this type; with several, somebody has to say which."""
    query = select(LicenceAuthority.department).where(
        LicenceAuthority.type_slug == licence_type(slug).slug, LicenceAuthority.withdrawn_at.is_(None)
    )
    with room.ground.db.read() as session:
        found = list(session.scalars(query))
    if len(found) != 1:
        raise InvalidInput(
            "licence.which_department",
            Text(
                f"可颁发此类证照的部门有 {len(found)} 个，请用 --department 指定。",
                f"{len(found)} departments may issue this type. Say which with --department.",
            ),
        )
    return found[0]


def require(session: Session, room: LicenceRoom, slug: str, department: str) -> str:
    """The printed name of a department that may issue this type; `Forbidden` for any other."""
    row = session.get(LicenceAuthority, (slug, department))
    if row is None or row.withdrawn_at is not None:
        raise not_authorised(slug)
    integrity.check(room.ground.mac, row)
    return row.department_name


def types_of(room: LicenceRoom, department: str) -> list[str]:
    """Slugs a department may issue, for the console."""
    mine = LicenceAuthority.department == department, LicenceAuthority.withdrawn_at.is_(None)
    with room.ground.db.read() as session:
        return sorted(session.scalars(select(LicenceAuthority.type_slug).where(*mine)))

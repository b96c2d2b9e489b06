"""Officials (行政人员): which person acts for which department, in which role. Roles are sets of permissions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from foundation.errors import Conflict, InvalidInput
from foundation.ground import Ground
from foundation.numbers import is_uscc
from foundation.principal import Permission, Principal
from foundation.text import Text
from sso.errors import no_such
from sso.models import Official, Person
from sso.people import label
from sso.revocation import end_everything

P = Permission
ROLES: Mapping[str, frozenset[Permission]] = MappingProxyType(
    {
        "licence-clerk": frozenset({P.LICENCE_ISSUE, P.LICENCE_READ, P.SEAL_READ}),  # 证照经办
        "licence-manager": frozenset({P.LICENCE_ISSUE, P.LICENCE_READ, P.LICENCE_REVOKE, P.SEAL_READ}),  # 证照主管
        "seal-keeper": frozenset({P.SEAL_STAMP, P.SEAL_READ}),  # 印章保管
        "seal-maker": frozenset({P.SEAL_MAKE, P.SEAL_READ}),  # 制章
        "seal-clerk": frozenset({P.SEAL_APPLY, P.SEAL_READ}),  # 印章经办
        "seal-approver": frozenset({P.SEAL_APPROVE, P.SEAL_READ}),  # 印章审批
        "seal-owner": frozenset({P.SEAL_POLICY, P.SEAL_READ}),  # 印章管理人
        "use-approver": frozenset({P.SEAL_CONSENT}),  # 用章审批
        "seal-registrar": frozenset({P.SEAL_FILE, P.SEAL_READ}),  # 印章备案
        "trust-clerk": frozenset({P.TRUST_PROPOSE}),  # 区域互认经办
        "trust-approver": frozenset({P.TRUST_APPROVE}),  # 区域互认审批
        "window": frozenset({P.WINDOW_CHECK}),  # 窗口
        "ca-operator": frozenset({P.CA_READ, P.CA_ISSUE, P.CA_REVOKE}),  # 证书管理
        "registrar": frozenset({P.RA_APPLY, P.CA_READ}),  # 本部门证书经办
        "ra-officer": frozenset({P.RA_REVIEW, P.CA_READ}),  # 注册审核员
        "ra-approver": frozenset({P.RA_APPROVE, P.CA_READ}),  # 注册复审员
        "key-custodian": frozenset({P.KEY_READ, P.KEY_REQUEST, P.KEY_APPROVE}),  # 密钥管理
        "km-operator": frozenset({P.KM_READ, P.KM_OPERATE}),  # 密钥管理中心经办
        "km-approver": frozenset({P.KM_READ, P.KM_APPROVE}),  # 密钥恢复审批
        "km-auditor": frozenset({P.KM_READ}),  # 密钥管理审计
        "administrator": frozenset({P.ADMIN_READ, P.CA_READ, P.SEAL_READ}),  # 系统管理
        "auditor": frozenset({P.AUDIT_READ}),  # 审计
    }
)
ALONE = frozenset({"auditor"})
"""GB/T 22239-2019 8.1.5: who audits does nothing else."""


def add_official(ground: Ground, principal: Principal, person_id: UUID, department: str, role: str) -> UUID:
    """Give a person a role in a department. One account serves one department, and an auditor is nothing else."""
    if role not in ROLES:
        raise InvalidInput("sso.role", Text(f"没有“{role}”这个角色。", f"There is no role {role}."))
    if not is_uscc(department):
        raise InvalidInput("sso.department", Text("统一社会信用代码不正确。", "This is no unified social credit code."))
    official_id = ground.ids.uuid7()
    with ground.db.begin() as session:
        person = session.scalar(select(Person).where(Person.id == person_id).with_for_update())
        if person is None:
            raise no_such("人员", "person")
        _check_fits(_live(session, person_id), department, role)
        session.add(
            Official(
                id=official_id,
                person_id=person_id,
                department=department,
                role=role,
                created_at=ground.clock.now(),
                ended_at=None,
            )
        )
        payload = {"person": str(person_id), "department": department, "role": role}
        ground.audit.record(
            session, principal, action="sso.add_official", object=f"official:{official_id}", payload=payload
        )
    return official_id


def end_official(ground: Ground, principal: Principal, official_id: UUID) -> None:
    """The role ends now, and the person's sessions with it."""
    with ground.db.begin() as session:
        person_id = session.scalar(
            update(Official)
            .where(Official.id == official_id, Official.ended_at.is_(None))
            .values(ended_at=ground.clock.now())
            .returning(Official.person_id)
        )
        if person_id is None:
            raise no_such("任职", "appointment")
        end_everything(ground, session, person_id, label(person_id))
        ground.audit.record(session, principal, action="sso.end_official", object=f"official:{official_id}", payload={})


def standing(session: Session, person_id: UUID) -> tuple[str | None, frozenset[Permission]]:
    """Department and permissions of a person's live roles; `(None, {})` for a citizen."""
    rows = _live(session, person_id)
    permissions = frozenset[Permission]().union(*(ROLES.get(row.role, frozenset()) for row in rows))
    return (rows[0].department if rows else None), permissions


def _live(session: Session, person_id: UUID) -> list[Official]:
    return list(session.scalars(select(Official).where(Official.person_id == person_id, Official.ended_at.is_(None))))


def _check_fits(present: list[Official], department: str, role: str) -> None:
    if any(row.department != department for row in present):
        raise _conflict(
            "此人已在另一部门任职，请先结束原任职。", "This person serves another department; end that first."
        )
    if any(row.role == role for row in present):
        raise _conflict("此人已有该角色。", "This person has the role already.")
    if present and (role in ALONE or any(row.role in ALONE for row in present)):
        raise _conflict("审计角色不得与其他角色兼任。", "The auditor's role cannot be held with another.")


def _conflict(zh: str, en: str) -> Conflict:
    return Conflict("sso.official", Text(zh, en))

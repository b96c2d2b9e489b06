"""Who is calling (访问主体), and what for. It lives here so that no room imports `sso` to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from foundation.errors import Forbidden, Unauthenticated
from foundation.text import Text


class Permission(StrEnum):
    """What a principal may do. Client scopes use the same words, so one list serves people and programs."""

    LICENCE_ISSUE = "licence:issue"
    LICENCE_READ = "licence:read"
    LICENCE_REVOKE = "licence:revoke"
    LICENCE_OWN = "licence:own"
    """A citizen's own licences; never implies anyone else's."""
    SEAL_STAMP = "seal:stamp"
    SEAL_READ = "seal:read"
    SEAL_MAKE = "seal:make"
    """Making what others approved, and nothing else (制章)."""
    SEAL_APPLY = "seal:apply"
    """Applying for one's own department's seals, and keeping them (印章经办)."""
    SEAL_APPROVE = "seal:approve"
    """Deciding on applications for seals; never on one's own (印章审批)."""
    SEAL_POLICY = "seal:policy"
    """Setting the rules of use of a department's seals; one person proposes, another agrees (双人控制)."""
    SEAL_CONSENT = "seal:consent"
    """Approving single uses of a seal, with one's own certificate (用章审批)."""
    SEAL_FILE = "seal:file"
    """Filing seals that were made, and issuing them (印章备案)."""
    CA_READ = "ca:read"
    CA_ISSUE = "ca:issue"
    CA_REVOKE = "ca:revoke"
    KEY_READ = "key:read"
    KEY_REQUEST = "key:request"
    KEY_APPROVE = "key:approve"
    """Approving what somebody else asked for; one's own request never (双人控制)."""
    RA_APPLY = "ra:apply"
    """Applying for certificates on behalf of one's department."""
    RA_REVIEW = "ra:review"
    RA_APPROVE = "ra:approve"
    """Agreeing as the second person; never to one's own application (双人审批)."""
    KM_READ = "km:read"
    KM_OPERATE = "km:operate"
    KM_APPROVE = "km:approve"
    """Deciding on the recovery of escrowed keys (密钥恢复审批); not together with issuing certificates."""
    TRUST_PROPOSE = "trust:propose"
    """Proposing whom to believe of other regions, and taking in their signed lists (区域互认)."""
    TRUST_APPROVE = "trust:approve"
    """Agreeing to it as the second person."""
    WINDOW_CHECK = "window:check"
    AUDIT_READ = "audit:read"
    ADMIN_READ = "admin:read"


class Kind(StrEnum):
    ANONYMOUS = "anonymous"
    CITIZEN = "citizen"
    OFFICIAL = "official"
    CLIENT = "client"
    """A department's program."""
    SYSTEM = "system"
    """Yinxin itself: jobs, recovery, the CLI on the host."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of one request or job. No personal data: `label` is for audit (`client:scjgj`, `person:<id>`)."""

    kind: Kind
    label: str
    permissions: frozenset[Permission] = field(default_factory=frozenset)
    department: str | None = None
    """USCC (统一社会信用代码) of the department the caller acts for; None for citizens."""
    person_id: UUID | None = None
    client_id: str | None = None
    session_id: str | None = None

    @property
    def anonymous(self) -> bool:
        return self.kind is Kind.ANONYMOUS

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise unless the caller holds `permission`."""
        if self.anonymous:
            raise Unauthenticated(
                "auth.required",
                Text("此操作需要登录，请登录后再试。", "This needs a login. Log in and try again."),
            )
        if permission not in self.permissions:
            raise Forbidden(
                "auth.permission",
                Text(
                    f"您的账号没有“{permission.value}”权限，请联系本单位管理员开通。",
                    f"Your account lacks the permission {permission.value}. Ask your administrator for it.",
                ),
            )


ANONYMOUS = Principal(Kind.ANONYMOUS, "anonymous")
SYSTEM = Principal(Kind.SYSTEM, "system", permissions=frozenset(Permission))

"""Scopes (授权范围): what a person is asked to share, and what a department's program may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from foundation.principal import Permission
from foundation.text import Text

OPENID = "openid"
IDENTITY = "identity"
"""The citizen number. Given only after the person agreed, first-party or not (PIPL 29: separate consent)."""

PERSON_SCOPES: Mapping[str, Text] = MappingProxyType(
    {
        "openid": Text("确认是您本人登录", "Confirm that it is you"),
        "profile": Text("您的姓名", "Your name"),
        "phone": Text("您的手机号码", "Your mobile number"),
        "identity": Text("您的身份证号码（敏感个人信息）", "Your citizen number (sensitive personal information)"),
    }
)
CLAIMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "openid": ("sub",),
        "profile": ("name",),
        "phone": ("phone_number", "phone_number_verified"),
        "identity": ("citizen_number",),
    }
)
_OF_PEOPLE = frozenset(
    {
        Permission.LICENCE_OWN,
        Permission.KEY_REQUEST,
        Permission.KEY_APPROVE,
        Permission.KM_READ,
        Permission.KM_OPERATE,
        Permission.KM_APPROVE,
        Permission.RA_REVIEW,
        Permission.RA_APPROVE,
        Permission.SEAL_POLICY,
        Permission.SEAL_APPROVE,
        Permission.SEAL_CONSENT,
        Permission.TRUST_PROPOSE,
        Permission.TRUST_APPROVE,
    }
)
"""A citizen's own licences are a citizen's alone; no program asks for or approves an operation on a key, or judges an
application."""
PROGRAM_SCOPES = frozenset(permission.value for permission in Permission if permission not in _OF_PEOPLE)
"""The other words of `Permission`."""


def split(value: str) -> tuple[str, ...]:
    """A `scope` parameter as a set in a stable order (RFC 6749 3.3)."""
    return tuple(sorted(set(value.split(" ")) - {""}))


def join(scopes: Iterable[str]) -> str:
    return " ".join(sorted(scopes))


def permissions(scopes: Iterable[str]) -> frozenset[Permission]:
    return frozenset(Permission(scope) for scope in scopes if scope in PROGRAM_SCOPES)

"""Errors several verbs of this room raise."""

from __future__ import annotations

from foundation.errors import Conflict, Forbidden, InvalidInput, NotFound
from foundation.text import Text


def no_such_licence() -> NotFound:
    """Also for a licence of another department or person: whether it exists is not told (facts/security T26)."""
    return NotFound(
        "licence.not_found",
        Text(
            "没有找到该证照，请核对标识。", "There is no such licence, or it is not yours to see. Check the identifier."
        ),
    )


def not_authorised(slug: str) -> Forbidden:
    return Forbidden(
        "licence.type_not_authorised",
        Text(
            f"本部门未获授权颁发该类证照（{slug}），请联系平台管理员。",
            f"Your department may not issue licences of type {slug}. Ask the platform's administrator.",
        ),
    )


def key_reused() -> Conflict:
    return Conflict(
        "licence.request_key_reused",
        Text(
            "该请求编号已用于另一份内容不同的签发请求，请使用新的请求编号。",
            "This request key was used for a request with other content. Use a new key.",
        ),
    )


def undone(reason: str) -> Conflict:
    return Conflict(
        "licence.undone",
        Text(
            f"该签发请求未能完成并已撤销（{reason}），证照未生效，请处理后重新提交。",
            f"This request could not be finished and was undone ({reason}). No licence came of it; submit it again.",
        ),
    )


def bad_suites() -> InvalidInput:
    return InvalidInput(
        "licence.suites",
        Text("签章算法须为 sm2、rsa 或 sm2,rsa。", "The suites are sm2, rsa, or sm2 followed by rsa."),
    )

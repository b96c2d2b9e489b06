"""Errors of the login pages and of the protocol (错误). Protocol bodies follow RFC 6749 4.1.2.1 and 5.2."""

from __future__ import annotations

from foundation.errors import Forbidden, InvalidInput, NotFound, YinxinError
from foundation.text import Text


class OAuthError(YinxinError):
    """An answer to a program: `error` is a registered code, `description` plain ASCII without quotes (RFC 6749 5.2)."""

    kind = "invalid-input"

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(f"oauth.{error}", Text(f"接口调用错误：{description}", description))
        self.error = error
        self.description = description
        self.status = status

    def body(self) -> dict[str, str]:
        return {"error": self.error, "error_description": self.description}


class RedirectError(OAuthError):
    """An error of the authorisation endpoint that goes back to the client, whose redirect URI is already proved."""


class PageError(YinxinError):
    """An error shown to the person, because nobody it could be sent to is proved yet (RFC 9700 4.11.2)."""

    kind = "invalid-input"


class BadToken(InvalidInput):
    """A JWT that is not one of ours, or not made by the key it claims."""

    def __init__(self, why: str) -> None:
        super().__init__("sso.token", Text(f"令牌无效：{why}", f"The token is not valid: {why}"))
        self.why = why


class LoginRefused(InvalidInput):
    """Wrong name, wrong password or no such account: one text for all (T2)."""

    def __init__(self) -> None:
        super().__init__(
            "sso.login_refused",
            Text(
                "账号或密码不正确。请核对后再试；忘记密码请携带身份证到就近政务服务大厅重置。",
                "The account or the password is not right. Check both and try again; to reset a password, take your "
                "identity card to the nearest government service hall.",
            ),
        )


class CodeRefused(InvalidInput):
    def __init__(self, left: int) -> None:
        super().__init__(
            "sso.code_refused",
            Text(
                f"短信验证码不正确，还可以再试 {left} 次。请核对最近一条短信。",
                f"The SMS code is not right. You have {left} more tries; look at the newest message.",
            ),
        )
        self.left = left


class CodeGone(InvalidInput):
    """Expired, spent or tried too often: the person starts again."""

    def __init__(self) -> None:
        super().__init__(
            "sso.code_gone",
            Text(
                "这条短信验证码已失效（超过有效时间、已使用过或输错次数过多）。请重新登录获取新的验证码。",
                "This SMS code no longer works: it is too old, was used, or was mistyped too often. Log in again."
                " to get a new one.",
            ),
        )


def no_such(what_zh: str, what_en: str) -> NotFound:
    return NotFound("sso.not_found", Text(f"没有找到该{what_zh}。", f"There is no such {what_en}."))


def not_yours() -> Forbidden:
    return Forbidden("sso.not_for_you", Text("此操作只对登录的个人开放。", "This is open to a logged-in person only."))

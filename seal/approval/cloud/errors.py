"""Errors of cloud keys (云签名错误)."""

from __future__ import annotations

from foundation.errors import Conflict, Forbidden, InvalidInput, NotFound
from foundation.text import Text


class NotAPerson(Forbidden):
    """A program has no phone and no key of this kind."""

    def __init__(self) -> None:
        super().__init__(
            "seal.cloud_person",
            Text("云签名只供登录的行政人员使用，请本人登录后操作。", "Cloud keys are for officials. Log in yourself."),
        )


class KeyUnknown(NotFound):
    def __init__(self) -> None:
        super().__init__(
            "seal.cloud_key_unknown",
            Text("没有可用的云签名密钥，请先申请开通。", "There is no such cloud key. Ask for one first."),
        )


class KeyTaken(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "seal.cloud_key_taken",
            Text(
                "您已有云签名密钥或待批申请，请先吊销原密钥。",
                "You have a cloud key or asked for one. Revoke it first.",
            ),
        )


class KeyNotNow(Conflict):
    def __init__(self, state: str) -> None:
        super().__init__(
            f"seal.cloud_key_{state}",
            Text(f"云签名密钥的状态为 {state}，不能这样操作。", f"The cloud key is {state}; this cannot be done now."),
        )


class OwnKey(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "seal.cloud_own_key",
            Text("不能批准自己的申请，请由另一人办理。", "Nobody agrees to their own key. Ask somebody else."),
        )


class CodeGone(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "seal.cloud_code_gone",
            Text("验证码已失效或与本次审批不符，请重新获取。", "The code is used up, too old or for another decision."),
        )


class CodeWrong(InvalidInput):
    def __init__(self, left: int) -> None:
        super().__init__(
            "seal.cloud_code_wrong",
            Text(f"验证码不正确，还可再试 {left} 次。", f"The code is wrong; {left} more tries."),
        )

"""Errors of the escrow (密钥库错误)."""

from __future__ import annotations

from foundation.errors import Conflict, Forbidden, InvalidInput, NotFound
from foundation.text import Text
from hsm.escrow.shapes import Form, GrantState


class EscrowedKeyMissing(NotFound):
    def __init__(self) -> None:
        super().__init__(
            "escrow.key_missing", Text("密钥库中没有该加密密钥。", "The escrow holds no such encryption key.")
        )


class NotEscrowed(Conflict):
    """An encryption certificate is made only for a key we hold (GM/T 0034: 双证书)."""

    def __init__(self) -> None:
        super().__init__(
            "escrow.not_escrowed",
            Text(
                "该公钥不在密钥库中，不能签发加密证书。请通过双证书申请由密钥管理中心产生加密密钥。",
                "The escrow does not hold this key, so it gets no encryption certificate. Apply for a pair instead.",
            ),
        )


class AllotmentTaken(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "escrow.request_key_taken",
            Text(
                "该请求编号已用于另一次密钥分配，请更换编号。",
                "This request key belongs to another allotment. Use a new one.",
            ),
        )


class FormUnfit(InvalidInput):
    def __init__(self, form: Form) -> None:
        super().__init__(
            "escrow.form",
            Text(
                f"格式“{form}”不适用于该密钥或接收方，请改用 enveloped-data。",
                f"The form {form} does not fit this key or recipient. Ask for enveloped-data.",
            ),
        )


class GrantMissing(NotFound):
    def __init__(self) -> None:
        super().__init__("escrow.grant_missing", Text("没有该恢复申请。", "There is no such recovery request."))


class GrantClosed(Conflict):
    _SAYS = {  # noqa: RUF012 - constant texts
        GrantState.WAITING: Text("批准人数尚未达到要求", "not enough people have approved it"),
        GrantState.APPROVED: Text("申请已批准", "it is approved already"),
        GrantState.REFUSED: Text("申请已被驳回", "it was refused"),
        GrantState.WITHDRAWN: Text("申请已撤回", "it was withdrawn"),
        GrantState.EXPIRED: Text("申请或批准已过期，请重新申请", "the request or its approvals ran out; ask anew"),
        GrantState.RELEASED: Text("密钥已交付", "the keys were handed over"),
    }

    def __init__(self, state: GrantState) -> None:
        text = self._SAYS[state]
        super().__init__(
            f"escrow.grant_{state}",
            Text(f"不能执行：{text.zh}。", f"This cannot be done: {text.en}."),
        )
        self.state = state


class NotYours(Forbidden):
    """The requester never approves, nobody approves twice, and only people do."""

    def __init__(self, why: str, text: Text) -> None:
        super().__init__(f"escrow.{why}", text)


class OtherStatement(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "escrow.other_statement",
            Text(
                "您批准的内容与当前申请不一致，请刷新后重新核对。",
                "What you approved is not what is asked for now. Read it again.",
            ),
        )

"""Errors of key life (密钥生命周期错误)."""

from __future__ import annotations

from foundation.errors import Conflict, Forbidden, InvalidInput, NotFound
from foundation.text import Text


class RequestUnknown(NotFound):
    def __init__(self) -> None:
        super().__init__("hsm.request_unknown", Text("没有这份密钥操作申请。", "There is no such key request."))


class RequestClosed(Conflict):
    """Done, refused, expired, or not yet approved: `state` says which."""

    def __init__(self, state: str) -> None:
        super().__init__(
            "hsm.request_closed",
            Text(
                f"该申请目前的状态是“{state}”，不能进行此操作。需要时请重新申请。",
                f"This request is {state}, so this cannot be done now. Ask again if it is still needed.",
            ),
        )
        self.state = state


class OwnRequest(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            "hsm.own_request",
            Text(
                "不能审批自己提出的申请，也不能以另一账号代为审批，请由另一人处理。",
                "Nobody approves their own request, from whatever account. Ask another person.",
            ),
        )


class ApprovedTwice(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "hsm.approved_twice",
            Text(
                "您已经审批过这份申请，需要另一人审批。", "You have judged this request already; another person must."
            ),
        )


class OtherDigest(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "hsm.other_digest",
            Text(
                "您核对的摘要与申请内容不一致，请重新查看申请后再审批。",
                "The digest you looked at is not that of the request. Read the request again before you judge it.",
            ),
        )


class NotAPerson(Forbidden):
    """Programs and the system itself take no part in dual control."""

    def __init__(self) -> None:
        super().__init__(
            "hsm.person_needed",
            Text(
                "密钥操作须由实名的工作人员提出和审批，请登录个人账号。",
                "Key operations are asked for and approved by people under their own account. Log in.",
            ),
        )


class DualControlNeeded(Forbidden):
    def __init__(self, name: str) -> None:
        super().__init__(
            "hsm.dual_control",
            Text(
                f"CA 密钥 {name} 不得由系统自行生成（keys.dual_control）。请举行密钥仪式（yinxin ceremony），"
                f"或由一人申请、另一人审批后执行（yinxin hsm request generate）。",
                f"The CA key {name} may not be made by the system alone (keys.dual_control). Hold a ceremony"
                f" (yinxin ceremony), or let one person ask and another approve (yinxin hsm request generate).",
            ),
        )


class WrongState(Conflict):
    def __init__(self, key: str, state: str, wanted: str) -> None:
        super().__init__(
            "hsm.key_state",
            Text(
                f"密钥 {key} 的状态是“{state}”，此操作要求“{wanted}”。",
                f"The key {key} is {state}; this needs one that is {wanted}.",
            ),
        )


class OtherKey(Conflict):
    """What is in the file is not the key that was approved, or not the key of that name."""

    def __init__(self, why_zh: str, why_en: str) -> None:
        super().__init__("hsm.other_key", Text(f"密钥未恢复：{why_zh}。", f"The key was not restored: {why_en}."))


class BadOrder(InvalidInput):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__("hsm.order", Text(zh, en))


class InDevice(Conflict):
    def __init__(self, backend: str) -> None:
        super().__init__(
            "hsm.in_device",
            Text(
                f"该密钥在密码设备（{backend}）内，不能导出，请使用设备自带的备份功能。",
                f"The key is inside a device ({backend}) and does not leave it; use the device's own backup.",
            ),
        )

"""Errors of seal management (印章管理错误): what happened, and what to do next."""

from __future__ import annotations

from foundation.errors import Conflict, Damaged, Forbidden, InvalidInput, NotFound
from foundation.text import Text


class FileUnknown(NotFound):
    """Also for another department's: whether it exists is not told (T26)."""

    def __init__(self) -> None:
        super().__init__(
            "seal.file_unknown",
            Text(
                "没有找到这份印章档案，或它不属于您的单位。",
                "There is no such seal file, or it is not your department's.",
            ),
        )


class NotNow(Conflict):
    def __init__(self, step: Text, state: Text) -> None:
        super().__init__(
            "seal.not_now",
            Text(
                f"印章当前状态为“{state.zh}”，不能{step.zh}。请刷新后再办理。",
                f"The seal is {state.en}, so this step ({step.en}) is not possible. Reload before you go on.",
            ),
        )


class OwnApplication(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            "seal.own_application",
            Text(
                "不能审批或办理本人经手的申请，请由另一人办理。",
                "Nobody decides on what he applied for or did himself. Ask another person to do this step.",
            ),
        )


class PersonsOnly(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            "seal.persons_only",
            Text("审批须由登录的工作人员本人办理。", "This is decided by a person who is logged in, not by a program."),
        )


class ReasonNeeded(InvalidInput):
    def __init__(self, step: Text, codes: list[str], *, worded: bool) -> None:
        zh = f"{step.zh}须选择原因（{'、'.join(codes)}）"
        en = f"This step ({step.en}) needs one of the reasons {', '.join(codes)}"
        super().__init__(
            "seal.reason_needed",
            Text(zh + ("，并填写说明。" if worded else "。"), en + (", and a sentence about it." if worded else ".")),
        )


class NotApproved(Damaged):
    """The file says it is approved, and is not: someone wrote into the database."""

    def __init__(self) -> None:
        super().__init__(
            "seal.approval_damaged",
            Text(
                "印章档案与其审批记录不符，已停止办理。请审计人员核查。",
                "The file of this seal does not fit its approval; nothing was done. Have it audited.",
            ),
        )


class RegionFull(Conflict):
    def __init__(self, region: str) -> None:
        super().__init__(
            "seal.codes_exhausted",
            Text(f"区划 {region} 的印章编码已用完。", f"The seal codes of region {region} are used up."),
        )


class KeysRemain(Conflict):
    def __init__(self, names: list[str]) -> None:
        listed = ", ".join(names)
        super().__init__(
            "seal.keys_remain",
            Text(
                f"以下密钥尚未销毁：{listed}。请按密钥管理的双人程序销毁后再办理。",
                f"These keys are not destroyed yet: {listed}. Have them destroyed under dual control, then try again.",
            ),
        )


class DirectNotHere(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            "seal.direct_making",
            Text(
                "正式环境中印章须经申请、审批、制作、备案、发放，请从“印章申请”办理。",
                "In production a seal is applied for, approved, made, filed and issued by different people. "
                "Start with an application.",
            ),
        )


class NoSuchChange(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "seal.change_impossible",
            Text(
                "只能变更本单位在用或停用的印章，且同时只能有一份变更申请。",
                "Only a seal in use or suspended can be changed, and by one application at a time.",
            ),
        )


class TokenWanted(Conflict):
    def __init__(self, *, wanted: bool) -> None:
        text = (
            Text(
                "该印章由 UKey 保管，制作时须提供 UKey 的证书请求。",
                "This seal is kept on a UKey: give the UKey's certificate request when making it.",
            )
            if wanted
            else Text(
                "该印章批准为云端保管，不能制作到 UKey。",
                "This seal was approved for keeping in the cloud; it is not made for a UKey.",
            )
        )
        super().__init__("seal.custody", text)

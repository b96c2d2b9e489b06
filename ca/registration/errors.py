"""Errors of registration (注册审核错误)."""

from __future__ import annotations

from foundation.errors import Conflict, Forbidden, InvalidInput, NotFound
from foundation.text import Text


class RegistrationUnknown(NotFound):
    """Also the answer for somebody else's application (T26)."""

    def __init__(self) -> None:
        super().__init__("ca.registration.unknown", Text("没有找到该申请。", "There is no such application."))


class NotNow(Conflict):
    """The step does not go from the state the application is in."""

    def __init__(self, step: Text, state: Text) -> None:
        super().__init__(
            "ca.registration.state",
            Text(
                f"申请当前为“{state.zh}”，不能{step.zh}。请刷新后查看可以进行的操作。",
                f"The application is {state.en}; it cannot take the step “{step.en}”. Reload it to see what it can.",
            ),
        )


class Changed(Conflict):
    """What the reviewer looked at is not what stands there now."""

    def __init__(self) -> None:
        super().__init__(
            "ca.registration.changed",
            Text(
                "申请内容在您查看之后有改动，请重新查看后再审核。",
                "The application changed after you looked at it. Look at it again before you decide.",
            ),
        )


class OwnRequest(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            "ca.registration.own",
            Text(
                "不能审核本人提交、修改或本人为持有者的申请，请由其他人员审核。",
                "Nobody may decide on an application that he filed, changed, or is the holder of. Ask a colleague.",
            ),
        )


class SamePerson(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            "ca.registration.same_person",
            Text(
                "初审与复审须由不同人员完成，请由另一位审核员批准。",
                "Review and approval are two persons' work. Another officer must approve.",
            ),
        )


class PersonsOnly(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            "ca.registration.persons_only",
            Text("审核须由登录的工作人员本人进行。", "Only a person who is logged in may decide on an application."),
        )


class AskersOnly(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            "ca.registration.askers_only",
            Text(
                "只有申请人、持有者或其所属单位可以进行此操作。",
                "Only the applicant, the holder or their organisation may do this.",
            ),
        )


class ReasonMissing(InvalidInput):
    def __init__(self) -> None:
        super().__init__("ca.registration.reason", Text("请填写原因。", "Say why."))


class CodeRefused(Forbidden):
    """One answer for every cause, so that trying teaches nothing."""

    def __init__(self) -> None:
        super().__init__(
            "ca.registration.code",
            Text(
                "领取码不正确、已使用或已过期。请核对，或请申请人重新获取领取码。",
                "The collection code is wrong, used or expired. Check it, or have a new one made.",
            ),
        )

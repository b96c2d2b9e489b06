"""Errors of approving (用章审批错误)."""

from __future__ import annotations

from uuid import UUID

from foundation.errors import Conflict, NotFound
from foundation.text import Text


class Waiting(Conflict):
    """The order is on record and waits for its approvals; the same order again is carried out once they are there."""

    def __init__(self, order_id: UUID, case_id: UUID | None) -> None:
        super().__init__(
            "seal.waiting",
            Text(
                f"用章申请 {case_id} 已登记，正在等待审批；审批通过后自动用章，凭同一编号可取回文件。",
                f"Case {case_id} is on record and waits for approval. It is stamped then; ask again with the same key.",
            ),
        )
        self.order_id = order_id
        self.case_id = case_id


class CaseEnded(Conflict):
    def __init__(self, state: str) -> None:
        super().__init__(
            f"seal.case_{state}",
            Text(
                f"该用章申请已结束（{state}），不能再用章或审批。如仍需用章，请重新申请。",
                f"This request is over ({state}); nothing is stamped under it. Order again with a new key if needed.",
            ),
        )


class CaseUnknown(NotFound):
    """Also for what waits for somebody else (T26)."""

    def __init__(self) -> None:
        super().__init__("seal.case_unknown", Text("没有找到这项用章申请。", "There is no such request."))


class PolicyUnknown(NotFound):
    def __init__(self) -> None:
        super().__init__("seal.policy_unknown", Text("没有找到这项用章规则。", "There are no such rules."))


class OwnRequest(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "seal.own_request",
            Text("不能审批自己提出的申请，请由另一人审批。", "Nobody decides on their own request. Ask somebody else."),
        )


class DecidedAlready(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "seal.decided_already",
            Text("您或同一证书持有人已审批过这项申请。", "You, or the holder of the same identity, decided already."),
        )

"""Errors of batches (批量用章错误)."""

from __future__ import annotations

from foundation.errors import Conflict, NotFound
from foundation.text import Text


class BatchUnknown(NotFound):
    """Also for another department's (T26)."""

    def __init__(self) -> None:
        super().__init__("seal.batch_unknown", Text("没有找到这个批次或条目。", "There is no such batch or item."))


class NotNow(Conflict):
    def __init__(self, state: str) -> None:
        super().__init__(
            "seal.batch_state",
            Text(
                f"批次当前状态为 {state}，不能进行此操作。请刷新后再试。",
                f"The batch is {state}; this cannot be done now. Look again and try.",
            ),
        )


class BatchEmpty(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "seal.batch_empty",
            Text("批次中没有可用章的文件，请先上传。", "The batch holds no document to stamp. Add some first."),
        )

"""Errors of the exchange (印章交换错误)."""

from __future__ import annotations

from foundation.errors import Conflict, InvalidInput, NotFound
from foundation.text import Text


class NotASeal(InvalidInput):
    def __init__(self, why: str) -> None:
        super().__init__(
            "seal.not_a_seal",
            Text(
                f"文件不是可读的电子印章（SESeal）：{why}。请向印章制作单位索取 .esl 原文件。",
                f"The file is no readable electronic seal (SESeal): {why}. Ask its maker for the original .esl file.",
            ),
        )


class OwnSeal(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "seal.own",
            Text(
                "这是本平台制作的印章，无需作为外来印章导入。",
                "This seal was made here; it need not be imported as a foreign one.",
            ),
        )


class ForeignUnknown(NotFound):
    """Also for what another department imported."""

    def __init__(self) -> None:
        super().__init__(
            "seal.foreign_unknown",
            Text("没有找到这枚外来印章，或它不属于您的单位。", "There is no such foreign seal of your department."),
        )


class TooManyForeign(Conflict):
    def __init__(self, most: int) -> None:
        super().__init__(
            "seal.foreign_many",
            Text(
                f"本单位的外来印章已达 {most} 枚，不能再导入。请联系运维。",
                f"Your department keeps {most} foreign seals already. Ask operations.",
            ),
        )

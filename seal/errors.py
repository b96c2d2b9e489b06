"""Errors of the seal room (印章服务错误)."""

from __future__ import annotations

from foundation.errors import Conflict, Damaged, InvalidInput, NotFound
from foundation.text import Text


class SealUnknown(NotFound):
    """Also for a seal of another department: whether it exists is not told (T26)."""

    def __init__(self) -> None:
        super().__init__(
            "seal.unknown",
            Text("没有找到这枚印章，或它不属于您的单位。", "There is no such seal, or it is not your department's."),
        )


_STATES = {
    "recorded": Text("尚在制作", "it is still being made"),
    "made": Text("尚未启用", "it is not in use yet"),
    "suspended": Text("已停用", "it is suspended"),
    "revoked": Text("已注销", "it is revoked"),
    "destroyed": Text("已销毁", "it is destroyed"),
}


class SealNotInUse(Conflict):
    def __init__(self, state: str) -> None:
        why = _STATES.get(state, Text("没有有效期", "it has no period of validity"))
        super().__init__(
            "seal.not_in_use",
            Text(
                f"这枚印章现在不能使用：{why.zh}。请联系印章管理员。",
                f"This seal cannot be used now: {why.en}. Ask the seal administrator.",
            ),
        )


class SealExpired(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "seal.expired",
            Text(
                "这枚印章不在有效期内，请先换发印章。",
                "This seal is outside its validity. Have it made anew before stamping.",
            ),
        )


class SealOnToken(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "seal.on_token",
            Text(
                "这枚印章的密钥在持有人的 UKey 中，只能在持有人处用章，平台不能代为用章。",
                "The key of this seal is on its holder's token: only the holder can stamp with it, not this platform.",
            ),
        )


class CodeTaken(Conflict):
    def __init__(self, code: str) -> None:
        super().__init__(
            "seal.code_taken",
            Text(
                f"印章编码 {code} 已用于另一枚印章，请换一个编码。",
                f"The seal code {code} belongs to another seal. Use a different code.",
            ),
        )


class OrderTaken(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "seal.order_taken",
            Text(
                "这个用章编号已用于另一份文件或另一种用章方式，请换一个编号。",
                "This order key was used for other bytes or other terms. Use a new key for a new order.",
            ),
        )


class Swapped(Damaged):
    """The document to be signed is not the one that was approved (T16). Nothing was sealed."""

    def __init__(self, where: str) -> None:
        super().__init__(
            "seal.document_swapped",
            Text(
                "送签文件与已登记的文件不一致，已拒绝用章，请联系安全审计员。",
                f"The document is not the one on record ({where}); it was not sealed. Call the auditor.",
            ),
        )


class SealedDiffers(Damaged):
    """The result of our own signing does not stand up to comparing. Nothing was stored."""

    def __init__(self, what: str) -> None:
        super().__init__(
            "seal.compare_failed",
            Text(
                f"用章结果复核未通过（{what}），已中止，请联系运维。",
                f"The sealed file failed its comparison ({what}); nothing was stored. Call operations.",
            ),
        )


class BadPlace(InvalidInput):
    """A seal cut off at an edge looks like a riding seal's slice, and those are made otherwise."""

    def __init__(self, width: float, height: float, page: int = 1) -> None:
        super().__init__(
            "seal.bad_place",
            Text(
                f"印章须完整落在页面内（第 {page} 页为 {width:.0f} × {height:.0f} 毫米）。请调整位置。",
                f"The seal must lie wholly on the page (page {page} is {width:.0f} by {height:.0f} mm). Move it.",
            ),
        )


class MakerRefused(Conflict):
    """The maker's certificate does not stand up before making (GM/T 0031-2025); nothing was made."""

    def __init__(self, why: Text) -> None:
        super().__init__(
            "seal.maker_refused",
            Text(
                f"制章者证书未通过检查（{why.zh}），没有制作。请更换制章者证书后重试。",
                f"The maker's certificate did not pass its check ({why.en}); nothing was made. Replace it, then retry.",
            ),
        )

"""What stands in the middle of a seal (章心): the star, an emblem given by the customer, or nothing."""

from __future__ import annotations

from enum import StrEnum

from foundation.errors import InvalidInput
from foundation.text import Text


class Centre(StrEnum):
    STAR = "star"
    EMBLEM = "emblem"
    """国徽 and the like: licensed artwork comes as a file, Yinxin ships none."""
    BLANK = "blank"


def emblem_missing() -> InvalidInput:
    return InvalidInput(
        "seal.emblem_missing",
        Text(
            "此印章中央须刊徽图案。本系统不附带国徽图案，请由制发机关提供经授权的单色矢量文件（SVG 或路径），"
            "随制章申请上传或在配置 seal.emblem 中指定。",
            "This seal has an emblem in its middle. Yinxin ships none: upload the licensed one-colour artwork (SVG or "
            "a path list) with the request, or name its file in the setting seal.emblem.",
        ),
    )

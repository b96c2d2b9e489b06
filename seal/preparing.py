"""Preparing a seal (制章准备): what cannot be named, drawn or listed must fail before anything is on record."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from foundation import fonts
from foundation.errors import InvalidInput
from foundation.numbers import is_uscc
from foundation.text import Text
from seal.drawing import artwork_apart
from seal.drawing.centre import Centre
from seal.drawing.design import Design, draw
from seal.drawing.shapes import Drawing
from seal.orders import SealRequest
from seal.room import SealRoom
from seal.ses import CertificateList
from seal.tokens import TokenKey, check_token_key

_MOST_NAME = 60


@dataclass(frozen=True, slots=True)
class Prepared:
    """The request with everything it left open decided."""

    request: SealRequest
    design: Design
    drawing: Drawing
    ses_version: int
    cert_list: CertificateList
    token: TokenKey | None


def prepare(room: SealRoom, request: SealRequest) -> Prepared:
    _check_names(request)
    settings = room.ground.settings.seal
    design = with_emblem(room, request.design())
    drawing = draw(design)
    if request.token is not None:
        check_token_key(room, request.token, request.department_uscc, request.code14)
    return Prepared(
        request,
        design,
        drawing,
        request.ses_version or settings.ses_version,
        request.cert_list or CertificateList(settings.cert_list),
        request.token,
    )


def with_emblem(room: SealRoom, design: Design) -> Design:
    """The region's licensed emblem (setting `seal.emblem`) where the design wants one and brings none."""
    emblem = room.ground.settings.seal.emblem
    if design.middle is not Centre.EMBLEM or design.artwork is not None or emblem is None:
        return design
    try:
        data = emblem.read_bytes()
    except OSError as error:
        raise InvalidInput(
            "seal.emblem_unreadable",
            Text(
                "配置 seal.emblem 指定的徽图案文件无法读取，请联系运维核对路径与权限。",
                "The file named by the setting seal.emblem cannot be read. Ask operations to check path and rights.",
            ),
        ) from error
    return replace(design, artwork=artwork_apart.read(data))


def _check_names(request: SealRequest) -> None:
    if not re.fullmatch(r"[0-9]{14}", request.code14):
        raise InvalidInput(
            "seal.code",
            Text("印章编码须为 14 位数字（6 位区划 + 8 位序号）。", "A seal code has 14 digits: region 6, serial 8."),
        )
    if not is_uscc(request.department_uscc):
        raise InvalidInput(
            "seal.department", Text("统一社会信用代码有误，请核对。", "The unified social credit code is not valid.")
        )
    if not 2 <= len(request.department_name) <= _MOST_NAME or fonts.missing(request.department_name):
        raise InvalidInput(
            "seal.department_name",
            Text(f"单位名称须为 2 至 {_MOST_NAME} 字。", f"The name takes 2 to {_MOST_NAME} printable characters."),
        )

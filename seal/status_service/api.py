"""Public routes of the seal-status service (印章状态发布接口): no login, no personal data, signed by the region."""

from __future__ import annotations

from pydantic import Field

from foundation.text import Text
from foundation.web.api import Binary, Call, Media, Wire, api, collect
from foundation.web.frame import room
from seal.room import SealRoom
from seal.status_service import answers, publishing

MEDIA = "application/jose+json"


class CodePath(Wire):
    code: str = Field(pattern=r"^[0-9]{14}$", description="Seal code: region (6) and serial (8)")


@api(
    "GET", "/api/v1/seal/status", tag="seal-status", summary="印章状态列表（已签名）",
    summary_en="The signed list of all seals of this region and their states",
    description=Text(
        "JWS（SM2/SM3），含编号、本次与下次更新时间；每枚印章的编码、状态、时间和原因。可离线核验。",
        "A JWS (SM2/SM3) with its number, this and next update; code, state, time and reason of each seal. It can be "
        "verified offline.",
    ),
    returns=Media(MEDIA), problems=("unavailable",), rate="public",
)  # fmt: skip
def get_list(call: Call) -> Binary:
    del call
    return Binary(publishing.current(room(SealRoom)), MEDIA, inline=True, headers={"Cache-Control": "max-age=60"})


@api(
    "GET", "/api/v1/seal/status/{code}", tag="seal-status", summary="查询一枚印章的状态（已签名）",
    summary_en="The signed answer about one seal, fresh", path=CodePath, returns=Media(MEDIA),
    problems=("not-found", "unavailable"), rate="public",
)  # fmt: skip
def get_status(call: Call[None, None, CodePath]) -> Binary:
    octets = answers.answer(room(SealRoom), call.path.code)
    return Binary(octets, MEDIA, inline=True, headers={"Cache-Control": "no-cache"})


ROUTES = collect(globals())

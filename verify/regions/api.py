"""Routes of the regions (区域互认接口): what is believed, changing it by two people, lists in and out."""

from __future__ import annotations

from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Binary, Call, FileField, Media, api, collect
from foundation.web.frame import room
from verify.regions import changes, editions, publishing
from verify.regions.room import RegionsRoom
from verify.regions.schemas import (
    ChangeOut,
    ChangePath,
    ChangesOut,
    DecisionBody,
    EditionOut,
    RegionBody,
    RegionOut,
    RegionsOut,
    RemovalBody,
    SignersBody,
    TakenInOut,
)

_BASE = "/api/v1/verify/trust"
_MEDIA = "application/jose+json"
_READERS = (Permission.TRUST_PROPOSE, Permission.TRUST_APPROVE, Permission.ADMIN_READ)
_WRITES = ("invalid-input", "forbidden")


@api(
    "GET", _BASE + "/regions", tag="trust", summary="信任的区域与已导入的列表",
    summary_en="Regions that are believed, and lists taken in", returns=RegionsOut, permission=_READERS,
)  # fmt: skip
def get_regions(call: Call) -> RegionsOut:
    del call
    house = room(RegionsRoom)
    return RegionsOut(
        regions=[RegionOut.of(one) for one in editions.book(house.ground).regions],
        editions=[EditionOut.of(one) for one in editions.editions(house)],
    )


@api(
    "GET", _BASE + "/changes", tag="trust", summary="信任变更记录", summary_en="Changes of trust, newest first",
    returns=ChangesOut, permission=_READERS,
)  # fmt: skip
def get_changes(call: Call) -> ChangesOut:
    del call
    return ChangesOut(items=[ChangeOut.of(one) for one in changes.listed(room(RegionsRoom))])


@api(
    "POST", _BASE + "/regions", tag="trust", summary="提出：登记或更换一个区域", body=RegionBody, returns=ChangeOut,
    summary_en="Propose to enter a region, or to replace its entry", status=201, problems=_WRITES,
    permission=Permission.TRUST_PROPOSE, audit="verify.trust.propose",
)  # fmt: skip
def propose_region(call: Call[RegionBody]) -> ChangeOut:
    body = call.body
    return ChangeOut.of(changes.propose_region(room(RegionsRoom), call.principal, body.entry(), body.reason))


@api(
    "POST", _BASE + "/removals", tag="trust", summary="提出：移除一个区域", summary_en="Propose to remove a region",
    body=RemovalBody, returns=ChangeOut, status=201, problems=_WRITES, permission=Permission.TRUST_PROPOSE,
    audit="verify.trust.propose",
)  # fmt: skip
def propose_removal(call: Call[RemovalBody]) -> ChangeOut:
    body = call.body
    return ChangeOut.of(changes.propose_removal(room(RegionsRoom), call.principal, body.code, body.reason))


@api(
    "POST", _BASE + "/signers", tag="trust", summary="提出：某信任列表的签署者",
    summary_en="Propose whose signatures count on a list", body=SignersBody, returns=ChangeOut, status=201,
    problems=_WRITES, permission=Permission.TRUST_PROPOSE, audit="verify.trust.propose",
)  # fmt: skip
def propose_signers(call: Call[SignersBody]) -> ChangeOut:
    body = call.body
    made = changes.propose_signers(
        room(RegionsRoom), call.principal, body.scheme, body.certificates, body.threshold, body.reason
    )
    return ChangeOut.of(made)


@api(
    "POST", _BASE + "/changes/{id}/decision", tag="trust", summary="同意或不同意信任变更（另一人）",
    summary_en="Agree to a change of trust, or refuse it, as the second person", path=ChangePath, body=DecisionBody,
    returns=ChangeOut, problems=("forbidden", "not-found", "conflict"), permission=Permission.TRUST_APPROVE,
    audit="verify.trust.decide",
)  # fmt: skip
def decide(call: Call[DecisionBody, None, ChangePath]) -> ChangeOut:
    made = changes.decide(room(RegionsRoom), call.principal, call.path.id, agree=call.body.agree)
    return ChangeOut.of(made)


@api(
    "POST", _BASE + "/lists", tag="trust", summary="导入已签名的信任列表",
    summary_en="Take in a signed list of regions",
    description=Text(
        "只采信经两人确认的签署者；旧列表、分叉和过期的列表不能导入。",
        "Believed for signers two people agreed to. Older, forked and overdue lists are refused.",
    ),
    files=(FileField("file", Text("信任列表", "The list"), media_types=(_MEDIA, "application/json")),),
    returns=TakenInOut, status=201, problems=("invalid-input", "conflict", "too-large"),
    permission=Permission.TRUST_PROPOSE, audit="verify.trust.import",
)  # fmt: skip
def take_in(call: Call) -> TakenInOut:
    taken = editions.take_in(room(RegionsRoom), call.principal, call.file("file").data)
    return TakenInOut(
        scheme=taken.scheme, number=taken.number, regions=len(taken.regions), next_update=taken.next_update
    )


@api(
    "GET", _BASE + "/list", tag="trust", summary="本区域的信任列表（已签名）",
    summary_en="This region's own list: its roots and what they may vouch for, signed", returns=Media(_MEDIA),
    problems=("unavailable",), rate="public",
)  # fmt: skip
def get_list(call: Call) -> Binary:
    del call
    octets = publishing.current(room(RegionsRoom))
    return Binary(octets, _MEDIA, inline=True, headers={"Cache-Control": "max-age=300"})


ROUTES = collect(globals())

"""Routes of the licence room (电子证照接口): parse, authorise, call one function, render.

Whose licence it is, is decided in `register.scope` for every one of them; a foreign one is 404 like one that never was.
"""

from __future__ import annotations

from ca.suites import Suite
from foundation.principal import Permission
from foundation.web.api import Binary, Call, Media, api, collect
from foundation.web.frame import room
from hsm.digests import Digest
from licence import code_image, files
from licence.catalogue import catalogue
from licence.files import Format
from licence.intents import IssueRequest
from licence.issue import issue
from licence.own import own
from licence.revoke import revoke
from licence.room import LicenceRoom
from licence.schemas import (
    EvidenceQuery,
    IssueBody,
    LicenceDetail,
    LicenceOut,
    LicencePath,
    ListQuery,
    MineOut,
    PageOut,
    RevokeBody,
    SearchBody,
    TypeOut,
    TypesOut,
)
from licence.search import Query, search

_LICENCES = "/api/v1/licence/licences"
_SEERS = (Permission.LICENCE_READ, Permission.LICENCE_OWN)


@api(
    "GET", "/api/v1/licence/types", tag="licence", summary="证照目录", summary_en="The catalogue of licence types",
    returns=TypesOut,
)  # fmt: skip
def list_types(call: Call) -> TypesOut:
    del call
    return TypesOut(items=[TypeOut.of(kind) for kind in catalogue().values()])


@api(
    "POST", _LICENCES, tag="licence", summary="签发电子证照", summary_en="Issue a licence",
    body=IssueBody, returns=LicenceOut, status=201, problems=("invalid-input", "not-found", "conflict", "unavailable"),
    permission=Permission.LICENCE_ISSUE, audit="licence.issue", idempotent=True,
)  # fmt: skip
def issue_licence(call: Call[IssueBody]) -> LicenceOut:
    body = call.body
    request = IssueRequest(
        type_slug=body.type,
        data=body.data,
        # a department may run several programs, and each counts its own keys
        request_key=f"api:{call.principal.client_id or call.principal.label}:{call.key}",
        suites=tuple(Suite(name) for name in body.suites),
        number=body.number,
    )
    return LicenceOut.of(issue(room(LicenceRoom), call.principal, request))


@api(
    "GET", _LICENCES, tag="licence", summary="本部门证照列表", summary_en="Licences of the caller's department",
    query=ListQuery, returns=PageOut, problems=("forbidden",), permission=Permission.LICENCE_READ,
)  # fmt: skip
def list_licences(call: Call[None, ListQuery]) -> PageOut:
    asked = call.query
    query = Query(
        asked.type, asked.status, asked.identifier, ends_by=asked.ends_by, after=asked.after, limit=asked.limit
    )
    return PageOut.of(search(room(LicenceRoom), call.principal, query))


@api(
    "POST", "/api/v1/licence/search", tag="licence", summary="按持证主体或编号检索",
    summary_en="Find by holder or number; every search is on record",
    body=SearchBody, returns=PageOut, problems=("forbidden",), permission=Permission.LICENCE_READ, rate="read",
    audit="licence.look_up",
)  # fmt: skip
def search_licences(call: Call[SearchBody]) -> PageOut:
    asked = call.body
    query = Query(asked.type, asked.status, None, asked.holder_code, asked.number, after=asked.after, limit=asked.limit)
    return PageOut.of(search(room(LicenceRoom), call.principal, query))


@api(
    "GET", "/api/v1/licence/mine", tag="licence", summary="我的证照", summary_en="The caller's own licences",
    returns=MineOut, permission=Permission.LICENCE_OWN,
)  # fmt: skip
def list_mine(call: Call) -> MineOut:
    return MineOut(items=[LicenceOut.of(licence) for licence in own(room(LicenceRoom), call.principal)])


@api(
    "GET", _LICENCES + "/{id}", tag="licence", summary="证照详情（脱敏）", summary_en="One licence, masked",
    path=LicencePath, returns=LicenceDetail, problems=("not-found", "damaged"), permission=_SEERS, audit="licence.view",
)  # fmt: skip
def get_licence(call: Call[None, None, LicencePath]) -> LicenceDetail:
    return LicenceDetail.of(files.look(room(LicenceRoom), call.principal, call.path.id))


@api(
    "GET", _LICENCES + "/{id}/file.pdf", tag="licence", summary="下载已盖章的 PDF", summary_en="The sealed PDF",
    path=LicencePath, returns=Media("application/pdf"), problems=("not-found", "damaged"), permission=_SEERS,
    audit="licence.download",
)  # fmt: skip
def get_pdf(call: Call[None, None, LicencePath]) -> Binary:
    return _handed_out(files.file(room(LicenceRoom), call.principal, call.path.id, Format.PDF))


@api(
    "GET", _LICENCES + "/{id}/file.ofd", tag="licence", summary="下载已盖章的 OFD", summary_en="The sealed OFD",
    path=LicencePath, returns=Media("application/ofd"), problems=("not-found", "damaged"), permission=_SEERS,
    audit="licence.download",
)  # fmt: skip
def get_ofd(call: Call[None, None, LicencePath]) -> Binary:
    return _handed_out(files.file(room(LicenceRoom), call.principal, call.path.id, Format.OFD))


@api(
    "GET", _LICENCES + "/{id}/evidence", tag="licence", summary="下载证照文件的证据记录",
    summary_en="The evidence record (RFC 4998) of a sealed licence file",
    path=LicencePath, query=EvidenceQuery, returns=Media("application/octet-stream"),
    problems=("not-found", "damaged"), permission=_SEERS, audit="licence.download",
)  # fmt: skip
def get_evidence(call: Call[None, EvidenceQuery, LicencePath]) -> Binary:
    wanted, line = Format(call.query.format), Digest(call.query.line)
    return _handed_out(files.evidence(room(LicenceRoom), call.principal, call.path.id, wanted, line))


@api(
    "GET", _LICENCES + "/{id}/code.png", tag="licence", summary="证照二维码（PNG）", summary_en="Printed code, PNG",
    path=LicencePath, returns=Media("image/png"), problems=("not-found", "damaged"), permission=_SEERS,
    audit="licence.download",
)  # fmt: skip
def get_code_png(call: Call[None, None, LicencePath]) -> Binary:
    text = files.code_text(room(LicenceRoom), call.principal, call.path.id)
    return Binary(code_image.png(text), "image/png", inline=True)


@api(
    "GET", _LICENCES + "/{id}/code.svg", tag="licence", summary="证照二维码（SVG）", summary_en="Printed code, SVG",
    path=LicencePath, returns=Media("image/svg+xml"), problems=("not-found", "damaged"), permission=_SEERS,
    audit="licence.download",
)  # fmt: skip
def get_code_svg(call: Call[None, None, LicencePath]) -> Binary:
    text = files.code_text(room(LicenceRoom), call.principal, call.path.id)
    return Binary(code_image.svg(text), "image/svg+xml", inline=True)


@api(
    "POST", _LICENCES + "/{id}/revocation", tag="licence", summary="注销或撤销证照", summary_en="Revoke a licence",
    path=LicencePath, body=RevokeBody, returns=LicenceOut, problems=("not-found", "conflict", "damaged"),
    permission=Permission.LICENCE_REVOKE, audit="licence.revoke",
)  # fmt: skip
def revoke_licence(call: Call[RevokeBody, None, LicencePath]) -> LicenceOut:
    body = call.body
    licence = revoke(room(LicenceRoom), call.principal, call.path.id, reason=body.reason, note=body.note)
    return LicenceOut.of(licence)


def _handed_out(file: files.File) -> Binary:
    return Binary(file.data, file.media_type, filename=file.name)


ROUTES = collect(globals())

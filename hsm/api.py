"""Routes of the key room (密钥接口): what keys there are, and dual control over each operation on them.

Backups and restores are executed at the console only: passphrases, shares and files of keys do not travel here.
"""

from __future__ import annotations

from foundation.errors import Conflict
from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Call, api, collect
from foundation.web.frame import room
from hsm.life.listing import keys
from hsm.life.orders import Operation
from hsm.life.requests import ask, find, judge, listed
from hsm.room import HsmRoom
from hsm.schemas import (
    JudgementBody,
    KeyOut,
    KeysOut,
    KeysQuery,
    OutcomeOut,
    RequestBody,
    RequestOut,
    RequestPath,
    RequestsOut,
)

_REQUESTS = "/api/v1/hsm/requests"
_AT_CONSOLE = frozenset({Operation.BACKUP, Operation.RESTORE})


@api(
    "GET", "/api/v1/hsm/keys", tag="hsm", summary="密钥清单", summary_en="Keys, their versions and states",
    query=KeysQuery, returns=KeysOut, problems=("forbidden",), permission=Permission.KEY_READ,
)  # fmt: skip
def list_keys(call: Call[None, KeysQuery]) -> KeysOut:
    return KeysOut(items=[KeyOut.of(one) for one in keys(room(HsmRoom).ground.db, call.query.prefix)])


@api(
    "GET", _REQUESTS, tag="hsm", summary="密钥操作申请列表", summary_en="Requests for key operations, newest first",
    returns=RequestsOut, problems=("forbidden",), permission=Permission.KEY_READ,
)  # fmt: skip
def list_requests(call: Call) -> RequestsOut:
    del call
    return RequestsOut(items=[RequestOut.of(one) for one in listed(room(HsmRoom).ground)])


@api(
    "GET", _REQUESTS + "/{id}", tag="hsm", summary="密钥操作申请详情", summary_en="One request for a key operation",
    path=RequestPath, returns=RequestOut, problems=("forbidden", "not-found"), permission=Permission.KEY_READ,
)  # fmt: skip
def get_request(call: Call[None, None, RequestPath]) -> RequestOut:
    return RequestOut.of(find(room(HsmRoom).ground, call.path.id))


@api(
    "POST", _REQUESTS, tag="hsm", summary="申请密钥操作", summary_en="Ask for a key operation",
    description=Text(
        "由本人提出，另一人审批摘要后方可执行；七天内有效。",
        "Asked by one person, done only after another approved its digest; valid for seven days.",
    ),
    body=RequestBody, returns=RequestOut, status=201, problems=("invalid-input", "forbidden"),
    permission=Permission.KEY_REQUEST, audit="hsm.key.request", idempotent=True,
)  # fmt: skip
def ask_for_operation(call: Call[RequestBody]) -> RequestOut:
    return RequestOut.of(ask(room(HsmRoom).ground, call.principal, call.body.order(), call.body.reason))


@api(
    "POST", _REQUESTS + "/{id}/judgements", tag="hsm", summary="审批密钥操作",
    summary_en="Approve or refuse a key operation; never one's own",
    path=RequestPath, body=JudgementBody, returns=RequestOut, problems=("forbidden", "not-found", "conflict"),
    permission=Permission.KEY_APPROVE, audit="hsm.key.approve",
)  # fmt: skip
def judge_request(call: Call[JudgementBody, None, RequestPath]) -> RequestOut:
    ground, body = room(HsmRoom).ground, call.body
    return RequestOut.of(judge(ground, call.principal, call.path.id, body.digest, agree=body.agree))


@api(
    "POST", _REQUESTS + "/{id}/execution", tag="hsm", summary="执行已审批的密钥操作",
    summary_en="Execute an approved key operation, once",
    description=Text(
        "备份与恢复涉及口令和分量，只能在主机控制台执行：yinxin hsm execute。",
        "Backups and restores need passphrases or shares and are done at the console: yinxin hsm execute.",
    ),
    path=RequestPath, returns=OutcomeOut, problems=("forbidden", "not-found", "conflict", "unavailable"),
    permission=Permission.KEY_REQUEST, audit="hsm.key.execute",
)  # fmt: skip
def execute_request(call: Call[None, None, RequestPath]) -> OutcomeOut:
    hsm = room(HsmRoom)
    if find(hsm.ground, call.path.id).order.operation in _AT_CONSOLE:
        raise Conflict(
            "hsm.at_console",
            Text(
                "备份与恢复请在主机控制台执行：yinxin hsm execute。",
                "Backups and restores are done at the console: yinxin hsm execute.",
            ),
        )
    return OutcomeOut.of(hsm.keeper.execute(call.principal, call.path.id))


ROUTES = collect(globals())

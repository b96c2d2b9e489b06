"""Routes of seal management (印章管理接口): parse, authorise, call one function, render.

What the caller may see and do with which file is decided in `access`; somebody else's is 404 like one that never was.
"""

from __future__ import annotations

from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Call, api, collect
from foundation.web.frame import room
from seal.management import access, destroying, finding, making, steps
from seal.management.apply import apply
from seal.management.schemas import (
    AppliedOut,
    ApplyBody,
    FileOut,
    FilePath,
    FilesOut,
    HistoryLine,
    HistoryOut,
    KeyOut,
    KeysOut,
    ListQuery,
    MakeStepBody,
    RulesOut,
    StateOut,
    StepBody,
)
from seal.management.states import State, Step
from seal.room import SealRoom

_FILES = "/api/v1/seal/files"
_ONE = _FILES + "/{id}"
_TAKERS = (Permission.SEAL_APPLY, Permission.SEAL_APPROVE, Permission.SEAL_FILE)


@api(
    "POST", _FILES, tag="seal-management", summary="申请印章，或申请变更印章",
    summary_en="Apply for a seal, or for changing one",
    description=Text(
        "由印章所属单位的经办人申请。审批、制作、备案、发放由不同的人办理，见 docs/seals.md。",
        "By a clerk of the seal's own department. Others approve, make, file and issue it; see docs/seals.md.",
    ),
    body=ApplyBody, returns=AppliedOut, status=201,
    problems=("invalid-input", "forbidden", "not-found", "conflict"), permission=Permission.SEAL_APPLY,
    idempotent=True, audit="seal.manage.apply",
)  # fmt: skip
def apply_for_seal(call: Call[ApplyBody]) -> AppliedOut:
    identifier = apply(room(SealRoom), call.principal, call.body.application())
    return AppliedOut(id=identifier, state=State.APPLIED)


@api(
    "GET", _FILES, tag="seal-management", summary="印章档案列表", summary_en="Seal files, newest first",
    query=ListQuery, returns=FilesOut, permission=access.READERS,
)  # fmt: skip
def list_files(call: Call[None, ListQuery]) -> FilesOut:
    asked = call.query
    page = finding.files(
        room(SealRoom),
        call.principal,
        states=() if asked.state is None else (asked.state,),
        waiting=asked.waiting,
        after=asked.after,
        limit=asked.limit,
    )
    return FilesOut(items=[FileOut.of(one) for one in page.items], next=page.next)


@api(
    "GET", "/api/v1/seal/rules", tag="seal-management", summary="印章类型与办理步骤、原因",
    summary_en="Kinds of seals, the steps of their life, and the reasons each step takes",
    returns=RulesOut, permission=access.READERS,
)  # fmt: skip
def get_rules(call: Call) -> RulesOut:
    del call
    return RulesOut.build()


@api(
    "GET", _ONE, tag="seal-management", summary="印章档案", summary_en="One seal file",
    path=FilePath, returns=FileOut, problems=("not-found",), permission=access.READERS,
)  # fmt: skip
def get_file(call: Call[None, None, FilePath]) -> FileOut:
    return FileOut.of(finding.file(room(SealRoom), call.principal, call.path.id))


@api(
    "GET", _ONE + "/history", tag="seal-management", summary="印章办理记录",
    summary_en="What happened to a seal: who, when, why",
    path=FilePath, returns=HistoryOut, problems=("not-found",), permission=access.READERS,
)  # fmt: skip
def get_history(call: Call[None, None, FilePath]) -> HistoryOut:
    lines = finding.history(room(SealRoom), call.principal, call.path.id)
    return HistoryOut(items=[HistoryLine.of(one) for one in lines])


@api(
    "GET", _ONE + "/keys", tag="seal-management", summary="印章密钥及其销毁进度",
    summary_en="A seal's keys and how far their destruction is",
    path=FilePath, returns=KeysOut, problems=("not-found",), permission=access.READERS,
)  # fmt: skip
def get_keys(call: Call[None, None, FilePath]) -> KeysOut:
    return KeysOut(items=[KeyOut.of(one) for one in finding.keys(room(SealRoom), call.principal, call.path.id)])


@api(
    "POST", _ONE + "/steps", tag="seal-management", summary="办理：批准、备案、发放、接收、停用、恢复、注销等",
    summary_en="Take a step: approve, refuse, file, issue, accept, suspend, resume, revoke, withdraw",
    path=FilePath, body=StepBody, returns=StateOut, problems=("invalid-input", "forbidden", "not-found", "conflict"),
    permission=_TAKERS, audit="seal.manage.step",
)  # fmt: skip
def take_step(call: Call[StepBody, None, FilePath]) -> StateOut:
    step = Step(call.body.step)
    return StateOut(state=steps.take(room(SealRoom), call.principal, call.path.id, step, call.body.given()))


@api(
    "POST", _ONE + "/make", tag="seal-management", summary="制作已批准的印章", summary_en="Make an approved seal",
    path=FilePath, body=MakeStepBody, returns=StateOut,
    problems=("invalid-input", "forbidden", "not-found", "conflict", "unavailable"),
    permission=Permission.SEAL_MAKE, audit="seal.manage.make",
)  # fmt: skip
def make_seal(call: Call[MakeStepBody, None, FilePath]) -> StateOut:
    return StateOut(state=making.make(room(SealRoom), call.principal, call.path.id, call.body.how()))


@api(
    "POST", _ONE + "/destroy", tag="seal-management", summary="销毁印章（密钥由双人程序销毁）",
    summary_en="Destroy a seal; its keys are destroyed under dual control",
    path=FilePath, returns=StateOut, problems=("forbidden", "not-found", "conflict", "unavailable"),
    permission=Permission.SEAL_MAKE, audit="seal.manage.destroy",
)  # fmt: skip
def destroy_seal(call: Call[None, None, FilePath]) -> StateOut:
    return StateOut(state=destroying.destroy(room(SealRoom), call.principal, call.path.id))


ROUTES = collect(globals())

"""Routes of registration (注册审核接口): parse, authorise, call one function, render.

Who may see or do what with which application is decided in `access`, so a login is all the routes themselves ask for.
Answers with a key or a code in them are never kept for replay.
"""

from __future__ import annotations

from ca.registration import apply, codes, collect, evidence, holdings, search, steps
from ca.registration.answers import (
    AttachedOut,
    CodeOut,
    DetailsOut,
    EvidenceOut,
    EvidencesOut,
    HandedOut,
    HoldingOut,
    HoldingsOut,
)
from ca.registration.room import RegistrationRoom
from ca.registration.schemas import (
    CollectBody,
    ContentBody,
    EvidenceForm,
    EvidencePath,
    FiledOut,
    ListQuery,
    ManyBody,
    NameBody,
    OutcomeOut,
    OutcomesOut,
    PageQuery,
    RegistrationBody,
    RegistrationOut,
    RegistrationPath,
    RegistrationsOut,
    StepBody,
    WholeOut,
)
from ca.registration.states import State, Step
from ca.schemas import decode
from foundation.text import Text
from foundation.web.api import Answer, Binary, Call, FileField, Media, api
from foundation.web.api import collect as collected
from foundation.web.frame import room

_BASE = "/api/v1/ca/registrations"
_ONE = _BASE + "/{id}"
_PRIVATE = {"Cache-Control": "no-store"}


@api(
    "POST", _BASE, tag="ca-registration", summary="提交证书申请或证书业务请求",
    summary_en="Apply for a certificate, or ask for something about one",
    description=Text(
        "新申请、续期、换密钥、变更、冻结、解冻、撤销。先建草稿，附上材料后提交；不需材料时可直接提交。",
        "New, renew, rekey, change, hold, release, revoke. A draft first; submit it when its evidence is attached, or "
        "at once where none is needed.",
    ),
    body=RegistrationBody, returns=FiledOut, status=201,
    problems=("invalid-input", "forbidden", "not-found", "conflict", "unavailable"), login=True, idempotent=True,
    audit="ca.registration.file",
)  # fmt: skip
def file_registration(call: Call[RegistrationBody]) -> FiledOut:
    desk = room(RegistrationRoom)
    identifier = apply.file(desk, call.principal, call.body.application())
    state = State.DRAFT
    if call.body.submit:
        state = steps.take(desk, call.principal, identifier, Step.SUBMIT)
    return FiledOut(id=identifier, state=state)


@api(
    "GET", _BASE, tag="ca-registration", summary="申请列表", summary_en="Applications, newest first",
    query=ListQuery, returns=RegistrationsOut, login=True,
)  # fmt: skip
def list_registrations(call: Call[None, ListQuery]) -> RegistrationsOut:
    asked = call.query
    query = search.Query(
        state=asked.state,
        kind=asked.kind,
        profile=asked.profile,
        queue=search.Queue(asked.queue) if asked.queue else None,
        mine=asked.mine,
        bulk=asked.bulk,
        certificate=asked.certificate,
        after=asked.after,
        limit=asked.limit,
    )
    return _page(search.search(room(RegistrationRoom), call.principal, query))


@api(
    "POST", _BASE + "/search", tag="ca-registration", summary="按名称检索申请",
    summary_en="Find applications by name; every search is on record",
    body=NameBody, returns=RegistrationsOut, login=True, rate="read", audit="ca.registration.search",
)  # fmt: skip
def search_registrations(call: Call[NameBody]) -> RegistrationsOut:
    query = search.Query(name=call.body.name, after=call.body.after, limit=call.body.limit)
    return _page(search.search(room(RegistrationRoom), call.principal, query))


def _page(page: search.Page) -> RegistrationsOut:
    return RegistrationsOut(items=[RegistrationOut.of(one) for one in page.items], next=page.next)


@api(
    "POST", _BASE + "/steps", tag="ca-registration", summary="批量办理申请",
    summary_en="The same step for several applications, each on its own",
    body=ManyBody, returns=OutcomesOut, login=True, audit="ca.registration.step",
)  # fmt: skip
def take_steps(call: Call[ManyBody]) -> OutcomesOut:
    chosen = [steps.Taken(one.id, one.digest) for one in call.body.items]
    made = steps.take_many(room(RegistrationRoom), call.principal, chosen, call.body.step, reason=call.body.reason)
    return OutcomesOut(items=[OutcomeOut.of(one.id, one.state, one.error) for one in made])


@api(
    "GET", _BASE + "/holdings", tag="ca-registration", summary="我的证书",
    summary_en="My certificates, and what may be asked for each",
    query=PageQuery, returns=HoldingsOut, login=True,
)  # fmt: skip
def list_holdings(call: Call[None, PageQuery]) -> HoldingsOut:
    found, following = holdings.holdings(
        room(RegistrationRoom), call.principal, after=call.query.after, limit=call.query.limit
    )
    return HoldingsOut(items=[HoldingOut.of(one) for one in found], next=following)


@api(
    "GET", _ONE, tag="ca-registration", summary="申请进度", summary_en="One application: state, history, next steps",
    path=RegistrationPath, returns=WholeOut, login=True,
)  # fmt: skip
def get_registration(call: Call[None, None, RegistrationPath]) -> WholeOut:
    return WholeOut.whole(search.find(room(RegistrationRoom), call.principal, call.path.id))


@api(
    "GET", _ONE + "/details", tag="ca-registration", summary="申请内容（明文，留痕）",
    summary_en="What it says, in clear; every look is on record",
    path=RegistrationPath, returns=DetailsOut, login=True, audit="ca.registration.look",
)  # fmt: skip
def get_details(call: Call[None, None, RegistrationPath]) -> Answer:
    shown = DetailsOut.of(search.read(room(RegistrationRoom), call.principal, call.path.id))
    return Answer(shown, headers=_PRIVATE)


@api(
    "PUT", _ONE, tag="ca-registration", summary="修改申请（已有审核作废）",
    summary_en="Change an application; what was agreed to before is void",
    path=RegistrationPath, body=ContentBody, problems=("conflict",), login=True, audit="ca.registration.change",
)  # fmt: skip
def change_registration(call: Call[ContentBody, None, RegistrationPath]) -> None:
    apply.change(room(RegistrationRoom), call.principal, call.path.id, call.body.content())


@api(
    "POST", _ONE + "/steps", tag="ca-registration", summary="办理申请：提交、初审、复审、退回、驳回、撤回",
    summary_en="Take a step: submit, review, approve, return, reject, withdraw",
    path=RegistrationPath, body=StepBody, returns=FiledOut, problems=("conflict",), login=True,
    audit="ca.registration.step",
)  # fmt: skip
def take_step(call: Call[StepBody, None, RegistrationPath]) -> FiledOut:
    body = call.body
    state = steps.take(
        room(RegistrationRoom), call.principal, call.path.id, body.step, digest=body.digest, reason=body.reason
    )
    return FiledOut(id=call.path.id, state=state)


@api(
    "POST", _ONE + "/evidence", tag="ca-registration", summary="上传证明材料",
    summary_en="Attach evidence: PDF, JPEG or PNG up to 5 MB",
    path=RegistrationPath, form=EvidenceForm,
    files=(FileField("file", max_bytes=evidence.MOST_OCTETS, media_types=evidence.MEDIA_TYPES),),
    returns=AttachedOut, status=201, problems=("conflict", "unsupported"), login=True, audit="ca.registration.change",
)  # fmt: skip
def attach_evidence(call: Call[None, None, RegistrationPath, EvidenceForm]) -> AttachedOut:
    given = call.file("file")
    made = evidence.attach(
        room(RegistrationRoom), call.principal, call.path.id, call.form.kind, given.filename, given.data
    )
    return AttachedOut(id=made)


@api(
    "GET", _ONE + "/evidence", tag="ca-registration", summary="证明材料列表", summary_en="Evidence of an application",
    path=RegistrationPath, returns=EvidencesOut, login=True,
)  # fmt: skip
def list_evidence(call: Call[None, None, RegistrationPath]) -> EvidencesOut:
    found = evidence.pieces(room(RegistrationRoom), call.principal, call.path.id)
    return EvidencesOut(items=[EvidenceOut.of(one) for one in found])


@api(
    "GET", _ONE + "/evidence/{evidence}", tag="ca-registration", summary="查看证明材料（留痕）",
    summary_en="One piece of evidence; every look is on record",
    path=EvidencePath, returns=Media("application/octet-stream"), login=True, audit="ca.registration.look",
)  # fmt: skip
def get_evidence(call: Call[None, None, EvidencePath]) -> Binary:
    found = evidence.look(room(RegistrationRoom), call.principal, call.path.id, call.path.evidence)
    # Always as a download of a neutral type: what somebody uploaded is never run in our origin.
    return Binary(found.octets, "application/octet-stream", filename=str(call.path.evidence), headers=_PRIVATE)


@api(
    "DELETE", _ONE + "/evidence/{evidence}", tag="ca-registration", summary="撤回证明材料",
    summary_en="Take evidence back: its key is forgotten",
    path=EvidencePath, problems=("conflict",), login=True, audit="ca.registration.change",
)  # fmt: skip
def remove_evidence(call: Call[None, None, EvidencePath]) -> None:
    evidence.remove(room(RegistrationRoom), call.principal, call.path.id, call.path.evidence)


@api(
    "POST", _ONE + "/code", tag="ca-registration", summary="获取领取码",
    summary_en="A new one-time collection code instead of the last",
    path=RegistrationPath, returns=CodeOut, problems=("conflict",), login=True, audit="ca.registration.code",
)  # fmt: skip
def make_code(call: Call[None, None, RegistrationPath]) -> Answer:
    made = codes.make(room(RegistrationRoom), call.principal, call.path.id)
    return Answer(CodeOut(code=made.shown, sent=made.sent, expires_at=made.expires_at), headers=_PRIVATE)


@api(
    "POST", _ONE + "/collection", tag="ca-registration", summary="凭领取码领取证书",
    summary_en="Redeem a code: for a token's request, or for a PKCS#12 file that leaves once",
    path=RegistrationPath, body=CollectBody, returns=HandedOut, problems=("forbidden", "conflict"), rate="login",
    audit="ca.registration.deliver",
)  # fmt: skip
def collect_certificate(call: Call[CollectBody, None, RegistrationPath]) -> Answer:
    body = call.body
    handed = collect.collect(
        room(RegistrationRoom),
        call.path.id,
        body.code,
        password=body.password,
        csr=decode(body.csr) if body.csr is not None else None,
    )
    return Answer(HandedOut.of(handed), headers=_PRIVATE)


@api(
    "GET", _ONE + "/certificate", tag="ca-registration", summary="下载已签发的证书",
    summary_en="The certificate that was issued, for its applicant",
    path=RegistrationPath, returns=HandedOut, problems=("forbidden", "conflict"), login=True,
    audit="ca.registration.deliver",
)  # fmt: skip
def download_certificate(call: Call[None, None, RegistrationPath]) -> HandedOut:
    return HandedOut.of(collect.download(room(RegistrationRoom), call.principal, call.path.id))


ROUTES = collected(globals())

"""Routes of approvals, rules and the ledger (审批、规则与台账接口): parse, authorise, call one function, render."""

from __future__ import annotations

from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Binary, Call, Media, api, collect
from foundation.web.frame import room
from seal import ledger
from seal.approval import cases, cases_open, policy, shown
from seal.approval.models import Decision
from seal.approval.schemas import (
    CaseOut,
    CasePath,
    CasesOut,
    DecisionBody,
    DifferingOut,
    LedgerOut,
    LedgerQuery,
    LineOut,
    PagePath,
    PoliciesOut,
    PolicyOut,
    RulesBody,
    SealPath,
    StatementOut,
    StatementQuery,
    WithdrawBody,
)
from seal.batches.schemas import ItemOut, ItemPath, ItemsOut, ItemsQuery
from seal.ledger import Filter
from seal.room import SealRoom

_SEALS, _POLICIES, _CASES = "/api/v1/seal/seals", "/api/v1/seal/policies", "/api/v1/seal/cases"
_DECIDING = ("invalid-input", "not-found", "conflict", "forbidden")
_READERS = (Permission.SEAL_STAMP, Permission.SEAL_CONSENT, Permission.SEAL_POLICY)


@api(
    "GET", _SEALS + "/{id}/policies", tag="seal", summary="用章规则的各版本", summary_en="Versions of a seal's rules",
    path=SealPath, returns=PoliciesOut, problems=("not-found",), permission=Permission.SEAL_POLICY,
)  # fmt: skip
def list_policies(call: Call[None, None, SealPath]) -> PoliciesOut:
    found = policy.versions(room(SealRoom), call.principal, call.path.id)
    return PoliciesOut(items=[PolicyOut.of(row) for row in found])


@api(
    "POST", _SEALS + "/{id}/policies", tag="seal", summary="提出用章规则", summary_en="Propose rules for a seal",
    description=Text(
        "须由另一人签名同意后生效，见 docs/seal-approval.md。",
        "In force once another person signed for them; see docs/seal-approval.md.",
    ),
    path=SealPath, body=RulesBody, returns=PolicyOut, status=201, problems=_DECIDING,
    permission=Permission.SEAL_POLICY, audit="seal.policy.propose",
)  # fmt: skip
def propose(call: Call[RulesBody, None, SealPath]) -> PolicyOut:
    return PolicyOut.of(policy.propose(room(SealRoom), call.principal, call.path.id, call.body.rules()))


@api(
    "GET", _POLICIES + "/{id}/statement", tag="seal", summary="待签的规则确认原文",
    summary_en="What the second person signs to agree to rules",
    path=CasePath, query=StatementQuery, returns=StatementOut, problems=("not-found",),
    permission=Permission.SEAL_POLICY,
)  # fmt: skip
def policy_statement(call: Call[None, StatementQuery, CasePath]) -> StatementOut:
    decision = Decision(call.query.decision)
    return StatementOut.of(policy.statement(room(SealRoom), call.principal, call.path.id, decision))


@api(
    "POST", _POLICIES + "/{id}/decision", tag="seal", summary="同意或否决用章规则",
    summary_en="Agree to proposed rules, or not",
    path=CasePath, body=DecisionBody, returns=PolicyOut, problems=_DECIDING,
    permission=Permission.SEAL_POLICY, audit="seal.policy.decide",
)  # fmt: skip
def decide_policy(call: Call[DecisionBody, None, CasePath]) -> PolicyOut:
    body = call.body
    row = policy.decide(
        room(SealRoom), call.principal, call.path.id, Decision(body.decision), body.certificate, body.signature
    )
    return PolicyOut.of(row)


@api(
    "GET", _CASES, tag="seal", summary="待我审批的用章申请", summary_en="What waits for the caller's approval",
    returns=CasesOut, permission=Permission.SEAL_CONSENT,
)  # fmt: skip
def inbox(call: Call) -> CasesOut:
    return CasesOut(items=[CaseOut.of(case) for case in cases.inbox(room(SealRoom), call.principal)])


@api(
    "GET", _CASES + "/{id}", tag="seal", summary="用章申请", summary_en="One request to use a seal",
    path=CasePath, returns=CaseOut, problems=("not-found",), permission=_READERS,
)  # fmt: skip
def get_case(call: Call[None, None, CasePath]) -> CaseOut:
    seals = room(SealRoom)
    case = cases.find(seals, call.principal, call.path.id)
    return CaseOut.of(case, len(cases.approvals(seals, case)), cases_open.reason(seals, case))


@api(
    "GET", _CASES + "/{id}/document", tag="seal", summary="待审批文件的原始字节",
    summary_en="The exact bytes that wait for approval",
    path=CasePath, returns=Media("application/octet-stream"), problems=("not-found", "conflict"), permission=_READERS,
)  # fmt: skip
def case_document(call: Call[None, None, CasePath]) -> Binary:
    document, name = shown.document(room(SealRoom), call.principal, call.path.id)
    return Binary(document, filename=name)


@api(
    "GET", _CASES + "/{id}/pages/{page}.png", tag="seal", summary="待审批文件的页面图像（由待签字节生成）",
    summary_en="A page as painted from the very bytes to be signed (PDF)",
    path=PagePath, returns=Media("image/png"), problems=("not-found", "conflict", "invalid-input", "unsupported"),
    permission=_READERS,
)  # fmt: skip
def case_page(call: Call[None, None, PagePath]) -> Binary:
    painted = shown.page(room(SealRoom), call.principal, call.path.id, call.path.page)
    told = {"X-Pages": str(painted.pages), "X-Picture-Sha256": painted.sha256}
    return Binary(painted.png, "image/png", inline=True, headers=told)


@api(
    "GET", _CASES + "/{id}/items", tag="seal", summary="待审批批次的清单", summary_en="Documents of a batch that waits",
    path=CasePath, query=ItemsQuery, returns=ItemsOut, problems=("not-found",), permission=_READERS,
)  # fmt: skip
def case_items(call: Call[None, ItemsQuery, CasePath]) -> ItemsOut:
    query = call.query
    found = shown.items(room(SealRoom), call.principal, call.path.id, after=query.after, limit=query.limit)
    return ItemsOut(items=[ItemOut.of(item) for item in found])


@api(
    "GET", _CASES + "/{id}/items/{number}/document", tag="seal", summary="待审批批次中一份文件的原始字节",
    summary_en="The exact bytes of one document of a batch that waits",
    path=ItemPath, returns=Media("application/octet-stream"), problems=("not-found",), permission=_READERS,
)  # fmt: skip
def case_item_document(call: Call[None, None, ItemPath]) -> Binary:
    octets, name = shown.item_document(room(SealRoom), call.principal, call.path.id, call.path.number)
    return Binary(octets, filename=name)


@api(
    "GET", _CASES + "/{id}/statement", tag="seal", summary="待签的审批原文", summary_en="What an approver signs",
    path=CasePath, query=StatementQuery, returns=StatementOut, problems=("not-found",),
    permission=Permission.SEAL_CONSENT,
)  # fmt: skip
def case_statement(call: Call[None, StatementQuery, CasePath]) -> StatementOut:
    decision = Decision(call.query.decision)
    return StatementOut.of(cases.statement(room(SealRoom), call.principal, call.path.id, decision))


@api(
    "POST", _CASES + "/{id}/decision", tag="seal", summary="审批（以证书签名同意或不同意）",
    summary_en="Approve or refuse, with a signature of one's certificate",
    path=CasePath, body=DecisionBody, returns=CaseOut, problems=_DECIDING,
    permission=Permission.SEAL_CONSENT, audit="seal.case.decide",
)  # fmt: skip
def decide_case(call: Call[DecisionBody, None, CasePath]) -> CaseOut:
    body = call.body
    decision = Decision(body.decision)
    seals = room(SealRoom)
    case = cases.decide(seals, call.principal, call.path.id, decision, body.certificate, body.signature, body.reason)
    return CaseOut.of(case, len(cases.approvals(seals, case)))


@api(
    "POST", _CASES + "/{id}/withdrawal", tag="seal", summary="撤回用章申请", summary_en="Take a request back",
    path=CasePath, body=WithdrawBody, returns=CaseOut, problems=("not-found", "conflict"),
    permission=Permission.SEAL_STAMP, audit="seal.case.end",
)  # fmt: skip
def withdraw(call: Call[WithdrawBody, None, CasePath]) -> CaseOut:
    return CaseOut.of(cases.withdraw(room(SealRoom), call.principal, call.path.id, call.body.reason))


@api(
    "GET", _SEALS + "/{id}/ledger", tag="seal", summary="用章台账", summary_en="The ledger of a seal's uses",
    path=SealPath, query=LedgerQuery, returns=LedgerOut, problems=("not-found",), permission=Permission.SEAL_POLICY,
)  # fmt: skip
def ledger_lines(call: Call[None, LedgerQuery, SealPath]) -> LedgerOut:
    found, after = ledger.lines(room(SealRoom), call.principal, call.path.id, _filter(call.query))
    return LedgerOut(items=[LineOut.of(line) for line in found], next=after)


@api(
    "GET", _SEALS + "/{id}/ledger.csv", tag="seal", summary="导出用章台账（CSV）", summary_en="The ledger as CSV",
    path=SealPath, query=LedgerQuery, returns=Media("text/csv"), problems=("not-found",),
    permission=Permission.SEAL_POLICY, audit="seal.ledger.export",
)  # fmt: skip
def ledger_csv(call: Call[None, LedgerQuery, SealPath]) -> Binary:
    data = ledger.table(room(SealRoom), call.principal, call.path.id, _filter(call.query))
    return Binary(data, "text/csv; charset=utf-8", filename="ledger.csv")


@api(
    "GET", _SEALS + "/{id}/ledger/check", tag="seal", summary="核对台账与审计记录",
    summary_en="Hold the ledger against the audit trail",
    path=SealPath, returns=DifferingOut, problems=("not-found",), permission=Permission.SEAL_POLICY,
)  # fmt: skip
def ledger_check(call: Call[None, None, SealPath]) -> DifferingOut:
    return DifferingOut(orders=ledger.differing(room(SealRoom), call.principal, call.path.id))


def _filter(query: LedgerQuery) -> Filter:
    return Filter(query.since, query.until, query.matter, query.format, query.after, query.limit)


ROUTES = collect(globals())

"""Routes of approvers' cloud keys (云签名接口): parse, authorise, call one function, render."""

from __future__ import annotations

from ca.reading.crl import Reason
from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Call, api, collect
from foundation.web.frame import room
from seal.approval import cases
from seal.approval.cloud import consents, keys
from seal.approval.cloud.room import CloudRoom
from seal.approval.cloud.schemas import (
    AnswerBody,
    CloudDecisionBody,
    CodeBody,
    KeyOut,
    KeyPath,
    KeysOut,
    RevokeBody,
    SentOut,
)
from seal.approval.models import Decision
from seal.approval.schemas import CaseOut, CasePath

_KEYS, _CASES = "/api/v1/seal/cloud-keys", "/api/v1/seal/cases"
_DECIDING = ("invalid-input", "not-found", "conflict", "forbidden")


@api(
    "POST", _KEYS, tag="seal", summary="申请开通云签名", summary_en="Ask for a cloud key of one's own",
    description=Text(
        "由另一人批准后生成密钥和行政人员证书，见 docs/seal-approval.md。",
        "Key and official's certificate are made once another person agrees; see docs/seal-approval.md.",
    ),
    returns=KeyOut, status=201, problems=("conflict", "forbidden"), permission=Permission.SEAL_CONSENT,
    audit="seal.cloud.enrol",
)  # fmt: skip
def enrol(call: Call[None]) -> KeyOut:
    return KeyOut.of(keys.enrol(room(CloudRoom), call.principal))


@api(
    "GET", _KEYS, tag="seal", summary="本人的云签名密钥及待批申请", summary_en="One's own cloud key, and what waits",
    returns=KeysOut, permission=(Permission.SEAL_CONSENT, Permission.RA_APPROVE),
)  # fmt: skip
def list_keys(call: Call[None]) -> KeysOut:
    found = {}
    own = keys.mine(room(CloudRoom), call.principal)
    if own is not None:
        found[own.id] = own
    if call.principal.may(Permission.RA_APPROVE):
        found |= {row.id: row for row in keys.listed(room(CloudRoom), call.principal)}
    return KeysOut(items=[KeyOut.of(row) for row in found.values()])


@api(
    "POST", _KEYS + "/{id}/decision", tag="seal", summary="批准或不批准开通云签名",
    summary_en="Agree to a cloud key, or not",
    path=KeyPath, body=AnswerBody, returns=KeyOut, problems=_DECIDING, permission=Permission.RA_APPROVE,
    audit="seal.cloud.agree",
)  # fmt: skip
def decide_key(call: Call[AnswerBody, None, KeyPath]) -> KeyOut:
    verb = keys.agree if call.body.decision == "approve" else keys.refuse
    return KeyOut.of(verb(room(CloudRoom), call.principal, call.path.id))


@api(
    "POST", _KEYS + "/{id}/revocation", tag="seal", summary="吊销云签名密钥", summary_en="Revoke a cloud key",
    path=KeyPath, body=RevokeBody, returns=KeyOut, problems=("not-found", "conflict"),
    permission=(Permission.SEAL_CONSENT, Permission.RA_APPROVE), audit="seal.cloud.revoke",
)  # fmt: skip
def revoke_key(call: Call[RevokeBody, None, KeyPath]) -> KeyOut:
    reason = Reason.KEY_COMPROMISE if call.body.compromised else Reason.UNSPECIFIED
    return KeyOut.of(keys.revoke(room(CloudRoom), call.principal, call.path.id, reason))


@api(
    "POST", _CASES + "/{id}/code", tag="seal", summary="获取云签名验证码", summary_en="Have a code sent for a decision",
    path=CasePath, body=CodeBody, returns=SentOut, problems=("not-found", "conflict", "forbidden", "too-many"),
    permission=Permission.SEAL_CONSENT, audit="seal.cloud.ask_code",
)  # fmt: skip
def ask_code(call: Call[CodeBody, None, CasePath]) -> SentOut:
    decision = Decision(call.body.decision)
    return SentOut.of(consents.ask_code(room(CloudRoom), call.principal, call.path.id, decision, address=call.address))


@api(
    "POST", _CASES + "/{id}/cloud-decision", tag="seal", summary="审批（用云签名）",
    summary_en="Approve or refuse with one's cloud key",
    path=CasePath, body=CloudDecisionBody, returns=CaseOut, problems=_DECIDING,
    permission=Permission.SEAL_CONSENT, audit="seal.case.decide",
)  # fmt: skip
def decide_with_cloud(call: Call[CloudDecisionBody, None, CasePath]) -> CaseOut:
    body, clouds = call.body, room(CloudRoom)
    case = consents.decide(clouds, call.principal, call.path.id, body.code, Decision(body.decision), body.reason)
    return CaseOut.of(case, len(cases.approvals(clouds.seal, case)))


ROUTES = collect(globals())

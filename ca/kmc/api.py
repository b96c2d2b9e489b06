"""Routes of the key-management centre (密钥管理中心接口): pairs for programs and operators, recoveries for officers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import request

from ca.chain import chain
from ca.enrol import Enrolment
from ca.kmc import asking, collecting, recoveries
from ca.kmc.deliveries import MEDIA_TYPES, Delivery, deliver, deliver_pair
from ca.kmc.find import pair
from ca.kmc.guard import escrow_of
from ca.kmc.pairs import enrol_pair
from ca.kmc.revoking import revoke_pair
from ca.kmc.schemas import (
    CollectBody,
    CollectedOut,
    DecisionBody,
    EnvelopeQuery,
    IssuedPairOut,
    JudicialRecoveryBody,
    PairBody,
    PairOut,
    PairPath,
    PairRevocationOut,
    PairRevokeBody,
    ProofBody,
    RecoveriesOut,
    RecoveryOut,
    RecoveryPageQuery,
    StockOut,
    UserRecoveryBody,
    certificate,
    octets,
)
from ca.room import CaRoom
from ca.schemas import decode
from foundation.errors import NotFound
from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Binary, Call, Media, api, collect
from foundation.web.frame import room

_PAIRS, _RECOVERIES = "/api/v1/ca/kmc/pairs", "/api/v1/ca/kmc/recoveries"
_FAULTS = ("invalid-input", "forbidden", "not-found", "conflict", "unavailable")
_TRANSCRIPT = "application/vnd.yinxin.kmc-transcript+json"


def _key(call: Call[Any]) -> str:
    """Each caller counts his own keys."""
    return f"api:{call.principal.client_id or call.principal.label}:{call.key}"[:200]


@api(
    "POST", _PAIRS, tag="ca", summary="签发双证书", summary_en="Issue a signing and an encryption certificate",
    description=Text(
        "加密密钥由密钥管理中心产生并托管，以所选格式封装给签名公钥（CFCA 双密钥请求则封装给其临时公钥）。",
        "The encryption key is made and escrowed by the key centre and enveloped to the signing key, or to the "
        "temporary key of a CFCA double-key request.",
    ),
    body=PairBody, returns=IssuedPairOut, status=201, problems=_FAULTS,
    permission=Permission.CA_ISSUE, audit="ca.kmc.pair_issue", idempotent=True,
)  # fmt: skip
def issue_pair(call: Call[PairBody]) -> IssuedPairOut:
    ca, body = room(CaRoom), call.body
    wanted = Enrolment(
        body.suite,
        body.profile,
        body.subject.subject(),
        body.identity.identity(),
        decode(body.csr),
        _key(call),
        timedelta(days=body.validity_days) if body.validity_days else None,
    )
    made = enrol_pair(ca, call.principal, wanted)
    return IssuedPairOut.made(deliver_pair(ca, call.principal, made, body.delivery), chain(ca, made.signing.der))


@api(
    "GET", _PAIRS + "/{id}", tag="ca", summary="双证书详情", summary_en="One pair of certificates",
    path=PairPath, returns=PairOut, problems=("not-found",), permission=Permission.CA_ISSUE,
)  # fmt: skip
def get_pair(call: Call[None, None, PairPath]) -> PairOut:
    return PairOut.of(pair(room(CaRoom), call.principal, call.path.id))


@api(
    "GET", _PAIRS + "/{id}/envelope", tag="ca", summary="下载加密密钥信封",
    summary_en="The enveloped encryption key, in the form asked for",
    path=PairPath, query=EnvelopeQuery, returns=Media(*MEDIA_TYPES.values()),
    problems=("not-found", "invalid-input", "unavailable"), permission=Permission.CA_ISSUE, rate="write",
    audit="ca.kmc.deliver",
)  # fmt: skip
def get_envelope(call: Call[None, EnvelopeQuery, PairPath]) -> Binary:
    wanted = call.query.delivery or _accepted(request.accept_mimetypes.values())
    got = deliver(room(CaRoom), call.principal, call.path.id, wanted)
    return Binary(got.octets, got.delivery.media_type, headers={"Cache-Control": "no-store"})


def _accepted(types: Iterable[str]) -> Delivery | None:
    """The first form the caller names, most wanted first; anything else means the usual one."""
    names = {media: delivery for delivery, media in MEDIA_TYPES.items()}
    return next((names[one] for one in types if one in names), None)


@api(
    "POST", _PAIRS + "/{id}/revocation", tag="ca", summary="撤销双证书", summary_en="Revoke a pair of certificates",
    path=PairPath, body=PairRevokeBody, returns=PairRevocationOut, problems=_FAULTS,
    permission=Permission.CA_REVOKE, audit="ca.certificate.revoke",
)  # fmt: skip
def post_pair_revocation(call: Call[PairRevokeBody, None, PairPath]) -> PairRevocationOut:
    body = call.body
    return PairRevocationOut.of(revoke_pair(room(CaRoom), call.principal, call.path.id, body.code(), which=body.which))


@api(
    "POST", _RECOVERIES + "/user", tag="ca", summary="申请用户密钥恢复",
    summary_en="Ask for a holder's encryption keys, for his new signing certificate",
    body=UserRecoveryBody, returns=RecoveryOut, status=201, problems=_FAULTS,
    permission=Permission.KM_OPERATE, audit="ca.kmc.recovery_open", idempotent=True,
)  # fmt: skip
def ask_user_recovery(call: Call[UserRecoveryBody]) -> RecoveryOut:
    return RecoveryOut.of(asking.open_user(room(CaRoom), call.principal, call.body.certificate_id, _key(call)))


@api(
    "POST", _RECOVERIES + "/judicial", tag="ca", summary="申请司法密钥恢复",
    summary_en="Ask for encryption keys on behalf of an organ, with a case and a legal basis",
    body=JudicialRecoveryBody, returns=RecoveryOut, status=201, problems=_FAULTS,
    permission=Permission.KM_OPERATE, audit="ca.kmc.recovery_open", idempotent=True,
)  # fmt: skip
def ask_judicial_recovery(call: Call[JudicialRecoveryBody]) -> RecoveryOut:
    body = call.body
    found = asking.open_judicial(
        room(CaRoom),
        call.principal,
        body.certificates,
        certificate(body.organ_certificate),
        body.case(),
        _key(call),
        with_history=body.with_history,
    )
    return RecoveryOut.of(found)


@api(
    "GET", _RECOVERIES, tag="ca", summary="密钥恢复列表", summary_en="Recoveries, newest first",
    query=RecoveryPageQuery, returns=RecoveriesOut, problems=("forbidden",), permission=Permission.KM_READ,
)  # fmt: skip
def list_recoveries(call: Call[None, RecoveryPageQuery]) -> RecoveriesOut:
    asked = call.query
    found = recoveries.recoveries(room(CaRoom), call.principal, after=asked.after, limit=asked.limit)
    return RecoveriesOut(items=[RecoveryOut.of(one) for one in found])


@api(
    "GET", _RECOVERIES + "/{id}", tag="ca", summary="密钥恢复详情", summary_en="One recovery, with what it says",
    path=PairPath, returns=RecoveryOut, problems=("not-found",),
    permission=(Permission.KM_READ, Permission.KM_OPERATE, Permission.KM_APPROVE),
)  # fmt: skip
def get_recovery(call: Call[None, None, PairPath]) -> RecoveryOut:
    return RecoveryOut.of(recoveries.recovery(room(CaRoom), call.principal, call.path.id))


@api(
    "POST", _RECOVERIES + "/{id}/proof", tag="ca", summary="提交持有人证明",
    summary_en="The holder's signature over the challenge, with the new signing key",
    path=PairPath, body=ProofBody, returns=RecoveryOut, problems=_FAULTS,
    permission=Permission.KM_OPERATE, audit="ca.kmc.recovery_prove",
)  # fmt: skip
def post_proof(call: Call[ProofBody, None, PairPath]) -> RecoveryOut:
    value = octets(call.body.signature)
    return RecoveryOut.of(recoveries.prove(room(CaRoom), call.principal, call.path.id, value))


@api(
    "POST", _RECOVERIES + "/{id}/decision", tag="ca", summary="批准或驳回密钥恢复",
    summary_en="Say yes or no to a recovery; never to one's own",
    path=PairPath, body=DecisionBody, returns=RecoveryOut, problems=_FAULTS,
    permission=Permission.KM_APPROVE, audit="hsm.escrow.grant_approve",
)  # fmt: skip
def post_decision(call: Call[DecisionBody, None, PairPath]) -> RecoveryOut:
    body = call.body
    found = recoveries.decide(
        room(CaRoom),
        call.principal,
        call.path.id,
        bytes.fromhex(body.statement_sha256),
        approve=body.decision == "approve",
    )
    return RecoveryOut.of(found)


@api(
    "POST", _RECOVERIES + "/{id}/withdrawal", tag="ca", summary="撤回密钥恢复申请",
    summary_en="Take back a recovery one asked for",
    path=PairPath, returns=RecoveryOut, problems=_FAULTS,
    permission=Permission.KM_OPERATE, audit="ca.kmc.recovery_withdraw",
)  # fmt: skip
def post_withdrawal(call: Call[None, None, PairPath]) -> RecoveryOut:
    return RecoveryOut.of(recoveries.withdraw(room(CaRoom), call.principal, call.path.id))


@api(
    "POST", _RECOVERIES + "/{id}/collection", tag="ca", summary="领取恢复的密钥",
    summary_en="Collect the enveloped keys and the signed transcript; once agreed to by enough others",
    path=PairPath, body=CollectBody, returns=CollectedOut, problems=_FAULTS,
    permission=Permission.KM_OPERATE, audit="ca.kmc.recovery_collect",
)  # fmt: skip
def post_collection(call: Call[CollectBody, None, PairPath]) -> CollectedOut:
    return CollectedOut.of(collecting.collect(room(CaRoom), call.principal, call.path.id, call.body.form))


@api(
    "GET", _RECOVERIES + "/{id}/transcript", tag="ca", summary="下载密钥恢复记录",
    summary_en="The signed transcript of a recovery that was collected",
    path=PairPath, returns=Media(_TRANSCRIPT), problems=("not-found",), permission=Permission.KM_READ,
)  # fmt: skip
def get_transcript(call: Call[None, None, PairPath]) -> Binary:
    found = recoveries.recovery(room(CaRoom), call.principal, call.path.id)
    if found.transcript is None:
        raise NotFound(
            "kmc.no_transcript", Text("密钥尚未领取，没有记录。", "The keys were not collected yet; no transcript.")
        )
    return Binary(
        found.transcript.encode(),
        _TRANSCRIPT,
        filename=f"recovery-{found.id}.json",
        headers={"Cache-Control": "no-store"},
    )


@api(
    "GET", "/api/v1/ca/kmc/stock", tag="ca", summary="备用加密密钥数量", summary_en="How many spare keys there are",
    returns=StockOut, problems=("forbidden", "unavailable"), permission=Permission.KM_READ,
)  # fmt: skip
def get_stock(call: Call) -> StockOut:
    del call
    return StockOut.of(escrow_of(room(CaRoom)).spares())


ROUTES = collect(globals())

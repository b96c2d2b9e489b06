"""Deciding with a cloud key (云签名审批): a code for this very decision, then the key signs its statement once.

A stolen session alone decides nothing: the code goes to the person's phone, counts for one statement, and the signer
asks for it again (`policy`). The confirmation is committed before the key is used; the same call again finishes what a
crash left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case as either
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from foundation.failpoints import reach
from foundation.principal import Permission, Principal
from hsm.digests import sha256
from hsm.keys import Purpose
from hsm.signing import ToBeSigned
from seal.approval import cases
from seal.approval.cloud import keys
from seal.approval.cloud.errors import CodeGone, CodeWrong, KeyUnknown
from seal.approval.cloud.models import KeyState, SealCloudConsent, SealCloudKey, mac_of
from seal.approval.cloud.policy import FRESH
from seal.approval.cloud.room import CloudRoom
from seal.approval.errors import CaseEnded, DecidedAlready, OwnRequest
from seal.approval.models import CaseState, Decision, SealApproval, SealCase

MOST_TRIES, DIGITS = 5, 6


@dataclass(frozen=True, slots=True)
class Sent:
    phone: str
    """Masked."""
    expires_at: datetime


def ask_code(
    room: CloudRoom,
    principal: Principal,
    case_id: UUID,
    decision: Decision = Decision.APPROVE,
    *,
    address: str = "",
) -> Sent:
    """Send a code for this decision on this case; an earlier one counts no more."""
    principal.require(Permission.SEAL_CONSENT)
    case, key = cases.find(room.seal, principal, case_id), _key(room, principal)
    now = room.ground.clock.now()
    if case.requester == principal.label:
        raise OwnRequest
    if case.state != CaseState.WAITING or now >= case.expires_at:
        raise CaseEnded(case.state)
    digest = sha256(cases.statement(room.seal, principal, case_id, decision)).hex()
    room.factor.allow(key.person_id, address)
    code = f"{int.from_bytes(room.ground.ids.random(8), 'big') % 10**DIGITS:0{DIGITS}}"
    identifier = room.ground.ids.uuid7()
    with room.ground.db.begin() as session:
        session.execute(
            update(SealCloudConsent)
            .where(
                SealCloudConsent.case_id == case_id,
                SealCloudConsent.person == principal.label,
                SealCloudConsent.expires_at > now,
            )
            .values(expires_at=now)
        )
        session.add(
            SealCloudConsent(
                id=identifier,
                case_id=case_id,
                key_id=key.id,
                person=principal.label,
                decision=decision,
                statement_sha256=digest,
                code_mac=mac_of(room.ground, identifier, digest, code),
                tries=0,
                sent_at=now,
                expires_at=now + FRESH,
            )
        )
        phone = room.factor.send(session, key.person_id, _text(room, case, decision, code))
        _audit(room, session, principal, case, "ask_code", {"decision": decision.value, "statement": digest})
    return Sent(phone, now + FRESH)


def decide(
    room: CloudRoom,
    principal: Principal,
    case_id: UUID,
    code: str,
    decision: Decision = Decision.APPROVE,
    reason: str | None = None,
) -> SealCase:
    """Sign the decision with the cloud key. A decision that stands already is answered as it stands."""
    principal.require(Permission.SEAL_CONSENT)
    case, key = cases.find(room.seal, principal, case_id), _key(room, principal)
    given = [one for one in cases.approvals(room.seal, case) if one.person == principal.label]
    if given:
        return _stands(case, given[0], decision)
    consent = _confirm(room, principal, case, code, decision)
    reach("seal.cloud_confirmed")
    statement = cases.statement(room.seal, principal, case_id, decision)
    if sha256(statement).hex() != consent.statement_sha256 or consent.key_id != key.id:
        raise CodeGone
    signer = room.seal.keys.signer(key.name)
    value = signer.sign(ToBeSigned(Purpose.APPROVAL, statement, consent.intent, code.encode("ascii")))
    reach("seal.cloud_signed")
    return cases.decide(room.seal, principal, case_id, decision, key.certificate or "", value, reason)


def _stands(case: SealCase, given: SealApproval, decision: Decision) -> SealCase:
    if given.decision != decision:
        raise DecidedAlready
    return case


def _key(room: CloudRoom, principal: Principal) -> SealCloudKey:
    key = keys.mine(room, principal)
    if key is None or key.state != KeyState.ACTIVE:
        raise KeyUnknown
    return key


def _confirm(room: CloudRoom, principal: Principal, case: SealCase, code: str, decision: Decision) -> SealCloudConsent:
    """One statement counts the try and confirms a right code, so parallel tries count; it is committed either way.

    Confirmed before, the same code is right again: the signature may not have come about.
    """
    now = room.ground.clock.now()
    with room.ground.db.begin() as session:
        found = session.scalars(
            select(SealCloudConsent)
            .where(
                SealCloudConsent.case_id == case.id,
                SealCloudConsent.person == principal.label,
                SealCloudConsent.decision == decision,
                SealCloudConsent.expires_at > now,
            )
            .order_by(SealCloudConsent.id.desc())
            .limit(1)
        ).one_or_none()
        if found is None or not (len(code) == DIGITS and code.isascii() and code.isdigit()):
            raise CodeGone if found is None else CodeWrong(MOST_TRIES - found.tries)
        right = SealCloudConsent.code_mac == mac_of(room.ground, found.id, found.statement_sha256, code)
        row = session.execute(
            update(SealCloudConsent)
            .where(
                SealCloudConsent.id == found.id,
                SealCloudConsent.tries < MOST_TRIES,
                SealCloudConsent.expires_at > now,
            )
            .values(
                tries=SealCloudConsent.tries + 1,
                confirmed_at=either((right, func.coalesce(SealCloudConsent.confirmed_at, now)), else_=None),
            )
            .returning(SealCloudConsent.tries, SealCloudConsent.confirmed_at)
            .execution_options(synchronize_session=False)
        ).one_or_none()
        if row is not None:
            said: dict[str, str | bool] = {"statement": found.statement_sha256, "right": row.confirmed_at is not None}
            _audit(room, session, principal, case, "confirm", said)
        session.expunge(found)
    if row is None:
        raise CodeGone
    if row.confirmed_at is None:
        if row.tries >= MOST_TRIES:
            raise CodeGone
        raise CodeWrong(MOST_TRIES - row.tries)
    return found


def _text(room: CloudRoom, case: SealCase, decision: Decision, code: str) -> str:
    """Says what is being decided: a person asked for a code they did not want sees what somebody is about to do."""
    word = "同意" if decision is Decision.APPROVE else "不同意"
    return (
        f"【{room.ground.settings.region.name_zh}电子印章】您正在对用章申请 {str(case.id)[-8:]}"
        f"（文件摘要 {case.digest[:8]}）表示{word}，验证码 {code}，{FRESH.seconds // 60} 分钟内有效。"
        "非本人操作请立即报告，请勿告诉任何人。"
    )


def _audit(
    room: CloudRoom, session: Session, principal: Principal, case: SealCase, word: str, said: Mapping[str, str | bool]
) -> None:
    room.ground.audit.record(
        session, principal, action=f"seal.cloud.{word}", object=f"seal-case:{case.id}", payload=said
    )

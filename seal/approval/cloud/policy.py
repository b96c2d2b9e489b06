"""What the signer asks before an approver's cloud key signs (云签名策略).

The octets are the statement of a case that waits, of exactly the key's person; a code sent for this very statement was
confirmed a moment ago, and the code itself comes along: rows alone do not open the key. A confirmation is for one
statement; another one is refused.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from ca.room import CaRoom
from hsm.digests import same, sha256
from hsm.service.errors import IntentUnknown, PolicyRefused
from hsm.service.policies import Asked, Stated
from seal.approval import statements
from seal.approval.certificates import ApprovalRefused, holder
from seal.approval.cloud.models import KeyState, SealCloudConsent, SealCloudKey, mac_of
from seal.approval.models import CaseState, Decision, SealCase
from seal.models import SealRow

FRESH = timedelta(minutes=5)
"""From confirmation to signature; a crash in between may be recovered within it."""


def check(ca: CaRoom, asked: Asked) -> Stated:
    now = ca.ground.clock.now()
    with ca.ground.db.read() as session:
        consent = session.get(SealCloudConsent, _identifier(asked.intent))
        if consent is None:
            raise IntentUnknown(asked.intent)
        key = session.get(SealCloudKey, consent.key_id)
        _statement(session, asked, consent, now)
    if key is None or key.state != KeyState.ACTIVE or key.person != consent.person:
        raise PolicyRefused("cloud_key", "云密钥不可用", "the cloud key is not in use, or another person's")
    if asked.ref.name != key.name:
        raise PolicyRefused("cloud_key", "签名密钥不属于该审批人", "the key is not the one of this approver")
    _confirmed(ca, asked, consent, now)
    try:
        found = holder(ca, key.certificate or "", now)
    except ApprovalRefused as error:
        raise PolicyRefused(f"cloud_{error.what}", error.detail.zh, error.detail.en) from error
    if found.certificate.spki != asked.ref.spki:
        raise PolicyRefused("cloud_key", "密钥与证书不符", "the certificate is for another key")
    return Stated(facts={"case": str(consent.case_id), "decision": consent.decision})


def _statement(session: Session, asked: Asked, consent: SealCloudConsent, now: datetime) -> None:
    """Exactly what an approver of this case would sign on a device of their own."""
    case = session.get(SealCase, consent.case_id)
    seal = session.get(SealRow, case.seal_id) if case is not None else None
    if case is None or seal is None or consent.decision not in tuple(Decision):
        raise IntentUnknown(asked.intent)
    if case.state != CaseState.WAITING or now >= case.expires_at or case.requester == consent.person:
        raise PolicyRefused("cloud_case", "该申请已结束或不由此人审批", "the case is over, or not this person's")
    said = statements.of_case(case, seal.code, consent.person, consent.decision)
    if asked.data != said or sha256(said).hex() != consent.statement_sha256:
        raise PolicyRefused("cloud_statement", "待签内容不是已确认的审批原文", "these octets were not confirmed")


def _confirmed(ca: CaRoom, asked: Asked, consent: SealCloudConsent, now: datetime) -> None:
    at = consent.confirmed_at
    if at is None or not timedelta(0) <= now - at <= FRESH:
        raise PolicyRefused("cloud_factor", "本人尚未确认或确认已过时", "the person did not confirm just now")
    try:
        code = asked.content.decode("ascii")
    except UnicodeDecodeError as error:
        raise PolicyRefused("cloud_factor", "验证码不正确", "this is not the code that was sent") from error
    wanted = mac_of(ca.ground, consent.id, sha256(asked.data).hex(), code)
    if not same(wanted.encode(), consent.code_mac.encode()):
        raise PolicyRefused("cloud_factor", "验证码不正确", "this is not the code that was sent")


def _identifier(intent: str) -> UUID:
    head, _, rest = intent.partition(":")
    try:
        return UUID(rest) if head == "seal-consent" else UUID(int=0)
    except ValueError as error:
        raise IntentUnknown(intent) from error

"""The signer's own look at the rules of a seal (用章签名核验) before its key signs: approvals, counts, the bytes.

Runs in the signer's process over its own connection. Rows are believed only as far as somebody signed them: rules by
the person who agreed to them, approvals by officials named in those rules. A version of rules once signed under is
remembered in the signer's journal, so taking the rows away does not set the seal free.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.room import CaRoom
from hsm.service.errors import PolicyRefused
from hsm.service.policies import Asked
from hsm.service.records import Facts
from seal.approval import counting, item_lists, redone, rules, seen, statements
from seal.approval.certificates import ApprovalRefused, check_signature, holder
from seal.approval.floors import without_rules
from seal.approval.models import CaseKind, CaseState, Decision, SealApproval, SealCase, SealPolicy, SealUse
from seal.approval.rules import OutsideRules, Rules, Use
from seal.formats import FAMILIES
from seal.models import SealOrder, SealRow

_MOST_APPROVALS = 50
_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rows:
    """What the signer read in one go."""

    policy: SealPolicy | None
    use: SealUse | None
    case: SealCase | None
    approvals: tuple[SealApproval, ...]
    today: int
    ever: int


def check(
    ca: CaRoom, asked: Asked, order: SealOrder, seal: SealRow, floor: int, pinned: Mapping[str, str] = _NONE
) -> Facts:
    """What to write into the journal; raises `PolicyRefused`.

    `floor`: newest version of rules ever signed under; `pinned`: looks of seals ever signed under approvals.
    """
    now = ca.ground.clock.now()
    with ca.ground.db.read() as session:
        rows = _rows(session, order, now)
    if rows.policy is None:
        return without_rules(floor)
    if rows.policy.number < floor:
        raise _refused("rules_old", "该印章的用章规则被换回旧版本", "an older version of the rules was put back")
    ruled = rules.read(rows.policy.rules)
    _rules_signed(ca, rows.policy, ruled, seal)
    case = rows.case
    client = case.client_id if case is not None else rows.use.client_id if rows.use is not None else None
    matter = case.matter if case is not None else rows.use.matter if rows.use is not None else None
    try:
        family = FAMILIES.get(order.format, order.format)
        rules.allow(ruled, Use(family, matter, client or rules.PEOPLE, now, rows.today, rows.ever))
    except OutsideRules as error:
        raise _refused(error.code.rpartition(".")[2], error.detail.zh, error.detail.en) from error
    more: Facts = {}
    if ruled.approvals:
        if case is None:
            raise _refused("not_approved", "该用章指令未经审批", "nobody approved this order")
        _case_is_for(ca, case, rows, order, ruled, now)
        seen.check(asked, order.format, order.document_sha256, order.document_size)
        _approved(ca, case, rows.approvals, ruled, seal, now)
        more = redone.check(ca, asked, order, seal, case, pinned)
    return {**more, "policy": rows.policy.number, "policy_of": str(seal.id)}


def _rows(session: Session, order: SealOrder, now: datetime) -> Rows:
    policy = counting.active(session, order.seal_id)
    if policy is None:
        return Rows(None, None, None, (), 0, 0)
    use = session.get(SealUse, order.id)
    case = session.get(SealCase, use.case_id) if use is not None and use.case_id is not None else None
    query = select(SealApproval).where(SealApproval.case_id == (case.id if case is not None else UUID(int=0)))
    approvals = tuple(session.scalars(query.order_by(SealApproval.id).limit(_MOST_APPROVALS)))
    counted = counting.uses(session, rules.read(policy.rules), order.seal_id, now, order.id)
    return Rows(policy, use, case, approvals, *counted)


def _rules_signed(ca: CaRoom, policy: SealPolicy, ruled: Rules, seal: SealRow) -> None:
    """The rules in force were agreed to by an official of the seal's own department, who did not propose them."""
    if policy.decided_by is None or policy.decided_at is None or policy.signature is None:
        raise _refused("rules_unsigned", "用章规则未经第二人确认", "the rules were not agreed to by a second person")
    statement = statements.of_policy(policy, ruled, seal.code, policy.decided_by, Decision.APPROVE)
    place = ("seal-policy", statement, policy.signature, policy.certificate, policy.decided_at)
    if ca.kept.get(("seal-policy", seal.id)) == place:
        return
    try:
        signer = holder(ca, policy.certificate or "", policy.decided_at)
        check_signature(signer.certificate, statement, policy.signature)
    except ApprovalRefused as error:
        raise _refused(
            "rules_unsigned", "用章规则的确认签名无效", "the signature under the rules does not stand"
        ) from error
    if signer.owner != seal.department or policy.decided_by == policy.proposed_by:
        raise _refused("rules_unsigned", "用章规则由无权的人确认", "the rules were agreed to by the wrong person")
    ca.kept["seal-policy", seal.id] = place


def _case_is_for(ca: CaRoom, case: SealCase, rows: Rows, order: SealOrder, ruled: Rules, now: datetime) -> None:
    """The case is about this very order: seal, bytes, terms, requester, rules, and not over."""
    assert rows.policy is not None  # noqa: S101 - `check` has looked
    if (case.seal_id, case.policy_id, case.policy_sha256) != (order.seal_id, rows.policy.id, ruled.digest):
        raise _refused("case_other", "审批不属于该印章或现行规则", "the approval is for another seal or other rules")
    if case.requester != order.principal or case.state != CaseState.APPROVED:
        raise _refused("case_other", "审批不属于该用章申请", "the approval is for another request")
    if now >= case.expires_at:
        raise _refused("case_expired", "审批已过期", "the approval has expired")
    if json.dumps(json.loads(case.terms).get(order.format), sort_keys=True, separators=(",", ":")) != order.terms:
        raise _refused("terms_other", "用章位置或方式与审批不符", "place or terms are not those approved")
    about = (order.document_sha256, order.document_size, order.format)
    if case.kind == CaseKind.ORDER:
        if case.subject_id != order.id or (case.digest, case.size, case.format) != about:
            raise _refused("case_other", "审批不属于该文件", "the approval is for another document")
        return
    number = rows.use.item if rows.use is not None else None
    if order.order_key != f"batch:{case.subject_id}:{number}":
        raise _refused("case_other", "审批不属于该批次条目", "the approval is for another batch")
    if number is None or item_lists.approved(ca, case).get(number) != about:
        raise _refused(
            "case_other", "文件不在审批通过的批次清单中", "the document is not in the list that was approved"
        )


def _approved(
    ca: CaRoom, case: SealCase, approvals: tuple[SealApproval, ...], ruled: Rules, seal: SealRow, now: datetime
) -> None:
    """As many different people as the rules want, each named there, each with a signature over this case."""
    named = {(one.person, one.certificate) for one in ruled.approvers}
    people: set[tuple[object, ...]] = set()
    for one in approvals:
        if one.decision != Decision.APPROVE:
            raise _refused("case_refused", "有审批人不同意", "an approver refused")
        if (one.person, one.certificate) not in named or one.person == case.requester:
            raise _refused(
                "approver", "审批人不在名单中或就是申请人", "an approver is not named, or asked for it himself"
            )
        try:
            said = statements.of_case(case, seal.code, one.person, one.decision)
            signer = holder(ca, one.certificate, now, (said, one.signature))
        except ApprovalRefused as error:
            raise _refused(f"approval_{error.what}", error.detail.zh, error.detail.en) from error
        people.add(signer.who)
    if len(people) < ruled.approvals:
        raise _refused("not_approved", "审批人数不足", "too few different people approved")


def _refused(what: str, zh: str, en: str) -> PolicyRefused:
    return PolicyRefused(what, zh, en)

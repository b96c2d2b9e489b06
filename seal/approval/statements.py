"""What an approver signs (审批签名原文): plain lines a device can show, the same for web, signer and approver.

Every line is `name: value` without free text, in this order, ending in a line feed; the first line keeps these octets
apart from everything else anybody signs.
"""

from __future__ import annotations

from datetime import UTC, datetime

from hsm.digests import sha256
from seal.approval.models import SealCase, SealPolicy
from seal.approval.rules import Rules

CASE_HEAD, POLICY_HEAD = "Yinxin seal approval v1", "Yinxin seal policy v1"


def of_case(case: SealCase, seal_code: str, person: str, decision: str) -> bytes:
    """The exact bytes, the seal, the place, the case, its expiry, and what was decided by whom."""
    return _lines(
        CASE_HEAD,
        ("case", str(case.id)),
        (case.kind, str(case.subject_id)),
        ("seal", seal_code),
        ("format", case.format),
        ("sha256", case.digest),
        ("size", str(case.size)),
        ("terms-sha256", sha256(case.terms.encode()).hex()),
        ("matter", f"{case.matter or '-'} {case.matter_number or '-'}"),
        ("requester", case.requester),
        ("client", case.client_id or "-"),
        ("rules-sha256", case.policy_sha256),
        ("expires", moment(case.expires_at)),
        ("approver", person),
        ("decision", decision),
    )


def of_policy(policy: SealPolicy, rules: Rules, seal_code: str, person: str, decision: str) -> bytes:
    return _lines(
        POLICY_HEAD,
        ("policy", str(policy.id)),
        ("seal", seal_code),
        ("number", str(policy.number)),
        ("rules-sha256", rules.digest),
        ("proposer", policy.proposed_by),
        ("approver", person),
        ("decision", decision),
    )


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _lines(head: str, *lines: tuple[str, str]) -> bytes:
    for name, value in lines:
        if "\n" in value or "\r" in value:  # a value that adds a line would say something else
            raise ValueError(f"line feed in {name}")
    return "".join([head + "\n", *(f"{name}: {value}\n" for name, value in lines)]).encode()

"""A seal without rules (无用章规则): used as it always was, unless it had them once (签名策略)."""

from __future__ import annotations

from hsm.service.errors import PolicyRefused
from hsm.service.records import Facts


def without_rules(floor: int) -> Facts:
    """`floor`: the newest version of rules this signer ever signed under; 0 for none."""
    if floor:
        raise PolicyRefused("rules_gone", "该印章的用章规则记录已被移除", "the rules of this seal were taken away")
    return {}

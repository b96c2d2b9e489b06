"""What a policy sees and says (签名策略), and the signer's own clock rule.

A policy is a function of a room (`ca` for certificates, `seal` for seals …), plugged in by `server`. It reads the
octets with bounded readers and compares them with the committed intent in the signer's own database connection; it
raises to refuse. It is asked before every signature, also on recovery.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, cast

from foundation.clock import Clock
from hsm.digests import sha256
from hsm.keys import KeyRef, Purpose
from hsm.service.errors import PolicyRefused, SignerClock
from hsm.service.journal import BACKWARDS, Journal
from hsm.service.records import Facts

AHEAD = timedelta(seconds=5)
PROMPT = timedelta(minutes=2)
"""For content made for this very signature: lists, answers, tokens."""
LATE = timedelta(minutes=15)
"""For content frozen in an intent, which recovery may sign after a crash. Only time in which a signer ran counts."""
MOST_CONTENTS = 16


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """One request to sign, with the key it asks for."""

    ref: KeyRef
    purpose: Purpose
    intent: str
    data: bytes
    content: bytes = b""
    """What `data` holds only the digest of, where the purpose has such a thing."""


@dataclass(frozen=True, slots=True, repr=False)
class Stated:
    """What a policy learnt from the octets."""

    at: datetime | None = None
    """The time they state; None when they state none that is now."""
    late: timedelta = PROMPT
    again: bytes | None = None
    """The signature already on record for exactly these octets: answered instead of a second one."""
    several: bool = False
    """One intent may have several contents (a second run of a document order embeds another time stamp)."""
    facts: Facts = field(default_factory=dict)


Policy = Callable[[Asked], Stated]
Policies = Mapping[Purpose, Policy]


class Foresees(Protocol):
    """The ability of a policy to read at once what it needs for many requests; it still judges each by itself."""

    def foresee(self, asked: Sequence[Asked]) -> Policy: ...


def foreseen(policies: Policies, purpose: Purpose, asked: Sequence[Asked]) -> Policies:
    """The same policies, with what the one of `purpose` needs for these requests at hand."""
    policy = policies.get(purpose)
    look = getattr(policy, "foresee", None)
    if policy is None or look is None:
        return policies
    return {**policies, purpose: cast("Foresees", policy).foresee(asked)}


def approved(policies: Policies, asked: Asked, journal: Journal, clock: Clock, permitted: set[str]) -> Stated:
    """Every rule there is for this request, in turn."""
    policy = policies.get(asked.purpose)
    if policy is None:
        raise PolicyRefused("none", f"用途“{asked.purpose}”没有签名策略", f"purpose {asked.purpose} has no policy")
    stated = policy(asked)
    if stated.again is None:
        _one_content(asked, stated, journal)
        _clock(asked, stated, journal, clock.now(), permitted)
    return stated


def _one_content(asked: Asked, stated: Stated, journal: Journal) -> None:
    """The same intent again is recovery; the same intent over other octets is a second spend."""
    known = journal.memory.signed_under(str(asked.ref), asked.intent)
    if sha256(asked.data).hex() in known or len(known) < (MOST_CONTENTS if stated.several else 1):
        return
    raise PolicyRefused(
        "spent",
        "该签名意向已用于另一份内容",
        "this intent was already spent on other content",
    )


def _clock(asked: Asked, stated: Stated, journal: Journal, now: datetime, permitted: set[str]) -> None:
    last = journal.last_at
    if last is not None and now < last - BACKWARDS:
        raise SignerClock(
            "系统时钟早于签名日志的最后一条记录，请先校准时钟",
            "the clock is earlier than the journal's last record; set it right first",
        )
    if stated.at is None or asked.intent in permitted:
        return
    if stated.at > now + AHEAD:
        raise SignerClock("待签内容的时间晚于当前时间", "the content is dated ahead of the clock")
    if stated.at < journal.memory.earliest(now, stated.late) - BACKWARDS:
        raise SignerClock(
            "待签内容的时间过早（防止倒签）。确因长时间停机遗留的，由操作员执行 yinxin signer permit 放行",
            "the content is dated too long ago. If an outage left it behind, an operator may run yinxin signer permit",
        )

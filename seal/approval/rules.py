"""The rules of a seal (用章规则): how many approve and who, when, what, for which matter, how often, which program.

Plain frozen values with one canonical JSON, because the rules are signed. Times of day are the region's civil time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from foundation.clock import SHANGHAI
from foundation.errors import Damaged, FieldFault, Forbidden, InvalidInput
from foundation.text import Text
from hsm.digests import sha256

FORMATS = ("pdf", "ofd", "detached", "hash")
PEOPLE = "people"
"""Named among a seal's programs, it allows orders people give by hand."""
MOST_APPROVERS, MOST_LISTED, MOST_HOURS = 50, 200, 21


@dataclass(frozen=True, slots=True)
class Approver:
    """A person as principals are labelled, and one certificate of theirs (SHA-256, hexadecimal)."""

    person: str
    certificate: str


@dataclass(frozen=True, slots=True)
class Hours:
    """From `start` to `end`, both `HH:MM`, on these days of the week (Monday is 1)."""

    days: tuple[int, ...]
    start: str
    end: str

    def hold(self, at: datetime) -> bool:
        local = at.astimezone(SHANGHAI)
        return local.isoweekday() in self.days and self.start <= local.strftime("%H:%M") < self.end


@dataclass(frozen=True, slots=True)
class Rules:
    """None in a list means: no limit of that kind."""

    approvals: int = 0
    approvers: tuple[Approver, ...] = ()
    hours: tuple[Hours, ...] | None = None
    formats: tuple[str, ...] | None = None
    matters: tuple[str, ...] | None = None
    clients: tuple[str, ...] | None = None
    per_day: int | None = None
    in_total: int | None = None
    valid_minutes: int = 3 * 24 * 60
    """How long a request may wait, and its approvals count."""

    @property
    def canonical(self) -> str:
        said = {
            "approvals": self.approvals,
            "approvers": [[one.person, one.certificate] for one in self.approvers],
            "hours": None if self.hours is None else [[list(h.days), h.start, h.end] for h in self.hours],
            "formats": self.formats,
            "matters": self.matters,
            "clients": self.clients,
            "per_day": self.per_day,
            "in_total": self.in_total,
            "valid_minutes": self.valid_minutes,
        }
        return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    @property
    def digest(self) -> str:
        return sha256(self.canonical.encode()).hex()

    @property
    def valid(self) -> timedelta:
        return timedelta(minutes=self.valid_minutes)


def read(text: str) -> Rules:
    """Rules from their canonical text; anything else is `Damaged`, so it never means "no rules"."""
    try:
        said: Mapping[str, Any] = json.loads(text)
        hours = said["hours"]
        lists = {name: _listed(said[name]) for name in ("formats", "matters", "clients")}
        rules = Rules(
            approvals=said["approvals"],
            approvers=tuple(Approver(person, certificate) for person, certificate in said["approvers"]),
            hours=None if hours is None else tuple(Hours(tuple(days), start, end) for days, start, end in hours),
            **lists,
            per_day=said["per_day"],
            in_total=said["in_total"],
            valid_minutes=said["valid_minutes"],
        )
        if rules.canonical != text:
            raise ValueError("spelling")  # noqa: TRY301 - told as damage below
    except (ValueError, TypeError, KeyError) as error:
        raise Damaged(
            "seal.policy_damaged",
            Text("用章规则的记录已损坏，请联系安全审计员。", "The seal's rules are damaged. Call the auditor."),
        ) from error
    return rules


def _listed(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def check(rules: Rules) -> None:
    """Refuse rules nobody could keep."""
    persons = {one.person for one in rules.approvers}
    faults = [
        ("approvals", rules.approvals not in (0, 1, 2), Text("审批人数须为 0、1 或 2。", "Approvals are 0, 1 or 2.")),
        (
            "approvers",
            len(persons) < rules.approvals or len(rules.approvers) > MOST_APPROVERS,
            Text("审批人名单不足或过长。", "The list of approvers is too short for these approvals, or too long."),
        ),
        (
            "hours",
            rules.hours is not None and not (0 < len(rules.hours) <= MOST_HOURS and all(map(_sound, rules.hours))),
            Text("用章时段有误。", "The hours are not right."),
        ),
        (
            "formats",
            rules.formats is not None and not (rules.formats and set(rules.formats) <= set(FORMATS)),
            Text("文件种类有误。", "The kinds of document are not right."),
        ),
    ]
    wrong = tuple(FieldFault(f"/{name}", text) for name, bad, text in faults if bad)
    if wrong:
        raise InvalidInput("seal.policy", Text("用章规则填写有误。", "The rules are not right."), faults=wrong)


def _sound(hours: Hours) -> bool:
    return bool(hours.days) and set(hours.days) <= set(range(1, 8)) and "00:00" <= hours.start < hours.end <= "24:00"


def opens(rules: Rules, after: datetime) -> datetime:
    """The first moment from `after` on that lies within the hours."""
    if rules.hours is None or any(hours.hold(after) for hours in rules.hours):
        return after
    today = after.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [
        today + timedelta(days=day, hours=int(one.start[:2]), minutes=int(one.start[3:]))
        for day in range(8)
        for one in rules.hours
        if (today + timedelta(days=day)).isoweekday() in one.days
    ]
    return min(start for start in starts if start > after)


def next_day(at: datetime) -> datetime:
    """Midnight of the region's civil time, when a day's count begins anew."""
    local = at.astimezone(SHANGHAI)
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


class OutsideRules(Forbidden):
    """The seal's rules do not allow this use; nothing was recorded."""

    def __init__(self, what: str, zh: str, en: str) -> None:
        super().__init__(
            f"seal.rules_{what}",
            Text(
                f"印章规则不允许这次用章：{zh}。请联系印章管理人。",
                f"The rules of the seal do not allow this use: {en}. Ask its owner.",
            ),
        )


@dataclass(frozen=True, slots=True)
class Use:
    """One use as the rules see it."""

    format: str
    matter: str | None
    client: str | None
    at: datetime
    today: int
    """Uses of this seal on the same day up to and with this one."""
    ever: int


def allow(rules: Rules, use: Use) -> None:
    """Raises `OutsideRules` with the first rule that is not kept."""
    if rules.formats is not None and use.format not in rules.formats:
        raise OutsideRules("format", "不允许对这种文件用章", "this kind of document")
    if rules.matters is not None and use.matter not in rules.matters:
        raise OutsideRules("matter", "不允许为该事项用章", "this matter")
    if rules.clients is not None and use.client not in rules.clients:
        raise OutsideRules("client", "不允许由该应用用章", "this program")
    if rules.hours is not None and not any(hours.hold(use.at) for hours in rules.hours):
        raise OutsideRules("hours", "当前不在允许用章的时段", "this time")
    if rules.per_day is not None and use.today > rules.per_day:
        raise OutsideRules("per_day", "今日用章次数已满", "the number of uses a day")
    if rules.in_total is not None and use.ever > rules.in_total:
        raise OutsideRules("in_total", "用章总次数已满", "the number of uses in total")

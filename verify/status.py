"""Asking whether a licence still stands (证照状态查询): the protocol the verifier needs, and what it makes of answers.

`licence` implements `StatusSource` for this region. The verifier knows nothing of registers: no source, or a source
that is away, is said in the report and never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from foundation.errors import Unavailable
from verify.report import Finding, LicenceFacts, stamp
from verify.words import finding


class LicenceState(StrEnum):
    VALID = "valid"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class LicenceStatus:
    """`at`: since when it has this state (day of expiry, moment of revocation). `reason` holds no personal data."""

    state: LicenceState
    checked_at: datetime
    at: datetime | None = None
    reason: str | None = None
    identifier: str | None = None
    """电子证照标识, when the question was about a printed code."""


class StatusSource(Protocol):
    """None means the register holds no such licence. Raises `Unavailable` when it cannot be asked."""

    def licence_status(self, identifier: str) -> LicenceStatus | None: ...

    def code_status(self, template_id: str, status_index: int) -> LicenceStatus | None: ...


_CODES = {
    LicenceState.NOT_YET_VALID: "licence.not_yet_valid",
    LicenceState.EXPIRED: "licence.expired",
    LicenceState.SUSPENDED: "licence.suspended",
    LicenceState.REVOKED: "licence.revoked",
    LicenceState.SUPERSEDED: "licence.superseded",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The facts with the state filled in, and what it means for the verdict."""

    facts: LicenceFacts
    findings: tuple[Finding, ...]


def ask_about_file(facts: LicenceFacts, source: StatusSource | None) -> Asked:
    """By the 电子证照标识 the file names."""
    if source is None or facts.identifier is None:
        return Asked(facts, (finding("licence.status_not_checked"),))
    try:
        status = source.licence_status(facts.identifier)
    except Unavailable:
        return Asked(facts, (finding("licence.status_unavailable"),))
    return _told(facts, status)


def ask_about_code(facts: LicenceFacts, template_id: str, status_index: int, source: StatusSource | None) -> Asked:
    """By template and status index: a printed code carries no identifier."""
    if source is None:
        return Asked(facts, (finding("licence.status_not_checked"),))
    try:
        status = source.code_status(template_id, status_index)
    except Unavailable:
        return Asked(facts, (finding("licence.status_unavailable"),))
    return _told(facts, status)


def _told(facts: LicenceFacts, status: LicenceStatus | None) -> Asked:
    if status is None:
        return Asked(facts, (finding("licence.unknown"),))
    facts = replace(
        facts,
        identifier=facts.identifier or status.identifier,
        state=status.state.value,
        checked_at=status.checked_at,
    )
    if status.state is LicenceState.VALID:
        return Asked(facts, (finding("licence.valid", stamp(status.checked_at)),))
    when = stamp(status.at) or "?"
    return Asked(facts, (finding(_CODES[status.state], f"{when} {status.reason or ''}".strip()),))

"""The rules of registration (注册审核规则), as data: who may ask for what, how many must agree, and until when.

What a profile allows is read from the profile; reasons follow RFC 5280 5.3.1 (a subscriber may not claim
privilegeWithdrawn, a hold is no revocation), deadlines the CA/Browser Forum's BR 4.9.1.1.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from ca import oids
from ca.profiles import Holder, Profile
from ca.reading.crl import Reason
from ca.registration.states import ISSUING, Kind, State
from ca.room import CaRoom
from foundation.errors import InvalidInput
from foundation.text import Text


class Channel(StrEnum):
    """On whose behalf it is filed."""

    SELF = "self"
    COMPANY = "company"
    """By an agent, for a legal person (经办人)."""
    DEPARTMENT = "department"
    """By a department or its program, for itself and its officials."""
    COUNTER = "counter"
    """By an RA officer, for somebody who stands there."""


class Delivery(StrEnum):
    TOKEN = "token"  # noqa: S105 - a device
    """The key is in the holder's token; a PKCS#10 request proves it, now or when the code is redeemed."""
    PKCS12 = "pkcs12"
    """A key made by us and handed over in a file."""
    NONE = "none"
    """The key stays what it is, or nothing is delivered at all."""


_PERSON = frozenset((Channel.SELF, Channel.COUNTER))
_MEMBER = frozenset((Channel.COMPANY, Channel.DEPARTMENT, Channel.COUNTER))


def open_profile(room: CaRoom, name: str) -> Profile:
    """A profile one may ask for; the platform's own are refused."""
    profile = room.profile(name)
    if not profile.requestable:
        raise InvalidInput(
            "ca.profile_reserved",
            Text("该模板只供平台自身使用，不接受申请。", "This profile is the platform's own and cannot be asked for."),
        )
    return profile


def channels(profile: Profile) -> frozenset[Channel]:
    """A person asks for himself; whatever names an organisation is asked for by somebody of it."""
    alone = profile.holder is Holder.PERSON and oids.ORGANIZATION not in profile.subject
    return _PERSON if alone else _MEMBER


def approvals(profile: Profile) -> int:
    """Two persons wherever the certificate speaks for an organisation, one for a citizen's own."""
    return 1 if channels(profile) is _PERSON else 2


def needed(kind: Kind, profile: Profile, *, subscriber: bool) -> int:
    """Approvals it takes. What only makes things safer takes none when the subscriber asks (BR 4.9.1.1 item 1)."""
    if kind in ISSUING:
        return approvals(profile)
    if kind is Kind.HOLD:
        return 0
    if kind is Kind.REVOKE:
        return 0 if subscriber else 1
    return 1


_BY_SUBSCRIBER = (
    Reason.UNSPECIFIED,
    Reason.KEY_COMPROMISE,
    Reason.AFFILIATION_CHANGED,
    Reason.SUPERSEDED,
    Reason.CESSATION_OF_OPERATION,
)
_BY_OFFICER = (
    Reason.KEY_COMPROMISE,
    Reason.AFFILIATION_CHANGED,
    Reason.SUPERSEDED,
    Reason.CESSATION_OF_OPERATION,
    Reason.PRIVILEGE_WITHDRAWN,
)


def reasons(kind: Kind, *, subscriber: bool) -> tuple[Reason, ...]:
    """What may be given as reason; the first is the usual one, and a single one need not be said."""
    match kind:
        case Kind.REVOKE:
            return _BY_SUBSCRIBER if subscriber else _BY_OFFICER
        case Kind.REKEY:
            return Reason.SUPERSEDED, Reason.KEY_COMPROMISE
        case Kind.CHANGE:
            return (Reason.AFFILIATION_CHANGED,)
        case Kind.HOLD:
            return (Reason.CERTIFICATE_HOLD,)
        case _:
            return ()


_URGENT = frozenset((Reason.UNSPECIFIED, Reason.KEY_COMPROMISE, Reason.CA_COMPROMISE))
URGENT, USUAL = timedelta(hours=24), timedelta(days=5)


def deadline(kind: Kind, reason: Reason | None, *, subscriber: bool) -> timedelta | None:
    """How long a revocation may take: 24 hours at the subscriber's word or a lost key, else 5 days."""
    if kind is Kind.REVOKE:
        return URGENT if subscriber or reason in _URGENT else USUAL
    return URGENT if kind is Kind.REKEY and reason is Reason.KEY_COMPROMISE else None


RENEWAL_WINDOW = timedelta(days=90)
"""So long before its end a certificate may be renewed."""
MOST_WITH_ONE_KEY = 2
"""A key serves in two certificates: renewed once, then a new one."""

LIVES: dict[State, timedelta] = {
    State.DRAFT: timedelta(days=30),
    State.RETURNED: timedelta(days=30),
    State.SUBMITTED: timedelta(days=60),
    State.REVIEWED: timedelta(days=60),
    State.APPROVED: timedelta(days=14),
}
"""An application nobody goes on with lapses; the collection code lives as long as the approval."""


class Evidence(StrEnum):
    IDENTITY = "identity"
    BUSINESS_LICENCE = "business-licence"
    AUTHORISATION = "authorisation"
    APPOINTMENT = "appointment"
    OTHER = "other"


def evidence(kind: Kind, channel: Channel) -> frozenset[Evidence]:
    """Any one of these must be attached; empty: none is needed, the login or the department vouches."""
    if kind not in (Kind.NEW, Kind.CHANGE):
        return frozenset()
    if channel is Channel.COMPANY:
        return frozenset((Evidence.BUSINESS_LICENCE, Evidence.AUTHORISATION))
    if channel is Channel.COUNTER:
        return frozenset((Evidence.IDENTITY, Evidence.BUSINESS_LICENCE, Evidence.APPOINTMENT))
    return frozenset()

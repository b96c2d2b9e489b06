"""An order for a pair (双证书申请单): checked before anything is recorded, kept sealed until both certificates are out.

Both certificates are prepared and linted once without being recorded, so an order that would fail at the second
certificate fails before the first exists and before a key is allotted.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from ca.enrol import Enrolment, check_requestable, check_scope, proven_key
from ca.kmc.double_key import temporary_key
from ca.kmc.errors import KeyKind, NoTwin
from ca.kmc.owners import SUFFIX, owner_reference
from ca.names import Subject
from ca.prepare import owner_of, prepare, wanted_from
from ca.profiles import Profile
from ca.reading.identity import IdentityExtensions
from ca.room import CaRoom
from ca.suites import Suite
from foundation.der import DerError
from foundation.errors import FieldFault, InvalidInput
from foundation.principal import Principal
from foundation.text import Text
from hsm.errors import BadKey
from hsm.keys import Algorithm
from hsm.public_keys import describe
from hsm.weak_keys import WeakKey, check_strong

PLAIN, CFCA = "plain", "cfca"
_ALGORITHMS = {Suite.SM2: Algorithm.SM2, Suite.RSA: Algorithm.RSA_2048}
_REFERENCES_KEPT = 200


@dataclass(frozen=True, slots=True, repr=False)
class PairOrder:
    """`spki` is the proven signing key, `recipient` whom the encryption key is enveloped to."""

    suite: Suite
    profile: str
    subject: Subject
    identity: IdentityExtensions
    spki: bytes
    recipient: bytes
    dialect: str
    validity: timedelta | None
    request_key: str

    @property
    def twin(self) -> str:
        return self.profile + SUFFIX

    @property
    def algorithm(self) -> Algorithm:
        return _ALGORITHMS[self.suite]

    def text(self) -> str:
        """Canonical JSON; holds personal data."""
        said: dict[str, Any] = {
            "suite": self.suite.value,
            "profile": self.profile,
            "subject": asdict(self.subject),
            "identity": asdict(self.identity),
            "spki": base64.b64encode(self.spki).decode(),
            "recipient": base64.b64encode(self.recipient).decode(),
            "dialect": self.dialect,
            "validity": self.validity.total_seconds() if self.validity else None,
        }
        return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def order_of_text(text: str, request_key: str) -> PairOrder:
    said = json.loads(text)
    lasts = said["validity"]
    return PairOrder(
        Suite(said["suite"]),
        said["profile"],
        Subject(**said["subject"]),
        IdentityExtensions(**said["identity"]),
        base64.b64decode(said["spki"]),
        base64.b64decode(said["recipient"]),
        said["dialect"],
        timedelta(seconds=lasts) if lasts is not None else None,
        request_key,
    )


def checked(room: CaRoom, principal: Principal, wanted: Enrolment) -> PairOrder:
    """Who asks, for what, with which keys. Everything that can be refused is refused here."""
    check_requestable(room, wanted.profile)
    check_scope(principal, wanted)
    if room.find_profile(wanted.profile + SUFFIX) is None:
        raise NoTwin
    if wanted.suite not in _ALGORITHMS:
        raise KeyKind
    spki = proven_key(wanted.csr)
    temporary = _temporary(wanted.csr)
    order = PairOrder(
        wanted.suite,
        wanted.profile,
        wanted.subject,
        wanted.identity,
        spki,
        temporary or spki,
        CFCA if temporary else PLAIN,
        wanted.validity,
        wanted.request_key,
    )
    _check_recipient(order)
    _check_both(room, order)
    return order


def _temporary(csr: bytes) -> bytes | None:
    try:
        found = temporary_key(csr)
        if found is not None:
            check_strong(found)  # the encryption key would be as weak as the key that covers it
    except (DerError, BadKey, WeakKey) as error:
        raise InvalidInput(
            "kmc.temporary_key",
            Text(
                "双密钥请求中的临时公钥无法识别或强度不足。",
                "The temporary public key of this double-key request is unreadable or too weak.",
            ),
            faults=(FieldFault("/csr", error.detail),),
        ) from error
    return found


def _check_recipient(order: PairOrder) -> None:
    """An SM2 key travels under SM2, an RSA key under RSA: what covers a key is no weaker than its kind."""
    kind = describe(order.recipient)
    if not (kind == "SM2" if order.suite is Suite.SM2 else kind.startswith("RSA-")):
        raise KeyKind


def _check_both(room: CaRoom, order: PairOrder) -> None:
    authority, now = room.authority(f"{order.suite}-issuing"), room.ground.clock.now()
    for name in (order.profile, order.twin):
        # The signing key stands in for the encryption key, which does not exist yet
        wanted = wanted_from(
            authority,
            room.profile(name),
            order.subject,
            order.spki,
            order.identity,
            order.request_key,
            lasts_in(room.profile(name), order.validity),
        )
        prepare(room, wanted, now)


def lasts_in(profile: Profile, validity: timedelta | None) -> timedelta | None:
    """A wish longer than this profile allows becomes its own lifetime; the signing profile has judged it already."""
    return None if validity is None else min(validity, profile.lifetime) if profile.encrypts else validity


def owner(room: CaRoom, order: PairOrder) -> str:
    return owner_reference(room, room.profile(order.profile), order.subject, order.identity)


def department(order: PairOrder) -> str | None:
    return owner_of(order.subject, order.identity)


def enrolment_with_key(wanted: Enrolment, request_key: str) -> Enrolment:
    return replace(wanted, request_key=request_key[:_REFERENCES_KEPT])

"""Enrolment (证书申请): a request from outside becomes an order.

From the CSR only the key is taken, after it proved possession; name, identity and profile come from the caller's own
data (T11). A department's program may only ask for certificates of its own department.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ca.issue import IssuedCertificate, leaf, run
from ca.issue_many import Outcome, issue_many
from ca.names import Subject
from ca.prepare import Wanted, owner_of
from ca.reading.alternative import NO_NAMES, AlternativeNames
from ca.reading.csr import read_request
from ca.reading.identity import IdentityExtensions
from ca.room import CaRoom
from ca.signatures import check_request
from ca.suites import Suite
from foundation.der import DerError
from foundation.errors import FieldFault, Forbidden, InvalidInput, YinxinError
from foundation.principal import Kind, Principal
from foundation.text import Text
from hsm.errors import BadKey, BadSignature
from hsm.weak_keys import WeakKey, check_strong


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    suite: Suite
    profile: str
    subject: Subject
    identity: IdentityExtensions
    csr: bytes
    request_key: str
    validity: timedelta | None = None
    names: AlternativeNames = NO_NAMES


def enrol(room: CaRoom, principal: Principal, wanted: Enrolment) -> IssuedCertificate:
    """Check who asks and that the key is theirs, then issue."""
    return run(room, principal, ordered(room, principal, wanted))


def enrol_many(room: CaRoom, principal: Principal, wanted: Sequence[Enrolment | YinxinError]) -> list[Outcome]:
    """As `enrol` for each, in two transactions for all; what is refused is told beside what was issued.

    A line that could not even be read comes as its error and leaves as it came.
    """
    orders: list[Wanted | YinxinError] = []
    for one in wanted:
        try:
            orders.append(one if isinstance(one, YinxinError) else ordered(room, principal, one))
        except YinxinError as error:
            orders.append(error)
    made = iter(issue_many(room, principal, [order for order in orders if isinstance(order, Wanted)]))
    return [next(made) if isinstance(order, Wanted) else order for order in orders]


def ordered(room: CaRoom, principal: Principal, wanted: Enrolment) -> Wanted:
    check_requestable(room, wanted.profile)
    check_scope(principal, wanted)
    return leaf(
        room,
        wanted.suite,
        wanted.profile,
        subject=wanted.subject,
        spki=proven_key(wanted.csr),
        identity=wanted.identity,
        request_key=wanted.request_key,
        validity=wanted.validity,
        names=wanted.names,
    )


def check_requestable(room: CaRoom, profile: str) -> None:
    if not room.profile(profile).requestable:
        raise InvalidInput(
            "ca.profile_reserved",
            Text("该模板只供平台自身使用，不接受申请。", "This profile is the platform's own and cannot be asked for."),
        )


def check_scope(principal: Principal, wanted: Enrolment) -> None:
    """A program acts for its department; officials who run the CA act for the region."""
    if principal.kind is not Kind.CLIENT:
        return
    if principal.department is None or owner_of(wanted.subject, wanted.identity) != principal.department:
        raise Forbidden(
            "ca.other_department",
            Text(
                "应用只能为本部门申请证书，请在身份标识中填写本部门的统一社会信用代码。",
                "A program may ask for certificates of its own department only; state its USCC as organisation code.",
            ),
        )


def proven_key(csr: bytes) -> bytes:
    """The public key of a PKCS#10 request that is signed with it."""
    try:
        request = read_request(csr)
        check_strong(request.spki)  # first: anybody can prove possession of a key anybody can factor
        check_request(request)
    except WeakKey as error:
        raise InvalidInput(error.code, error.detail, faults=(FieldFault("/csr", error.why),)) from error
    except (DerError, BadKey, BadSignature) as error:
        raise InvalidInput(
            "ca.csr",
            Text(
                "证书请求无法解析，或未通过私钥持有验证。",
                "The certificate request is damaged or not signed with its own key.",
            ),
            faults=(FieldFault("/csr", error.detail),),
        ) from error
    return request.spki

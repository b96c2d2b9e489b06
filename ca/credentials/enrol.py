"""Issuing on a credential (凭据签发): organisation, number and profile from the credential, names as permitted.

One door for ACME, EST and CMP. The suite follows the key: an SM2 key gets an SM2 certificate, others one that readers
without SM2 can check.
"""

from __future__ import annotations

from dataclasses import dataclass

from ca.credentials.names import is_host, permits
from ca.credentials.store import Credential
from ca.credentials.wishes import Wishes
from ca.enrol import check_requestable, proven_key
from ca.issue import IssuedCertificate, issue
from ca.names import Subject
from ca.reading.identity import IdentityExtensions
from ca.room import CaRoom
from ca.suites import Suite
from foundation.errors import Forbidden, InvalidInput
from foundation.text import Text
from hsm.public_keys import describe


@dataclass(frozen=True, slots=True)
class Ordered:
    """Names a certificate shall have, already compared with what is permitted or proven."""

    common_name: str
    dns: tuple[str, ...] = ()


def named_key(csr: bytes) -> bytes:
    """The key of a request that proved possession of it."""
    return proven_key(csr)


def permitted(credential: Credential, wishes: Wishes) -> Ordered:
    """The wishes of a request, provided the credential permits every one of them."""
    common = wishes.common_name or (wishes.dns[0] if wishes.dns else None)
    if common is None or wishes.other:
        raise InvalidInput(
            "ca.credential_wishes",
            Text(
                "证书请求须含通用名（CN）或域名，且不得含其他类型的名称。",
                "The request must have a common name or DNS names, and no names of other kinds.",
            ),
        )
    name = common.lower() if is_host(common.lower()) else common
    wanted = dict.fromkeys((*wishes.dns, name))
    refused = [one for one in wanted if not permits(credential.names, one)]
    if refused:
        raise Forbidden(
            "ca.credential_name",
            Text(
                f"登记凭据不允许这些名称：{'、'.join(refused)[:200]}。",
                f"The enrolment credential does not permit: {', '.join(refused)[:200]}.",
            ),
        )
    return Ordered(name, tuple(one for one in wanted if is_host(one) and "." in one))


def issue_for(
    room: CaRoom, credential: Credential, ordered: Ordered, csr: bytes, request_key: str
) -> IssuedCertificate:
    """The certificate for the key of `csr`; the same `request_key` gives the same one again."""
    return issue_key(room, credential, ordered, proven_key(csr), request_key)


def issue_key(
    room: CaRoom, credential: Credential, ordered: Ordered, spki: bytes, request_key: str
) -> IssuedCertificate:
    """As `issue_for`, for a key whose possession the protocol proved in its own way (CMP).

    The profile is looked at again: a credential outlives what its officer might ask for, and rows can be tampered with.
    """
    check_requestable(room, credential.profile)
    return issue(
        room,
        credential.principal,
        suite=_suite(spki),
        profile=credential.profile,
        subject=Subject(ordered.common_name, organization=credential.organization),
        spki=spki,
        identity=IdentityExtensions(organization_code=credential.department),
        request_key=request_key,
        dns=ordered.dns,
    )


def _suite(spki: bytes) -> Suite:
    return Suite.SM2 if describe(spki) == "SM2" else Suite.RSA

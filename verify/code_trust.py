"""Which keys may sign printed codes (编码密钥信任): published code-signer certificates that lead to a trusted root.

A code has no time stamp, so a revoked key is refused for every day. An expired one is not: its codes were made while it
was valid, which `codes.check` holds against the day of issue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ca.reading import Certificate
from verify import roles
from verify.codes import CodeKey, CodeTrust
from verify.moments import Moment
from verify.path import PathResult, validate
from verify.report import Sub
from verify.trust import TrustStore, Use


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """`paths`: certificate octets → how it was judged, for the report."""

    trust: CodeTrust
    paths: Mapping[bytes, PathResult]


def code_trust(trust: TrustStore, moment: Moment) -> KnownKeys:
    keys: list[CodeKey] = []
    paths: dict[bytes, PathResult] = {}
    for certificate in trust.leaves:
        if not roles.is_code_signer(certificate):
            continue
        path = _path(certificate, trust, moment)
        revoked = path.sub in (Sub.REVOKED, Sub.REVOKED_NO_POE, Sub.REVOKED_CA_NO_POE)
        if not path.trusted and not revoked and path.sub is not Sub.TRY_LATER:
            continue  # nobody we believe vouches for it
        paths[certificate.der] = path
        keys.append(
            CodeKey(
                certificate.der,
                certificate.spki,
                certificate.subject.text,
                certificate.not_before,
                certificate.not_after,
                moment.now if revoked else None,
            )
        )
    return KnownKeys(CodeTrust(tuple(keys), trust.templates), paths)


def _path(certificate: Certificate, trust: TrustStore, moment: Moment) -> PathResult:
    """At the end of its life when that is past; revocation is always asked as of now."""
    at = Moment(moment.now, offline=moment.offline)
    if certificate.not_after < moment.now:
        at = Moment(moment.now, proved=certificate.not_after, offline=moment.offline)
    return validate(certificate, trust, moment=at, use=Use.CODE)

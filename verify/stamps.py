"""Time stamps (时间戳核验): was this known to an authority at that time? RFC 3161 2.4.2, RFC 5816, GB/T 20520.

A token that is damaged or made for something else breaks what carries it. A sound token of an authority we do not know
proves nothing, and the time stays a claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ca import oids
from ca.reading import Certificate, TimeStampToken, read_token
from foundation.der import DerError
from hsm.digests import Digest
from hsm.schemes import Family
from seal import cms
from seal.cms import SignedData
from verify.cms_shape import is_canonical
from verify.extras import unverified
from verify.links import parsed, stands
from verify.moments import Moment
from verify.path import PathResult, validate
from verify.report import Finding, Severity, Sub
from verify.trust import TrustStore, Use
from verify.words import finding

CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class StampResult:
    """`intact`: it is a sound token over the right octets. `trusted`: its authority is in the trust store."""

    time: datetime | None
    intact: bool
    trusted: bool
    path: PathResult | None
    findings: tuple[Finding, ...]
    octets: bytes = b""
    """The token itself."""


_BROKEN = StampResult(None, intact=False, trusted=False, path=None, findings=(finding("time.broken"),))


def check_stamp(
    data: bytes,
    covered: Callable[[Digest], bytes],
    trust: TrustStore,
    asked: Moment,
    *,
    archive: bool = False,
    beside: Iterable[bytes] = (),
) -> StampResult:
    """Judge the token at the start of `data`; `covered` gives the digest of what it should be about.

    `asked.proved`: a later document time stamp covers this one. `archive`: it is a document time stamp itself, which
    may be younger than the moment asked about and then proves nothing yet. `beside`: certificates that came with what
    it covers and may help to build its path.
    """
    try:
        shape = cms.read(data)
        token = read_token(shape.raw)
        tsa = _signer_certificate(token)
    except DerError:
        return _BROKEN
    if tsa is None or not _sound(token, tsa, covered) or not _complete(token, shape):
        return _BROKEN
    extra = [parsed(item) for item in (*token.certificates, *beside)]
    time = token.info.time
    late = archive and asked.wall is not None and asked.now + CLOCK_SKEW < time <= asked.wall + CLOCK_SKEW
    # its own time proves nothing for its authority: only a later stamp over this one does (RFC 3161 4)
    at = Moment(time) if late else replace(asked, as_of=True)
    path = validate(tsa, trust, extra=extra, moment=at, use=Use.TIMESTAMP)
    if unverified(shape.certificates, path, trust):
        return _BROKEN
    found = _time_findings(time, asked, path, late=late)
    trusted = path.trusted and not found
    return StampResult(time, intact=True, trusted=trusted, path=path, findings=found, octets=shape.raw)


def _time_findings(time: datetime, asked: Moment, path: PathResult, *, late: bool) -> tuple[Finding, ...]:
    if late:
        return (finding("time.later"),)
    if time > asked.now + CLOCK_SKEW:
        return (finding("time.future"),)
    if asked.proved is not None and time > asked.proved + CLOCK_SKEW:
        return (finding("time.disordered"),)
    if path.trusted:
        return ()
    unknown = path.sub is Sub.NO_CERTIFICATE_CHAIN_FOUND
    return (finding("time.untrusted"),) if unknown else (finding("time.not_proved"), *map(_softened, path.findings))


def _softened(item: Finding) -> Finding:
    """What is wrong with a time stamp's authority leaves the time a claim; it says nothing against the seal."""
    return replace(item, severity=Severity.WARNING) if item.severity in (Severity.ERROR, Severity.UNKNOWN) else item


def _complete(token: TimeStampToken, shape: SignedData) -> bool:
    """Every octet is accounted for: no unsigned attributes, nothing after it but the zeros of a PDF's place."""
    if shape.trailing.strip(b"\x00") or token.signer.unsigned_attributes is not None:
        return False
    return shape.indefinite or is_canonical(shape)


def _sound(token: TimeStampToken, tsa: Certificate, covered: Callable[[Digest], bytes]) -> bool:
    info, signer = token.info, token.signer
    if info.digest is None or info.digest.weak or covered(info.digest) != info.imprint:
        return False
    if signer.content_type != oids.TST_INFO or signer.digest is None or signer.scheme is None:
        return False
    if signer.digest.of(info.raw) != signer.message_digest or signer.scheme.weak:
        return False
    if signer.scheme.family is Family.SM2 and signer.digest is not signer.scheme.digest:
        return False
    bound = signer.certificate_digest
    if signer.certificate_hash is None or bound is None or bound.of(tsa.der) != signer.certificate_hash:
        return False  # RFC 3161 2.4.2: the token must name its certificate
    return stands(tsa.spki, signer.scheme, signer.signed_attributes, signer.signature)


def _signer_certificate(token: TimeStampToken) -> Certificate | None:
    for certificate in map(parsed, token.certificates):
        if token.signer.key_id is not None:
            if certificate.subject_key_id == token.signer.key_id:
                return certificate
        elif token.signer.issuer is not None:
            named = (token.signer.issuer.raw, token.signer.serial)
            if (certificate.issuer.raw, certificate.serial) == named:
                return certificate
    return None

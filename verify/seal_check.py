"""One electronic seal by itself (印章验证), in the order of GB/T 38540 and GM/T 0031-2025 (facts: standards 2.5).

Structure and maker's value, making time, maker's certificate, validity. Over the original octets, for some government
seals are not DER. The maker is judged at the making; what befell the certificate later is a notice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from foundation import der
from foundation.der import DerError
from hsm.errors import BadSignature
from hsm.schemes import Scheme, scheme_of_oid
from seal.ses import Seal, Standard
from verify import departures, values
from verify.checked import Broken, Checked
from verify.links import parsed
from verify.moments import Moment
from verify.path import PathResult, validate
from verify.recurring import seal_departures
from verify.report import Finding, Severity, Sub, stamp
from verify.stamps import StampResult, check_stamp
from verify.trust import TrustStore, Use
from verify.words import finding


@dataclass(frozen=True, slots=True)
class Maker:
    """What is known of whoever made the seal, and when."""

    path: PathResult
    stamp: StampResult | None
    findings: tuple[Finding, ...]


def check_seal_file(seal: Seal, trust: TrustStore, moment: Moment) -> Checked:
    """Judge a seal by itself: made by whom, altered, within its validity."""
    try:
        _check_spelling(seal)
        told = check_made(seal)
        maker = check_maker(seal, trust, moment)
    except DerError as error:
        return Checked(intact=False, sub=Sub.FORMAT_FAILURE, findings=(finding("signature.format", error.detail.en),))
    except Broken as broken:
        return broken.result
    findings = (*maker.findings, *check_period(seal, moment), *told, *departures.of_seal(seal))
    certificate = parsed(seal.maker_certificate)
    return Checked(
        intact=True,
        sub=maker.path.sub or sub_of(findings),
        certificate=certificate,
        scheme=scheme_of_oid(seal.algorithm),
        path=maker.path,
        stamp=maker.stamp,
        claimed=seal.created,
        findings=tuple(dict.fromkeys(findings)),
        seal=facts_of(seal),
    )


def check_made(seal: Seal) -> list[Finding]:
    """The maker's signature value; raises `Broken` when the seal is not what its maker signed."""
    maker = parsed(seal.maker_certificate)
    scheme = scheme_of(seal.algorithm)
    try:
        return [finding(code) for code in seal_departures(maker.spki, scheme, seal.signed, seal.signature)]
    except BadSignature as error:
        bare = values.is_without_z(maker.spki, scheme, seal.signed, seal.signature)
        also = (finding("signature.without_z"),) if bare else ()
        raise Broken(Sub.SIG_CRYPTO_FAILURE, finding("seal.tampered"), *also, certificate=maker) from error


def scheme_of(oid: str) -> Scheme:
    scheme = scheme_of_oid(oid)
    if scheme is None:
        raise Broken(Sub.GENERIC, finding("signature.algorithm_unknown", oid))
    return scheme


def check_maker(seal: Seal, trust: TrustStore, moment: Moment) -> Maker:
    """Making time, then the maker's certificate at that time (GM/T 0031-2025)."""
    time, findings = _making_time(seal, trust, moment)
    at = time.time if time is not None and time.trusted else seal.created
    certificate = parsed(seal.maker_certificate)
    path = validate(certificate, trust, moment=replace(moment, proved=at, as_of=True), use=Use.SEAL_MAKING)
    if path.sub is Sub.NO_CERTIFICATE_CHAIN_FOUND:
        findings.append(finding("seal.maker_unknown"))
    elif path.trusted:
        findings += _since(path, moment)
    elif path.sub is Sub.TRY_LATER:
        findings += path.findings
    else:
        findings += [finding("seal.maker_path"), *path.findings]
    return Maker(path, time, tuple(findings))


def check_period(seal: Seal, moment: Moment) -> list[Finding]:
    """Within validStart and validEnd at the moment the judgement is about."""
    if seal.valid_from <= moment.reference <= seal.valid_until:
        return []
    return [finding("seal.expired", stamp(seal.valid_from), stamp(seal.valid_until))]


def _making_time(seal: Seal, trust: TrustStore, moment: Moment) -> tuple[StampResult | None, list[Finding]]:
    if seal.time_stamp is None:
        return None, []
    result = check_stamp(seal.time_stamp, lambda digest: digest.of(seal.signature), trust, moment)
    if not result.intact:
        return result, [finding("time.broken")]
    if result.time is not None and seal.created > result.time:
        return result, [finding("seal.created_late")]
    return result, list(result.findings)


def _since(path: PathResult, moment: Moment) -> list[Finding]:
    """Good when the seal was made, and no longer now: a notice."""
    gone = [line for line in path.lines if line.status == "revoked" or moment.now > line.not_after]
    return [finding("seal.maker_since", gone[0].subject)] if gone else []


def _check_spelling(seal: Seal) -> None:
    """Certificate, algorithm, value and time stamp stand outside what the maker signed: one spelling only."""
    value = der.bit_string(seal.signature)
    named = (der.octet_string(seal.maker_certificate), der.oid(seal.algorithm))
    if seal.standard is Standard.GMT_0031_2014:
        spelled = der.sequence(seal.info, der.sequence(*named, value))
    else:
        stamped = [der.explicit(0, der.bit_string(seal.time_stamp))] if seal.time_stamp is not None else []
        spelled = der.sequence(seal.info, *named, value, *stamped)
    if seal.raw != spelled:
        raise Broken(Sub.FORMAT_FAILURE, finding("signature.not_canonical"))


def sub_of(findings: tuple[Finding, ...]) -> Sub | None:
    codes = {item.code for item in findings}
    if "signature.algorithm_weak" in codes:
        return Sub.CRYPTO_CONSTRAINTS_FAILURE
    if "seal.maker_unknown" in codes:
        return Sub.NO_CERTIFICATE_CHAIN_FOUND
    if any(item.severity is Severity.ERROR for item in findings):
        return Sub.SIG_CONSTRAINTS_FAILURE
    return Sub.TRY_LATER if any(item.severity is Severity.UNKNOWN for item in findings) else None


def facts_of(seal: Seal) -> dict[str, str]:
    """What the seal says of itself, for the report."""
    return {
        "code": seal.es_id,
        "name": seal.name,
        "standard": seal.standard.value,
        "valid_from": stamp(seal.valid_from) or "",
        "valid_until": stamp(seal.valid_until) or "",
        "maker": parsed(seal.maker_certificate).subject.text,
    }

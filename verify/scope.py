"""May this root's people seal here, and this (信任范围)? Region and licence type against what its entry allows.

A province's root vouches for its own places and its own types of licence only; a seal that says nothing of its place
cannot be told to be inside (facts: licence 5.2, "rogue province issues another's licences").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from foundation.text import Text
from verify.anchors import AnchorRules
from verify.report import Finding, LicenceFacts, Severity, SignatureReport, Sub, stamp
from verify.trust import TrustStore

_SEAL_CODE = re.compile(r"(?:^|CN=)(\d{14})(?=$|[,+/])")
_IDENTIFIER = re.compile(r"1\.2\.156\.3005\.2\.([0-9A-Z]{21})\.([0-9A-Z]{18}|\d{6})\.")
_REGION_IN_USCC = slice(2, 8)


def check_scope(
    signatures: Iterable[SignatureReport], licence: LicenceFacts | None, trust: TrustStore, now: datetime
) -> tuple[SignatureReport, ...]:
    """The signatures again; those outside the scope of their root are no longer trusted, with the reason."""
    if not trust.rules:
        return tuple(signatures)
    return tuple(_held(signature, licence, trust, now) for signature in signatures)


def _held(
    signature: SignatureReport, licence: LicenceFacts | None, trust: TrustStore, now: datetime
) -> SignatureReport:
    rules = _rules(signature, trust)
    if rules is None:
        return signature
    if rules.stale_after is not None and now > rules.stale_after:
        at = stamp(rules.stale_after)
        zh = f"区域信任列表应于 {at} 更新，可能缺少最新的变化，请导入新的列表。"
        en = f"The list of regions should have been replaced by {at} and may lack the latest changes. Import a new one."
        stale = Finding("scope.list_stale", Severity.WARNING, Text(zh, en), signature.name)
        signature = replace(signature, findings=(*signature.findings, stale))
    if signature.kind != "seal":
        return signature
    found = [*_check_region(signature, licence, rules), *_check_type(signature, licence, rules)]
    if not found:
        return signature
    return replace(
        signature,
        trusted=False,
        sub_indication=signature.sub_indication or Sub.CHAIN_CONSTRAINTS_FAILURE,
        findings=(*signature.findings, *found),
    )


def _rules(signature: SignatureReport, trust: TrustStore) -> AnchorRules | None:
    top = signature.certificate_path[-1] if signature.certificate_path else None
    return trust.rules.get(top.fingerprint or "") if top is not None and top.status == "anchor" else None


def _check_region(signature: SignatureReport, licence: LicenceFacts | None, rules: AnchorRules) -> list[Finding]:
    if rules.regions is None:
        return []
    stated = sorted(_regions(signature, licence))
    if not stated:
        zh = "签章没有说明所属地区，而其根证书只可用于指定地区，不能判断是否越界。"
        en = "The seal does not say for which region it is, and its root is trusted for certain regions only."
        return [Finding("scope.region_unstated", Severity.UNKNOWN, Text(zh, en), signature.name)]
    outside = [code for code in stated if not code.startswith(tuple(rules.regions))]
    if not outside:
        return []
    allowed = "、".join(sorted(rules.regions))
    zh = f"签章属于地区 {outside[0]}，其根证书只可用于 {allowed} 开头的地区。"
    en = f"The seal is for region {outside[0]}, but its root is trusted for regions that begin with {allowed} only."
    return [Finding("scope.region", Severity.ERROR, Text(zh, en), signature.name)]


def _regions(signature: SignatureReport, licence: LicenceFacts | None) -> set[str]:
    """GB/T 2260 codes the seal and its licence state: the seal's code, and the authority that issued the licence."""
    found: set[str] = set()
    for text in ((signature.seal or {}).get("code", ""), signature.signer_subject or ""):
        found |= {code[:6] for code in _SEAL_CODE.findall(text)}
    identified = _identified(licence)
    if identified is not None:
        authority = identified[1]
        found.add(authority if len(authority) == 6 else authority[_REGION_IN_USCC])
    return found


def _check_type(signature: SignatureReport, licence: LicenceFacts | None, rules: AnchorRules) -> list[Finding]:
    if rules.licence_types is None or licence is None:
        return []
    identified = _identified(licence)
    stated = identified[0] if identified is not None else licence.type_code
    if stated is None:
        zh = "证照没有标准的类型代码，不能判断其根证书是否可用于此类证照。"
        en = "The licence has no standard type code, so it cannot be told whether its root may be used for it."
        return [Finding("scope.type_unstated", Severity.UNKNOWN, Text(zh, en), signature.name)]
    if stated.startswith(tuple(rules.licence_types)):
        return []
    zh = f"该根证书不可用于类型为 {stated} 的证照。"
    en = f"The root is not trusted for licences of type {stated}."
    return [Finding("scope.type", Severity.ERROR, Text(zh, en), signature.name)]


def _identified(licence: LicenceFacts | None) -> tuple[str, str] | None:
    """Type and authority of a licence identifier (GB/T 36904)."""
    match = _IDENTIFIER.match(licence.identifier or "") if licence is not None else None
    return (match[1], match[2]) if match is not None else None

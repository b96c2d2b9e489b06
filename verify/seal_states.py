"""What the state of a seal means for a stamp (印章状态判断; facts: standards 2.5 step 6): when it was used, and now.

A stamp proved to be older than the seal's end still stands; one that only says so does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from foundation.errors import Unavailable
from seal.management.states import Public
from verify.context import Context
from verify.report import Finding, Severity, SignatureReport, Sub, stamp
from verify.seal_status import SealStanding, SealStatusSource, TrustedLists
from verify.words import finding

_CODE_IN_SUBJECT = re.compile(r"(?:^|[,+/\s])CN=([0-9]{14})(?=$|[,+/\s])")


def ask_about_seals(signatures: tuple[SignatureReport, ...], context: Context) -> tuple[SignatureReport, ...]:
    """Every seal of the file with its state: as findings, and as facts of the seal."""
    online = None if context.offline else context.seals
    lists = TrustedLists(context.trust, context.moment) if context.trust.seal_lists else None
    sources = tuple(one for one in (online, lists) if one is not None)
    if not sources:
        return signatures
    refused = lists.faults if lists is not None else ()
    return tuple(_asked(signature, sources, refused, context.moment.now) for signature in signatures)


def code_of(signature: SignatureReport) -> str | None:
    """The seal code: of the electronic seal itself, or CN of the signer's certificate (facts: standards 2.7)."""
    if signature.kind != "seal":
        return None
    code = (signature.seal or {}).get("code", "")
    if re.fullmatch(r"[0-9]{14}", code):
        return code
    found = _CODE_IN_SUBJECT.search(signature.signer_subject or "")
    return found.group(1) if found else None


def _asked(
    signature: SignatureReport, sources: tuple[SealStatusSource, ...], refused: tuple[str, ...], now: datetime
) -> SignatureReport:
    code = code_of(signature)
    # of a stranger's certificate the code is a mere claim: how our seal of that code stands says nothing about it
    if code is None or not signature.intact or signature.sub_indication is Sub.NO_CERTIFICATE_CHAIN_FOUND:
        return signature
    try:
        known = next((found for source in sources if (found := source.seal_standing(code)) is not None), None)
    except Unavailable:
        return _told(signature, (finding("seal.status_unavailable"),), {})
    if known is None:  # another region's seal, of which nobody here publishes states
        return _told(signature, tuple(finding("seal.list_refused", why) for why in refused), {})
    # the time of a seal by itself is its making, before which none is in use: it is asked how it stands now
    at = None if signature.coverage == "whole_seal" else signature.time
    meant = judge(known, at, now, proved=signature.time_source not in (None, "claimed"))
    latest = known.periods[-1] if known.periods else None
    facts = {"state": latest.state.value if latest else "unknown", "state_as_of": stamp(known.as_of) or ""}
    if latest is not None:
        facts |= {"state_since": stamp(latest.since) or "", "state_reason": latest.reason}
    return _told(signature, meant, facts)


def judge(known: SealStanding, at: datetime | None, now: datetime, *, proved: bool) -> tuple[Finding, ...]:
    """What the states mean for a stamp of the time `at`, judged at `now`."""
    found: list[Finding] = []
    periods = [one for one in known.periods if one.since <= now]
    if not periods:
        return (finding("seal.status_unknown"),)
    signed = at or now
    then = next((one for one in reversed(periods) if one.since <= signed), None)
    latest = periods[-1]
    if then is None or then.state is Public.NOT_IN_USE:
        found.append(finding("seal.state_not_yet", stamp(periods[0].since if then is None else then.since)))
    elif then.state is not Public.IN_USE:
        found.append(finding(_AT_SIGNING[then.state], stamp(then.since), then.reason))
    elif latest.state is not Public.IN_USE:
        # honoured by time: what is proved to be older still stands
        code = "seal.state_later" if proved else "seal.state_unproved"
        found.append(finding(code, _WORDS[latest.state][0], stamp(latest.since), _WORDS[latest.state][1]))
    else:
        found.append(finding("seal.state_good", stamp(known.as_of)))
    if known.until is not None and now > known.until:
        found.append(finding("seal.status_old", stamp(known.as_of)))
    return tuple(found)


_AT_SIGNING = {
    Public.SUSPENDED: "seal.state_suspended",
    Public.REVOKED: "seal.state_revoked",
    Public.SUPERSEDED: "seal.state_superseded",
    Public.DESTROYED: "seal.state_revoked",
}
_WORDS: Mapping[Public, tuple[str, str]] = {
    Public.NOT_IN_USE: ("未启用", "not in use"),
    Public.SUSPENDED: ("停用", "suspended"),
    Public.REVOKED: ("注销", "revoked"),
    Public.SUPERSEDED: ("变更替换", "replaced"),
    Public.DESTROYED: ("销毁", "destroyed"),
}


def _told(signature: SignatureReport, found: tuple[Finding, ...], facts: Mapping[str, str]) -> SignatureReport:
    placed = tuple(replace(item, where=item.where or signature.name) for item in found)
    bad = any(item.severity is Severity.ERROR for item in found)
    open_ = any(item.severity is Severity.UNKNOWN for item in found)
    sub = signature.sub_indication or (Sub.SIG_CONSTRAINTS_FAILURE if bad else Sub.TRY_LATER if open_ else None)
    return replace(
        signature,
        trusted=signature.trusted and not bad and not open_,
        sub_indication=sub,
        seal={**signature.seal, **facts} if signature.seal is not None else signature.seal,
        findings=(*signature.findings, *placed),
    )

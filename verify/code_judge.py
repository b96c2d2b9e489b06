"""The judgement of one printed code (二维码核验): who signed it, what it says, whether it still stands."""

from __future__ import annotations

from datetime import date, datetime

from foundation.clock import SHANGHAI
from verify import facts
from verify.code_errors import CodeError, CodeFault
from verify.code_trust import KnownKeys
from verify.codes import CheckedCode, check, read
from verify.links import parsed
from verify.paths.faults import display_name
from verify.report import Finding, LicenceFacts, Severity, SignatureReport, Sub
from verify.status import StatusSource, ask_about_code
from verify.words import finding

FORM = "COSE_Sign1 SM2-SM3"

SEVERITIES = {CodeFault.SIGNATURE_BAD: Severity.ERROR, CodeFault.KEY_NOT_VALID: Severity.ERROR}
_SUBS: dict[CodeFault, tuple[bool, bool, Sub | None]] = {
    # intact, trusted, sub-indication; a text that cannot be read has no signature to speak of
    CodeFault.SIGNATURE_BAD: (False, False, Sub.SIG_CRYPTO_FAILURE),
    CodeFault.KEY_NOT_VALID: (True, False, Sub.REVOKED),
    CodeFault.KEY_UNKNOWN: (False, False, Sub.NO_CERTIFICATE_CHAIN_FOUND),
    CodeFault.UNKNOWN_TEMPLATE: (True, True, None),
}

Judged = tuple[tuple[SignatureReport, ...], list[Finding], LicenceFacts | None]


def judge_text(text: str, known: KnownKeys, now: datetime, source: StatusSource | None) -> Judged:
    """Signatures, findings and facts of a scanned text. Never raises over it."""
    try:
        checked = check(read(text), known.trust)
    except CodeError as error:
        return _refused(error)
    found: list[Finding] = []
    if checked.parsed.base is not None:
        found.append(finding("code.base", checked.parsed.base.lower()))
    if _over(checked.expires_on, now):
        found.append(finding("licence.expired", checked.expires_on))
    asked = ask_about_code(facts.from_code(checked), checked.parsed.template_id, checked.parsed.status_index, source)
    said = {item.code for item in found}
    found += [item for item in asked.findings if item.code not in said]
    return (_signature(checked, known),), found, asked.facts


def _over(last: date | None, now: datetime) -> bool:
    """A licence is in force until the end of its last day, in China."""
    return last is not None and now.astimezone(SHANGHAI).date() > last


def _signature(checked: CheckedCode, known: KnownKeys) -> SignatureReport:
    path = known.paths[checked.key.certificate]
    certificate = parsed(checked.key.certificate)
    return SignatureReport(
        name="code",
        kind="seal",
        format=FORM,
        intact=True,
        trusted=path.trusted,
        sub_indication=path.sub,
        signer=display_name(certificate),
        signer_subject=certificate.subject.text,
        time=datetime.combine(checked.parsed.issued_on, datetime.min.time(), SHANGHAI),
        time_source="claimed",
        algorithm="sm2-sm3",
        certificate_path=path.lines,
        coverage="whole_code",
        findings=path.findings,
    )


def _refused(error: CodeError) -> Judged:
    found = Finding(error.fault.value, SEVERITIES.get(error.fault, Severity.UNKNOWN), error.detail)
    state = _SUBS.get(error.fault)
    if state is None:
        return (), [found], None
    intact, trusted, sub = state
    report = SignatureReport("code", "seal", FORM, intact=intact, trusted=trusted, sub_indication=sub)
    return (report,), [found], None

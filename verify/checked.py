"""One signature after checking, before it is told (核验结果): what CMS, seal and time-stamp checks have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ca.reading import Certificate
from hsm.schemes import Scheme
from verify import roles
from verify.changes import Change
from verify.material import Hashed, Material, Token, packed
from verify.path import PathResult
from verify.paths.faults import display_name
from verify.report import Finding, Severity, SignatureReport, Sub
from verify.stamps import StampResult
from verify.words import finding


@dataclass(frozen=True, slots=True)
class Checked:
    """`sub` is the worst thing found, None when the signature passes."""

    intact: bool
    sub: Sub | None
    certificate: Certificate | None = None
    scheme: Scheme | None = None
    path: PathResult | None = None
    stamp: StampResult | None = None
    claimed: datetime | None = None
    findings: tuple[Finding, ...] = ()
    seal: Mapping[str, str] | None = None
    value: bytes | None = None
    document: Hashed | None = None
    """What was signed, as far as the signature got that far."""

    @property
    def material(self) -> Material:
        value = packed(self.value) if self.value is not None else None
        return Material(value, self.document, _tokens(self.stamp), _packed(self.certificate))

    @property
    def trusted(self) -> bool:
        return self.intact and self.sub is None and self.path is not None and self.path.trusted


class Broken(Exception):  # noqa: N818 - never leaves the checks; it carries the result
    """Stops a check at the first thing that does not hold."""

    def __init__(self, sub: Sub, found: Finding, *more: Finding, certificate: Certificate | None = None) -> None:
        super().__init__(found.code)
        self.result = Checked(intact=False, sub=sub, certificate=certificate, findings=(found, *more))


def tell(
    checked: Checked,
    *,
    name: str,
    form: str,
    claimed: datetime | None = None,
    coverage: str | None = None,
    unprotected: tuple[str, ...] = (),
    broken_by: tuple[Finding, ...] = (),
    changes: tuple[Change, ...] = (),
) -> SignatureReport:
    """The report entry. `broken_by` are errors found around the signature that make it no longer intact."""
    certificate = checked.certificate
    spoiled = any(item.severity is Severity.ERROR for item in broken_by)
    proved = checked.stamp.time if checked.stamp is not None and checked.stamp.trusted else None
    at = proved or checked.claimed or claimed
    sub = checked.sub or (Sub.SIG_CONSTRAINTS_FAILURE if spoiled else None)
    official = checked.seal is not None or (certificate is not None and roles.is_official_seal(certificate))
    return SignatureReport(
        name=name,
        kind="seal" if official else "signature",
        format=form,
        intact=checked.intact and not spoiled,
        trusted=checked.trusted and not spoiled,
        sub_indication=sub,
        signer=display_name(certificate) if certificate else None,
        signer_subject=certificate.subject.text if certificate else None,
        time=at,
        time_source="timestamp" if proved else "claimed" if at else None,
        algorithm=checked.scheme.value if checked.scheme else None,
        certificate_path=checked.path.lines if checked.path else (),
        coverage=coverage,
        unprotected=unprotected,
        seal=checked.seal,
        findings=tuple(_placed(item, name) for item in (*broken_by, *checked.findings)),
        changes=changes,
        material=checked.material,
    )


def tell_unsupported(name: str, form: str, found: Finding | None = None) -> SignatureReport:
    """A signature we cannot judge is still reported as one: never "unsigned" (facts: sealing 8.5)."""
    found = found or finding("signature.unsupported", form)
    return SignatureReport(
        name=name,
        kind="signature",
        format=form,
        intact=False,
        trusted=False,
        sub_indication=Sub.FORMAT_FAILURE if found.severity is Severity.ERROR else Sub.GENERIC,
        findings=(_placed(found, name),),
    )


def tell_stamp(
    stamp: StampResult,
    *,
    name: str,
    form: str,
    coverage: str | None,
    broken_by: tuple[Finding, ...] = (),
    changes: tuple[Change, ...] = (),
) -> SignatureReport:
    """A document time stamp: an authority saw these octets at that time."""
    spoiled = not stamp.intact or any(item.severity is Severity.ERROR for item in broken_by)
    leaf = stamp.path.certificates[0] if stamp.path else None
    path_sub = stamp.path.sub if stamp.path else None
    return SignatureReport(
        name=name,
        kind="timestamp",
        format=form,
        intact=not spoiled,
        trusted=stamp.trusted and not spoiled,
        sub_indication=Sub.SIG_CONSTRAINTS_FAILURE if spoiled else path_sub,
        signer=display_name(leaf) if leaf else None,
        signer_subject=leaf.subject.text if leaf else None,
        time=stamp.time,
        time_source="timestamp" if stamp.trusted else "claimed",
        algorithm=leaf.scheme.value if leaf and leaf.scheme else None,
        certificate_path=stamp.path.lines if stamp.path else (),
        coverage=coverage,
        findings=tuple(_placed(item, name) for item in (*broken_by, *stamp.findings)),
        changes=changes,
        material=Material(tokens=_tokens(stamp), certificate=_packed(leaf)),
    )


def _tokens(stamp: StampResult | None) -> tuple[Token, ...]:
    if stamp is None or stamp.time is None:
        return ()
    return (Token(packed(stamp.octets), stamp.time, stamp.trusted),)


def _packed(certificate: Certificate | None) -> str | None:
    return packed(certificate.der) if certificate is not None else None


def _placed(item: Finding, name: str) -> Finding:
    return Finding(item.code, item.severity, item.text, item.where or name)

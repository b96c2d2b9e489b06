"""What the seals of an OFD protect, and what they leave open (保护范围): file by file and document by document.

T20: content in use that no seal covers is refused. Only OFD.xml and a list left open for further signatures may stand
outside, and are reported.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from seal.ofd.document import Body
from seal.ofd.package import ROOT, Package, PackageError
from verify.ofd.listing import Listed, repeated
from verify.ofd.parts import Role, roles
from verify.report import Finding, Severity, SignatureReport
from verify.words import finding

_FEW = 5


@dataclass(frozen=True, slots=True)
class Protection:
    """`open_parts`: files outside every signature that holds."""

    open_parts: tuple[str, ...]
    findings: tuple[Finding, ...]


def protection(
    package: Package,
    documents: list[Body],
    listed: list[Listed],
    reports: list[SignatureReport],
    own: frozenset[str] = frozenset(),
) -> Protection:
    """`own`: files of a protocol beside the signatures, judged by themselves."""
    pairs = list(zip(listed, reports, strict=True))
    covered = _covered(pairs) | own
    parts = tuple(name for name in package if name not in covered)
    found = _twice(listed)
    if not all(report.intact for report in reports):
        return Protection(parts, tuple(found))  # the broken signature is the answer; more would hide it
    excused = {ROOT, *(item.list_file for item in listed)}
    stray = [name for name in parts if name not in excused]
    if stray:
        found.append(finding("ofd.unlisted", _names(stray), severity=Severity.ERROR))
        found += _by_role(package, stray)
    loose = [name for name in parts if name in excused]
    if loose:
        found.append(finding("ofd.unprotected", _names(loose)))
    found += _documents(documents, pairs)
    return Protection(parts, tuple(found))


def _covered(pairs: Iterable[tuple[Listed, SignatureReport]]) -> set[str]:
    """Its references, and a signature's own parts, which sign each other."""
    covered: set[str] = set()
    for item, report in pairs:
        covered |= item.own_files
        if report.intact:
            covered |= {reference.file for reference in item.references}
    return covered


def _twice(listed: list[Listed]) -> list[Finding]:
    """One signature in two places of the list, or one value for two, shows a seal where nobody set it."""
    named = ([item.signature_file for item in listed], [item.value_file for item in listed])
    found = [finding("ofd.signature_twice", _names(twice)) for files in named if (twice := repeated(files))]
    if twice := repeated(f"{item.list_file}#{item.id}" for item in listed if item.id):
        found.append(finding("ofd.id_twice", _names(twice)))
    return list(dict.fromkeys(found))


def _by_role(package: Package, stray: list[str]) -> list[Finding]:
    """What the open files are for, in the clerk's words."""
    try:
        known = roles(package)
    except PackageError:
        return []
    grouped: dict[Role, list[str]] = {}
    for name in stray:
        grouped.setdefault(known.get(name, Role.UNUSED), []).append(name)
    return [finding(f"ofd.open_{role.value}", _names(names)) for role, names in grouped.items()]


def _documents(documents: list[Body], pairs: list[tuple[Listed, SignatureReport]]) -> list[Finding]:
    """Each document needs a signature of its own list that covers its Document.xml: another's seal is not its seal."""
    found: list[Finding] = []
    if len(documents) > 1:
        found.append(finding("ofd.several_documents", len(documents)))
    for body in documents:
        own = [item for item, report in pairs if item.list_file == body.signatures and report.intact]
        if not any(reference.file == body.document for item in own for reference in item.references):
            found.append(finding("ofd.unsealed_document", body.document))
    return found


def _names(names: list[str]) -> str:
    return "、".join(names[:_FEW]) + ("…" if len(names) > _FEW else "")

"""Which judge for which kind of file (分类核验): one table, so that a new kind is one line and one module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from verify import facts
from verify.certificates import judge_certificates
from verify.context import Context
from verify.detect import FileKind
from verify.ofd.judge import judge_ofd
from verify.pdf.judge import judge_pdf
from verify.report import Finding, LicenceFacts, SignatureReport
from verify.words import finding


@dataclass(frozen=True, slots=True)
class File:
    """What is to be judged. `content` is what a detached signature is about, when it was handed in beside it."""

    data: bytes
    name: str | None = None
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judge has to say; `verify.judge` adds what holds for every file, and the verdict."""

    signatures: tuple[SignatureReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    licence: LicenceFacts | None = None


Judge = Callable[[File, Context], Judged]


def _pdf(file: File, context: Context) -> Judged:
    pdf = judge_pdf(file.data, context.trust, context.moment)
    licence = facts.from_document(pdf.licence) if pdf.licence is not None else None
    return Judged(pdf.signatures, tuple(pdf.findings), licence)


def _ofd(file: File, context: Context) -> Judged:
    ofd = judge_ofd(file.data, context.trust, context.moment)
    licence = facts.from_items(ofd.licence) if ofd.licence is not None else None
    return Judged(ofd.signatures, ofd.findings, licence)


def _certificate(file: File, context: Context) -> Judged:
    signatures, found = judge_certificates(file.data, context.trust, context.moment)
    return Judged(signatures, tuple(found))


def _unknown(file: File, context: Context) -> Judged:
    del file, context
    return Judged(findings=(finding("file.unknown_format"),))


JUDGES: Mapping[FileKind, Judge] = {
    FileKind.PDF: _pdf,
    FileKind.OFD: _ofd,
    FileKind.CERTIFICATE: _certificate,
    FileKind.UNKNOWN: _unknown,
}
DOCUMENTS = frozenset({FileKind.PDF, FileKind.OFD})
"""Kinds a person reads and expects a seal on: one without is told to be unsigned."""

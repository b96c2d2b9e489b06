"""Which judge for which kind of file (分类核验): one table, so that a new kind is one line and one module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from verify import facts
from verify.certificates import judge_certificates
from verify.cms_file import judge_cms
from verify.code_judge import judge_text
from verify.code_trust import code_trust
from verify.context import Context
from verify.detect import FileKind, detect
from verify.evidence_file import Pair, judge_evidence, prove
from verify.judged import File, Judged
from verify.jws_file import judge_jws
from verify.list_file import judge_list
from verify.ofd.judge import judge_ofd
from verify.pdf.judge import judge_pdf
from verify.seal_file import judge_seal
from verify.stamp_file import judge_stamp
from verify.words import finding

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


def judge_printed(file: File, context: Context) -> Judged:
    """A printed code, scanned or typed into a file."""
    known = code_trust(context.trust, context.moment)
    source = None if context.offline else context.status
    text = file.data.decode("utf-8", "replace").strip()
    signatures, found, licence = judge_text(text, known, context.moment.now, source)
    return Judged(signatures, tuple(found), licence)


def _unknown(file: File, context: Context) -> Judged:
    del file, context
    return Judged(findings=(finding("file.unknown_format"),))


def judge_pair(pair: Pair, context: Context) -> Judged:
    """A file, under its evidence record where there is one: it then stands at the time the record proves."""
    about = detect(pair.subject.data)
    if pair.record is None:
        return JUDGES[about](pair.subject, context)
    proof = prove(pair.record, pair.subject.data, context)
    known = about not in (FileKind.UNKNOWN, FileKind.CODE, FileKind.EVIDENCE)
    under = replace(context, trust=proof.trust, proved=proof.proved)
    judged = JUDGES[about](pair.subject, under) if known else Judged()
    return Judged((*judged.signatures, *proof.signatures), (*proof.findings, *judged.findings), judged.licence)


JUDGES: Mapping[FileKind, Judge] = {
    FileKind.PDF: _pdf,
    FileKind.OFD: _ofd,
    FileKind.CMS: judge_cms,
    FileKind.JWS: judge_jws,
    FileKind.SEAL: judge_seal,
    FileKind.CERTIFICATE: _certificate,
    FileKind.LIST: judge_list,
    FileKind.TIMESTAMP: judge_stamp,
    FileKind.EVIDENCE: judge_evidence,
    FileKind.CODE: judge_printed,
    FileKind.UNKNOWN: _unknown,
}
__all__ = [
    "DOCUMENTS",
    "JUDGES",
    "SIGNATURE_FILES",
    "WITH_CONTENT",
    "File",
    "Judge",
    "Judged",
    "judge_pair",
    "judge_printed",
]

DOCUMENTS = frozenset({FileKind.PDF, FileKind.OFD})
"""Kinds a person reads and expects a seal on: one without is told to be unsigned."""
SIGNATURE_FILES = frozenset({FileKind.CMS, FileKind.JWS, FileKind.LIST, FileKind.TIMESTAMP, FileKind.EVIDENCE})
"""Kinds that are nothing but a signature: anybody's will do, and the report says whose."""
WITH_CONTENT = frozenset({FileKind.CMS, FileKind.JWS, FileKind.TIMESTAMP, FileKind.SEAL, FileKind.EVIDENCE})
"""Kinds that may be about another file, handed in beside them."""

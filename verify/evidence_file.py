"""Evidence records as files (证据记录文件核验), `.er`: with the file they are about, or by themselves.

Under a record that holds, the file's signatures are judged at the time it proves: a seal whose certificate has ended
since still stands (EN 319 102-1 5.6.3). That is the long life of an OFD.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from foundation.der import DerError
from hsm.digests import Digest
from seal.longlife.evidence.record import read_record
from verify.armour import unwrapped
from verify.checked import tell_stamp
from verify.context import Context
from verify.detect import FileKind, detect
from verify.judged import File, Judged
from verify.report import Finding, SignatureReport, Sub, stamp
from verify.times.records import RecordResult, check_record
from verify.trust import TrustStore
from verify.words import finding

FORM = "RFC 4998"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a record says of a file."""

    proved: datetime | None
    trust: TrustStore
    """With what the record brought along."""
    signatures: tuple[SignatureReport, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """What was handed in, told apart: `subject` is judged under `record`."""

    subject: File
    record: bytes | None = None


def pair(file: File, record: bytes | None) -> Pair:
    """Whichever of the two came first."""
    if record is not None:
        return Pair(file, record)
    if file.content is None:
        return Pair(file)
    if detect(file.data) is FileKind.EVIDENCE:
        return Pair(File(file.content), file.data)
    if detect(file.content) is FileKind.EVIDENCE:
        return Pair(replace(file, content=None), file.content)
    return Pair(file)


def judge_evidence(file: File, context: Context) -> Judged:
    """A record by itself: whether it hangs together, and that its file is missing."""
    proof = prove(file.data, None, context)
    missing = finding("content.missing") if all(report.intact for report in proof.signatures) else None
    told = tuple(
        replace(report, intact=False, trusted=False, sub_indication=report.sub_indication or Sub.SIGNED_DATA_NOT_FOUND)
        for report in proof.signatures
    )
    return Judged(told, (*proof.findings, *((missing,) if missing else ())))


def prove(record: bytes, subject: bytes | None, context: Context) -> Proof:
    """Never raises over what either holds."""
    try:
        read = read_record(unwrapped(record))
    except DerError as error:
        return Proof(None, context.trust, (), (finding("evidence.damaged", error.detail.en),))
    known: dict[Digest, bytes] = {}

    def document(digest: Digest) -> bytes:
        if digest not in known:
            known[digest] = digest.of(subject or b"")
        return known[digest]

    result = check_record(read, document if subject is not None else None, context.trust, context.moment)
    found = result.findings
    if result.proved is not None:
        found = (*found, finding("evidence.valid", stamp(result.proved)))
    return Proof(result.proved, result.trust, tuple(_reports(result)), found)


def _reports(result: RecordResult) -> Iterator[SignatureReport]:
    for mark, told in zip(result.marks, result.stamps, strict=True):
        broken = (mark.problem,) if mark.problem is not None else ()
        yield tell_stamp(told, name=f"EvidenceRecord {mark.place}", form=FORM, coverage="content", broken_by=broken)

"""What goes into a judge and what comes out (核验的输入与结果), the same for every kind of file."""

from __future__ import annotations

from dataclasses import dataclass

from verify.report import Finding, LicenceFacts, SignatureReport


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

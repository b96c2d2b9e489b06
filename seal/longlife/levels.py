"""Levels of a PAdES signature (签名级别), EN 319 142-1 6, and what extending one needs from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ca.reading import Certificate
from foundation.errors import Conflict, Unavailable
from foundation.text import Text
from hsm.digests import Digest


class Level(StrEnum):
    B_T = "B-T"
    """With a signature time stamp."""
    B_LT = "B-LT"
    """And the certificates and revocation data to judge it without asking anybody."""
    B_LTA = "B-LTA"
    """And a document time stamp over all of it, renewed before its authority's certificate ends."""


@dataclass(frozen=True, slots=True)
class Status:
    """Revocation data about one certificate, as published; `certificates` vouch for whoever signed it."""

    crl: bytes | None = None
    answer: bytes | None = None
    certificates: tuple[bytes, ...] = ()


class Sources(Protocol):
    """Where certificates and revocation data come from. Answers are published data, judged by whoever reads them."""

    def issuer(self, certificate: Certificate) -> Certificate | None: ...

    def status(self, certificate: Certificate, after: datetime) -> Status | None:
        """Data made no earlier than `after`; None when there is none yet."""


class Stamper(Protocol):
    """A time stamping authority: `digest` is what it takes, `reserved` bounds the octets of its tokens."""

    @property
    def digest(self) -> Digest: ...

    @property
    def reserved(self) -> int: ...

    def token(self, imprint: bytes) -> bytes: ...


class ChainCheck(Protocol):
    """Judges the file before it is stamped anew; raises `ChainBroken`. The verifier, plugged in by `server`."""

    def __call__(self, pdf: bytes) -> None: ...


class NotYet(Unavailable):
    """Revocation data after the signature is not published yet: to be tried again, nothing was written."""

    def __init__(self, subject: str) -> None:
        super().__init__(
            "seal.evidence_not_yet",
            Text(
                f"“{subject}”的撤销信息（晚于签章时间）尚未发布，请稍后重试。",
                f"No revocation data later than the signature is published yet for {subject!r}. Try again later.",
            ),
        )


class NotExtendable(Conflict):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__("seal.not_extendable", Text(f"不能延长有效期：{zh}。", f"This file cannot be extended: {en}."))


class ChainBroken(Conflict):
    """A new stamp over a chain that does not hold would only dress it up."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "seal.archive_chain_broken",
            Text(
                f"原有签章或时间戳未通过核验（{why}），不再加盖时间戳。",
                f"The signatures or time stamps in the file do not hold ({why}); it takes no further stamp.",
            ),
        )

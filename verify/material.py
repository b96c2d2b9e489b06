"""What a judgement rested on (核验材料): values, certificates, tokens and revocation data, for reports that name them.

It goes with a signature's report and never into its JSON; TS 119 102-2 wants it as validation objects. Octets are kept
as base64 text, so that a report can cross the pipe of a reading process (`verify.sandbox`).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

from hsm.digests import Digest


def packed(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


@dataclass(frozen=True, slots=True)
class Hashed:
    """A digest with the name of its algorithm."""

    algorithm: Digest
    value: str

    @classmethod
    def of(cls, algorithm: Digest, value: bytes) -> Hashed:
        return cls(algorithm, packed(value))


@dataclass(frozen=True, slots=True)
class Token:
    """A time stamp over the signature or the document."""

    octets: str
    time: datetime
    trusted: bool


@dataclass(frozen=True, slots=True)
class Known:
    """A list or an answer that decided about a certificate of the path: by digest, for lists may have 100 MB."""

    ocsp: bool
    sha256: str
    made: datetime
    revoked_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """Certificates and revocation data stand with the lines of the path (`CertificateLine`)."""

    value: str | None = None
    """The signature value as it stands."""
    document: Hashed | None = None
    """Digest of what was signed, as the signature states it and we found it."""
    tokens: tuple[Token, ...] = ()
    certificate: str | None = None
    """The signer's, also where no path was looked for."""

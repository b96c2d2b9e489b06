"""On whose word a file was judged (核验依据): the service, the trust store, the report's own number."""

from __future__ import annotations

from dataclasses import dataclass

from hsm.digests import sha256
from verify.trust import TrustStore


@dataclass(frozen=True, slots=True)
class Basis:
    service: str
    trust: str
    """`fingerprint` of the trust store."""
    number: str
    """Of the report as recorded, or why it has none."""


def fingerprint(trust: TrustStore) -> str:
    """SHA-256 over the anchors' fingerprints in their order: two verifiers that agree on it believe the same roots."""
    return sha256("\n".join(sorted(anchor.fingerprint for anchor in trust.anchors)).encode()).hex()

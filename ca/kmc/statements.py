"""Statements (密钥恢复申请书): what a recovery asks for, in canonical JSON, so that approvers and court read the same.

The digest of these octets is what people approve and what the escrow attests. Keys are named by identifier and digest,
the recipient by the digest of his certificate.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ca.kmc.errors import BadTranscript
from ca.reading.certificate import Certificate
from foundation.text import Text
from hsm.escrow.shapes import EscrowedKey, GrantKind

TYPE = "yinxin-kmc-recovery-1"
CHALLENGE = b"yinxin-kmc-recovery-proof-1\n"
"""Before the statement in what the holder signs: no other signature of his begins so."""
MOST_OCTETS = 64 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class Case:
    """Of a judicial recovery."""

    number: str
    legal_basis: str
    organ: str


@dataclass(frozen=True, slots=True, repr=False)
class Statement:
    octets: bytes

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.octets).digest()

    @property
    def challenge(self) -> bytes:
        return CHALLENGE + self.octets

    @property
    def members(self) -> dict[str, Any]:
        """Raises `BadTranscript` unless it is a statement of ours."""
        try:
            found = json.loads(self.octets) if len(self.octets) <= MOST_OCTETS else None
        except ValueError:
            found = None
        if not isinstance(found, dict) or found.get("type") != TYPE or canonical(found) != self.octets:
            raise BadTranscript(Text("申请书格式不对", "its statement is not one of ours"))
        return found


def canonical(members: dict[str, Any]) -> bytes:
    return json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def compose(
    identifier: UUID,
    kind: GrantKind,
    keys: Sequence[EscrowedKey],
    recipient: Certificate,
    *,
    owner: str,
    requester: str,
    quorum: int,
    opened_at: datetime,
    expires_at: datetime,
    nonce: bytes,
    case: Case | None,
    foreign: bool,
) -> Statement:
    members: dict[str, Any] = {
        "type": TYPE,
        "id": str(identifier),
        "kind": kind.value,
        "owner": owner,
        "keys": [
            {
                "id": str(key.id),
                "version": key.version,
                "algorithm": key.algorithm.value,
                "spki_sha256": hashlib.sha256(key.spki).hexdigest(),
            }
            for key in keys
        ],
        "recipient": {
            "certificate_sha256": recipient.fingerprint,
            "spki_sha256": hashlib.sha256(recipient.spki).hexdigest(),
            "foreign": foreign,
        },
        "requester": requester,
        "quorum": quorum,
        "opened_at": opened_at.isoformat(timespec="microseconds"),
        "expires_at": expires_at.isoformat(timespec="microseconds"),
        "nonce": nonce.hex(),
    }
    if case is not None:
        members["case"] = {"number": case.number, "legal_basis": case.legal_basis, "organ": case.organ}
    return Statement(canonical(members))

"""Attestations (密钥恢复证明): what the escrow says of a release, from its own rows and in its own words.

Recorded, signed, stored; asked for again it is the same. Nobody outside chooses a word of it, so the centre's key
signs no foreign text.
"""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from foundation.audit.trail import Audit
from foundation.database import Database
from foundation.failpoints import reach
from foundation.principal import Principal
from hsm.digests import sha256
from hsm.escrow.errors import GrantClosed
from hsm.escrow.grants import Grants
from hsm.escrow.keys import EscrowKeys
from hsm.escrow.models import HsmEscrowGrant, HsmEscrowRelease
from hsm.escrow.shapes import CENTRE_KEY, Attestation, Grant, GrantState
from hsm.keys import Purpose
from hsm.signing import ToBeSigned
from hsm.store import KeyStore

TYPE = "yinxin-escrow-release-1"


class Attesting:
    def __init__(self, db: Database, audit: Audit, keys: EscrowKeys, grants: Grants, signing: KeyStore) -> None:
        self._db = db
        self._audit = audit
        self._keys = keys
        self._grants = grants
        self._signing = signing

    def attest(self, grant_id: UUID, principal: Principal) -> Attestation:
        grant = self._grants.get(grant_id)
        if grant.state is not GrantState.RELEASED:
            raise GrantClosed(grant.state)
        octets = self._compose(grant)
        with self._db.begin() as session:
            row = session.get_one(HsmEscrowGrant, grant_id)
            if row.attested is not None and row.attested == octets and row.signature is not None:
                return Attestation(octets, row.signature)
            row.attested, row.signature = octets, None
            self._audit.record(
                session,
                principal,
                action="hsm.escrow.attest",
                object=f"escrow-grant:{grant_id}",
                payload={"sha256": sha256(octets).hex()},
            )
        reach("escrow.attestation_recorded")
        signature = self._signing.signer(CENTRE_KEY).sign(ToBeSigned(Purpose.KEY_CENTRE, octets, f"escrow:{grant_id}"))
        with self._db.begin() as session:
            session.execute(
                update(HsmEscrowGrant)
                .where(HsmEscrowGrant.id == grant_id, HsmEscrowGrant.signature.is_(None))
                .values(signature=signature)
                .execution_options(synchronize_session=False)
            )
        with self._db.read() as session:
            stored = session.get_one(HsmEscrowGrant, grant_id)
        return Attestation(octets, stored.signature or signature)

    def _compose(self, grant: Grant) -> bytes:
        query = select(HsmEscrowRelease).where(HsmEscrowRelease.occasion == str(grant.id))
        with self._db.read() as session:
            made = {row.key_id: row for row in session.scalars(query)}
        keys = [self._keys.row(key_id) for key_id in grant.keys]
        said = {
            "type": TYPE,
            "grant": str(grant.id),
            "kind": grant.kind.value,
            "statement_sha256": grant.digest.hex(),
            "recipient_sha256": sha256(grant.recipient).hex(),
            "quorum": grant.quorum,
            "requester": grant.requester,
            "opened_at": _moment(grant.opened_at),
            "released_at": _moment(grant.released_at),
            "form": grant.form.value if grant.form else None,
            "approvals": [
                {"approver": one.approver, "approved": one.approved, "at": _moment(one.at), "until": _moment(one.until)}
                for one in grant.approvals
            ],
            "keys": [
                {
                    "id": str(row.id),
                    "algorithm": row.algorithm,
                    "version": row.version,
                    "spki_sha256": row.spki_hash,
                    "envelope_sha256": _envelope(made.get(row.id)),
                }
                for row in keys
            ],
        }
        return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="microseconds")


def _envelope(row: HsmEscrowRelease | None) -> str | None:
    """None for one that a crash left unmade: attested anew once it is."""
    return sha256(row.octets).hex() if row is not None and row.octets is not None else None

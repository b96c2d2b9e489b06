"""What the database says was meant to be signed, purpose by purpose (数据库中的签名意向)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from ca.models import CaCertificate, CaCrl, CaStamp
from ca.models import State as CertificateState
from ca.reading.certificate import read_certificate
from foundation.audit.checkpoint import body, parse_note
from foundation.audit.models import AuditCheckpoint
from foundation.database import Database
from hsm.digests import sha256
from hsm.keys import Purpose
from hsm.models import HsmKey
from licence.models import LicenceIntent
from seal.approval.cloud.models import SealCloudConsent
from seal.formats import OFD_HASH
from seal.models import OrderState, SealOrder, SealRow, SealState
from verify.reports.models import VerifyReport

KEYS = "key"
MAY_STAY_BEHIND = frozenset({KEYS, Purpose.CHECKPOINT})
"""Written down before their row: a key whose row a crash prevented opens nothing, a checkpoint is followed by the next
(the signer had read the very same tree from the database before it signed)."""
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Meant:
    """One intent. `stored`: the result is in the database, so a record must exist; digests where the row has them."""

    intent: str
    stored: bool
    content: str | None = None
    signature: str | None = None


def everything(db: Database) -> Iterator[tuple[str, Iterator[Meant]]]:
    yield KEYS, _keys(db)
    yield Purpose.CERTIFICATE, _certificates(db)
    yield Purpose.CRL, _lists(db)
    yield Purpose.TIMESTAMP, _stamps(db)
    yield Purpose.SEAL_MAKING, _seals(db)
    yield Purpose.SEALING, _orders(db)
    yield Purpose.APPROVAL, _approvals(db)
    yield Purpose.CODE, _codes(db)
    yield Purpose.REPORT, _reports(db)
    yield Purpose.CHECKPOINT, _checkpoints(db)


def _keys(db: Database) -> Iterator[Meant]:
    query = select(HsmKey.name, HsmKey.version, HsmKey.spki)
    with db.read() as session:
        for name, version, spki in session.execute(query.execution_options(yield_per=_BATCH)):
            yield Meant(f"{name}#{version}", stored=True, content=sha256(spki).hex())


def _certificates(db: Database) -> Iterator[Meant]:
    """Those of natural persons are sealed in their rows: their fingerprints are compared, their octets stay closed."""
    query = select(CaCertificate.id, CaCertificate.state, CaCertificate.personal, CaCertificate.der)
    with db.read() as session:
        for identifier, state, personal, text in session.execute(query.execution_options(yield_per=_BATCH)):
            if state != CertificateState.ISSUED or personal or text is None:
                yield Meant(str(identifier), stored=state == CertificateState.ISSUED)
                continue
            made = read_certificate(base64.b64decode(text))
            content, signature = sha256(made.tbs).hex(), sha256(made.signature).hex()
            yield Meant(str(identifier), stored=True, content=content, signature=signature)


def _lists(db: Database) -> Iterator[Meant]:
    query = select(CaCrl.scope, CaCrl.number, CaCrl.tbs_hash, CaCrl.sha256)
    with db.read() as session:
        for scope, number, content, published in session.execute(query.execution_options(yield_per=_BATCH)):
            yield Meant(f"crl:{scope}:{number}", stored=published is not None, content=content)


def _stamps(db: Database) -> Iterator[Meant]:
    """Recorded before they are signed and not marked after: a serial without a signature was never a token."""
    with db.read() as session:
        query = select(CaStamp.suite, CaStamp.serial).execution_options(yield_per=_BATCH)
        for suite, serial in session.execute(query):
            yield Meant(f"stamp:{suite}:{serial}", stored=False)


def _seals(db: Database) -> Iterator[Meant]:
    with db.read() as session:
        for identifier, state in session.execute(select(SealRow.id, SealRow.state)):
            yield Meant(f"seal:{identifier}", stored=state != SealState.RECORDED)


def _orders(db: Database) -> Iterator[Meant]:
    query = select(SealOrder.id, SealOrder.format, SealOrder.state, SealOrder.terms)
    with db.read() as session:
        for identifier, form, state, terms in session.execute(query.execution_options(yield_per=_BATCH)):
            said = json.loads(terms)
            parts = ["ofd"] if form in ("ofd", OFD_HASH) else said.get("suites") or [said["suite"]]
            for part in parts:
                yield Meant(f"seal-order:{identifier}:{part}", stored=state == OrderState.SEALED)


def _approvals(db: Database) -> Iterator[Meant]:
    """A code may have been followed by a newer one, so a decision's value says nothing about any one consent."""
    query = select(SealCloudConsent.id)
    with db.read() as session:
        for identifier in session.scalars(query.execution_options(yield_per=_BATCH)):
            yield Meant(f"seal-consent:{identifier}", stored=False)


def _reports(db: Database) -> Iterator[Meant]:
    with db.read() as session:
        query = select(VerifyReport.id, VerifyReport.sha256.is_not(None)).execution_options(yield_per=_BATCH)
        for identifier, stored in session.execute(query):
            yield Meant(f"report:{identifier}", stored=bool(stored))


def _codes(db: Database) -> Iterator[Meant]:
    query = select(LicenceIntent.id, LicenceIntent.code_sealed.is_not(None))
    with db.read() as session:
        for identifier, signed in session.execute(query.execution_options(yield_per=_BATCH)):
            yield Meant(str(identifier), stored=bool(signed))


def _checkpoints(db: Database) -> Iterator[Meant]:
    with db.read() as session:
        for note in session.scalars(select(AuditCheckpoint.note).execution_options(yield_per=_BATCH)):
            said = parse_note(note)
            text = body(said.origin, said.size, said.root)
            yield Meant(f"checkpoint:{sha256(text).hex()}", stored=True, content=sha256(text).hex())

"""Rows against certificates (核对登记): a revocation has its certificate, shard and entry, a certificate its list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Executable, select
from sqlalchemy.orm import Session

from ca.findings import Findings
from ca.models import CaCertificate, CaRevocation, State
from ca.reading.certificate import read_certificate
from ca.reading.crl import Reason, read_entry
from ca.room import Authority, CaRoom
from ca.storing import opened
from foundation import der
from foundation.der import DerError

_AT_ONCE = 2000


def check_store(room: CaRoom, authority: Authority, findings: Findings, *, thorough: bool) -> None:
    query = (
        select(CaRevocation, CaCertificate.serial, CaCertificate.shard, CaCertificate.not_after)
        .outerjoin(CaCertificate, CaCertificate.id == CaRevocation.certificate_id)
        .where(CaRevocation.authority == authority.slug)
    )
    with room.ground.db.read() as session:
        for row, serial, shard, not_after in _all(session, query):
            if serial != row.serial:
                findings.add("certificate_missing", authority.slug, row.serial)
            elif (shard, not_after) != (row.shard, row.not_after):
                findings.add("certificate_differs", authority.slug, row.serial)
            if not _entry_stands(row):
                findings.add("entry_damaged", authority.slug, row.serial)
        certificates = select(CaCertificate).where(
            CaCertificate.authority == authority.slug, CaCertificate.state == State.ISSUED
        )
        if not thorough:
            gone = select(CaRevocation.certificate_id).where(CaRevocation.authority == authority.slug)
            certificates = certificates.where(CaCertificate.id.in_(gone))
        for (certificate,) in _all(session, certificates):
            _check_list_named(room, authority, certificate, findings)


def _all(session: Session, query: Executable) -> Iterator[Any]:
    """Rows a few at a time: there may be a million."""
    for part in session.execute(query, execution_options={"yield_per": _AT_ONCE}).partitions():
        yield from _detached(session, part)


def _detached(session: Session, part: Sequence[Any]) -> Iterator[Any]:
    yield from part
    session.expunge_all()


def _entry_stands(row: CaRevocation) -> bool:
    try:
        entry = read_entry(der.parse(row.entry))
    except DerError:
        return False
    said = (f"{entry.serial:x}", entry.revoked_at, entry.reason, entry.invalidity)
    return said == (row.serial, _whole(row.revoked_at), Reason(row.reason), _whole(row.invalidity))


def _whole(at: datetime | None) -> Any:
    return None if at is None else at.astimezone(UTC) - timedelta(microseconds=at.microsecond)


def _check_list_named(room: CaRoom, authority: Authority, row: CaCertificate, findings: Findings) -> None:
    """Old certificates, and those without a list of their own, are on the full list."""
    named = read_certificate(opened(room.ground.cipher, row, "der")).crl_urls
    if named and named != (room.places.crl(authority.slug, row.shard),):
        findings.add("shard_differs", authority.slug, row.serial)
    if not named and row.shard is not None:
        findings.add("shard_differs", authority.slug, row.serial)

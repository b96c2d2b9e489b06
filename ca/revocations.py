"""Revocation rows (撤销记录): the entry encoded once, which change may follow which, and what a change makes stale.

RFC 5280 5.3, X.509 9.5.3.1. These work inside the caller's transaction; `ca.revoke` and `ca.revoke_many` open it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ca import oids
from ca.errors import CertificateUnfinished
from ca.models import CaCertificate, CaRevocation, State
from ca.profiles import PROFILES, ROOT
from ca.reading.crl import Reason
from ca.revocation_models import CaOcspAnswer, CaRelease
from ca.template import extension
from foundation import der
from foundation.errors import InvalidInput
from foundation.text import Text

REASONS = (
    Reason.UNSPECIFIED,
    Reason.KEY_COMPROMISE,
    Reason.CA_COMPROMISE,
    Reason.AFFILIATION_CHANGED,
    Reason.SUPERSEDED,
    Reason.CESSATION_OF_OPERATION,
    Reason.PRIVILEGE_WITHDRAWN,
)
"""What a revocation may say. Hold and its lifting are verbs of their own; AA compromise is of attribute authorities."""


def check_reason(reason: Reason) -> None:
    if reason not in REASONS:
        raise InvalidInput(
            "ca.reason",
            Text(
                "不支持该撤销原因，请从列表中选择；临时停用请用“挂起”。",
                f"This reason cannot be given. Choose one of {', '.join(r.name.lower() for r in REASONS)}; "
                "to suspend a certificate for a while, put it on hold.",
            ),
        )


def check_invalidity(invalidity: datetime | None, now: datetime) -> None:
    if invalidity is not None and invalidity > now:
        raise InvalidInput(
            "ca.invalidity", Text("失效时间不能晚于现在。", "The invalidity date may not lie in the future.")
        )


def check_row(row: CaCertificate, reason: Reason) -> None:
    """A root cannot revoke itself, a leaf has no CA to be compromised, and what is unfinished is finished first."""
    if row.state == State.RECORDED:
        raise CertificateUnfinished
    if row.profile == ROOT.name:
        raise InvalidInput(
            "ca.root",
            Text(
                "根证书不能自我撤销，请从信任列表中移除。",
                "A root cannot revoke itself; remove it from the trust lists.",
            ),
        )
    if reason is Reason.CA_COMPROMISE and not _of_authority(row):
        raise InvalidInput(
            "ca.reason",
            Text("“CA 密钥泄露”只适用于 CA 证书。", "CA compromise is a reason for certificates of CAs only."),
        )


def _of_authority(row: CaCertificate) -> bool:
    profile = PROFILES.get(row.profile)  # an operator's own profiles are leaves
    return profile is not None and profile.is_ca


def check_may_be_held(row: CaCertificate, now: datetime) -> None:
    """A CA on hold would put everything under it in doubt, and an expired certificate is not trusted anyway."""
    if _of_authority(row):
        raise InvalidInput(
            "ca.hold_authority",
            Text(
                "CA 证书不能挂起，只能撤销。",
                "The certificate of a CA cannot be put on hold. Revoke it, or leave it.",
            ),
        )
    if row.not_after < now:
        raise InvalidInput(
            "ca.certificate_expired",
            Text("该证书已过期，无需挂起。", "This certificate has expired, so there is nothing to put on hold."),
        )


def supersedes(reason: Reason, invalidity: datetime | None, found: CaRevocation) -> bool:
    """Whether this revocation says more than the one that stands.

    A hold gives way to any reason. Otherwise only a compromise, or an earlier date of it, is news that relying
    parties need: it takes back trust in signatures made before the revocation.
    """
    if found.reason == Reason.CERTIFICATE_HOLD:
        return True
    if reason is not Reason.KEY_COMPROMISE or found.reason == Reason.CA_COMPROMISE:
        return False
    if found.reason != Reason.KEY_COMPROMISE:
        return True
    return invalidity is not None and (found.invalidity is None or invalidity < found.invalidity)


def enter(
    session: Session,
    row: CaCertificate,
    found: CaRevocation | None,
    now: datetime,
    reason: Reason,
    invalidity: datetime | None,
) -> CaRevocation:
    """Write the row of a new revocation or hold, or change the one that stands.

    A revocation that follows a hold keeps the date of the hold (X.509 9.5.3.1 c), a corrected one its first date.
    """
    if found is None:
        made = CaRevocation(
            authority=row.authority,
            serial=row.serial,
            certificate_id=row.id,
            revoked_at=now,
            not_after=row.not_after,
            shard=row.shard,
        )
        session.add(made)
    else:
        made = found
        dates = [date for date in (invalidity, found.invalidity) if date is not None]
        invalidity = min(dates, default=None)
    made.reason, made.invalidity, made.seq, made.changed_at = int(reason), invalidity, None, now
    made.entry = encode_entry(int(row.serial, 16), made.revoked_at, reason, invalidity)
    return made


def lift(session: Session, row: CaCertificate, found: CaRevocation, now: datetime) -> CaRelease:
    """Turn a hold into its release: off the lists, and said as such in delta lists."""
    made = CaRelease(
        authority=row.authority,
        serial=row.serial,
        certificate_id=row.id,
        held_at=found.revoked_at,
        released_at=now,
        not_after=row.not_after,
        entry=encode_entry(int(row.serial, 16), now, Reason.REMOVE_FROM_CRL, None),
        shard=row.shard,
    )
    session.delete(found)
    session.add(made)
    return made


def forget_stale(session: Session, authority: str, serials: Collection[str], *, revoked: bool) -> None:
    """What a change makes wrong ends in its transaction: stored OCSP answers, and the lifting of an earlier hold."""
    session.execute(delete(CaOcspAnswer).where(CaOcspAnswer.authority == authority, CaOcspAnswer.serial.in_(serials)))
    if revoked:
        session.execute(delete(CaRelease).where(CaRelease.authority == authority, CaRelease.serial.in_(serials)))


def encode_entry(serial: int, at: datetime, reason: Reason, invalidity: datetime | None) -> bytes:
    """One entry of a CRL (RFC 5280 5.1.2.6, 5.3). `unspecified` is said by leaving the reason out (5.3.1)."""
    said = b""
    if reason is not Reason.UNSPECIFIED:
        said += extension(oids.CRL_REASON, der.enumerated(reason))
    if invalidity is not None:
        said += extension(oids.INVALIDITY_DATE, der.generalized_time(invalidity.astimezone(UTC)))
    return der.sequence(der.integer(serial), der.x509_time(at), der.sequence(said) if said else b"")

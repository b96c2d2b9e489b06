"""Issuing a certificate (签发证书): prepare, record, sign, compare, store.

The intent (serial, octets, profile version) is committed before the key is touched, so a crash at any point leaves
something `ca.recover` can finish, and never a second certificate for one request (T10, facts: pki 7.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ca.errors import ClockWentBack, RequestKeyTaken
from ca.extensions import alternative_names, identity_extensions
from ca.kmc.guard import require_escrowed
from ca.models import CaCertificate, State
from ca.names import Name, Subject, write_name
from ca.prepare import Prepared, Wanted, owner_of, prepare, wanted_from
from ca.profiles import ROOT, Role
from ca.reading.alternative import NO_NAMES, AlternativeNames
from ca.reading.certificate import Certificate, read_certificate, read_tbs
from ca.reading.identity import NO_IDENTITY, IdentityExtensions
from ca.room import CaRoom
from ca.storing import blind_name, closed, closed_name, opened
from ca.suites import Suite
from ca.weak import refuse_compromised, refuse_listed
from foundation import der
from foundation.errors import Damaged, InvalidInput
from foundation.failpoints import reach
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import sha256
from hsm.keys import Purpose
from hsm.schemes import scheme_for
from hsm.signing import ToBeSigned

__all__ = ["NO_IDENTITY", "IdentityExtensions", "IssuedCertificate", "Subject", "issue"]

_CLOCK_TOLERANCE = timedelta(seconds=2)
"""Hosts of one platform differ by milliseconds; more is a clock set back."""
_MOST_REQUEST_KEY = 200
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, repr=False)
class IssuedCertificate:
    id: UUID
    der: bytes
    serial: int
    issuer: str
    """Slug of the CA."""
    issuer_name: Name
    not_before: datetime
    not_after: datetime
    profile: str
    fingerprint: str


def issue(
    room: CaRoom,
    principal: Principal,
    *,
    suite: Suite,
    profile: str,
    subject: Subject,
    spki: bytes,
    identity: IdentityExtensions = NO_IDENTITY,
    request_key: str,
    validity: timedelta | None = None,
    dns: tuple[str, ...] = (),
    names: AlternativeNames = NO_NAMES,
) -> IssuedCertificate:
    """A certificate from the suite's issuing CA. The same `request_key` again gives the same certificate.

    `request_key` must hold no personal data. `validity` may only shorten what the profile allows.
    `dns` is short for `names` of that one kind.
    """
    kind = room.profile(profile)
    if kind.role is not Role.LEAF:
        raise InvalidInput(
            "ca.profile_reserved",
            Text(
                "CA 证书只能在建立证书体系时签发。",
                "CA certificates are made when the hierarchy is established, not on request.",
            ),
        )
    authority = room.authority(f"{suite}-issuing")
    called = AlternativeNames(dns=dns) if dns and not names else names
    return run(room, principal, wanted_from(authority, kind, subject, spki, identity, request_key, validity, called))


def run(room: CaRoom, principal: Principal, wanted: Wanted) -> IssuedCertificate:
    """Issue, or answer what was issued for this request before, or finish what a crash left."""
    if not 0 < len(wanted.request_key) <= _MOST_REQUEST_KEY:
        raise InvalidInput(
            "ca.request_key", Text("请求编号须为 1 至 200 个字符。", "The request key must have 1 to 200 characters.")
        )
    with room.lock(wanted.request_key):
        row = _find(room, wanted) or _record(room, principal, wanted)
        reach("ca.recorded")
        return finish(room, principal, row)


def _find(room: CaRoom, wanted: Wanted) -> CaCertificate | None:
    with room.ground.db.read() as session:
        row = session.scalars(
            select(CaCertificate).where(CaCertificate.request_key == wanted.request_key)
        ).one_or_none()
    if row is not None and row.request_mac != _request_mac(room, wanted):
        raise RequestKeyTaken
    return row


def _request_mac(room: CaRoom, wanted: Wanted) -> bytes:
    """Keyed, because a plain digest over a name and a citizen number could be guessed."""
    lasts = b"" if wanted.validity is None else str(wanted.validity.total_seconds()).encode()
    parts = (
        wanted.profile.name.encode(),
        wanted.issuer.slug.encode(),
        write_name(wanted.subject),
        wanted.spki,
        identity_extensions(wanted.identity),
        lasts,
        *((alternative_names(wanted.names),) if wanted.names else ()),
    )
    return room.ground.mac.mac("ca.request", b"".join(len(part).to_bytes(4, "big") + part for part in parts))


# --- record ----------------------------------------------------------------------------------------------------------


def _record(room: CaRoom, principal: Principal, wanted: Wanted) -> CaCertificate:
    """Commit the intent and its audit row. The database says whether the serial is new, before anything is signed."""
    ground = room.ground
    refuse_listed(room, wanted.spki)
    require_escrowed(room, wanted.profile, wanted.spki)
    for attempt in range(_ATTEMPTS):
        now = ground.clock.now()
        prepared = prepare(room, wanted, now)
        row = _row(room, wanted, prepared, now)
        try:
            with ground.db.begin() as session:
                _check_clock(session, wanted.issuer.slug, now)
                refuse_compromised(session, row.key_hash)
                session.add(row)
                ground.audit.record(
                    session,
                    principal,
                    action="ca.certificate.record",
                    object=f"certificate:{row.id}",
                    payload={
                        "authority": row.authority,
                        "serial": row.serial,
                        "profile": row.profile,
                        "version": row.profile_version,
                    },
                )
        except IntegrityError:
            # The request was recorded by another process meanwhile, or the serial is taken: tell them apart.
            found = _find(room, wanted)
            if found is not None:
                return found
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return row
    raise AssertionError("unreachable")


def _row(room: CaRoom, wanted: Wanted, prepared: Prepared, now: datetime) -> CaCertificate:
    ground, identifier, personal = room.ground, room.ground.ids.uuid7(), wanted.profile.personal
    name = wanted.subject.common_name
    return CaCertificate(
        id=identifier,
        request_key=wanted.request_key,
        request_mac=_request_mac(room, wanted),
        authority=wanted.issuer.slug,
        serial=f"{prepared.serial:x}",
        shard=prepared.shard,
        profile=wanted.profile.name,
        profile_version=wanted.profile.version,
        profile_digest=wanted.profile.digest,
        state=State.RECORDED,
        personal=personal,
        subject=closed_name(ground.cipher, identifier, name, personal=personal),
        subject_blind=blind_name(ground.cipher, name),
        organization=wanted.subject.organization,
        owner=owner_of(wanted.subject, wanted.identity),
        key_hash=sha256(wanted.spki).hex(),
        tbs=closed(ground.cipher, identifier, "tbs", prepared.tbs, personal=personal),
        tbs_mac=tbs_mac(room, identifier, wanted.issuer.slug, prepared.tbs),
        not_before=prepared.not_before,
        not_after=prepared.not_after,
        recorded_at=now,
    )


def tbs_mac(room: CaRoom, identifier: UUID, slug: str, tbs: bytes) -> bytes:
    return room.ground.mac.mac("ca.intent", identifier.bytes + slug.encode() + b"\x00" + tbs)


def _check_clock(session: Session, slug: str, now: datetime) -> None:
    """Nothing is dated before what was signed last (T14)."""
    last = session.scalar(select(func.max(CaCertificate.recorded_at)).where(CaCertificate.authority == slug))
    if last is not None and now < last - _CLOCK_TOLERANCE:
        raise ClockWentBack


# --- sign, compare, store --------------------------------------------------------------------------------------------


def finish(room: CaRoom, principal: Principal, row: CaCertificate) -> IssuedCertificate:
    """Sign a recorded intent and store the certificate; an issued one is just answered."""
    if row.state == State.ISSUED:
        return issued(room, row)
    tbs = opened(room.ground.cipher, row, "tbs")
    if tbs_mac(room, row.id, row.authority, tbs) != row.tbs_mac:
        raise Damaged(
            "ca.intent_damaged",
            Text(
                "待签证书记录被改动，已拒绝签名，请核查数据库。",
                "A recorded to-be-signed certificate was altered; it is not signed. Examine the database.",
            ),
        )
    made = _sign(room, row, tbs)
    reach("ca.signed")
    answer = _store(room, principal, row, made)
    reach("ca.stored")
    return answer


def _sign(room: CaRoom, row: CaCertificate, tbs: bytes) -> Certificate:
    """The key verifies its signature back; here the signed octets are compared with the linted ones."""
    signer = room.keys.signer(f"ca/{row.authority}")
    above = None if row.profile == ROOT.name else room.authority(row.authority).certificate
    own = read_tbs(tbs).spki if above is None else above.spki
    if signer.ref.spki != own:
        raise Damaged(
            "ca.key_mismatch",
            Text(
                "CA 密钥与 CA 证书不一致，已停止签发。",
                "The CA's key does not belong to its certificate; nothing was signed.",
            ),
        )
    signature = signer.sign(ToBeSigned(Purpose.CERTIFICATE, tbs, str(row.id)))
    algorithm = scheme_for(signer.ref.algorithm).algorithm_identifier()
    made = read_certificate(der.sequence(tbs, algorithm, der.bit_string(signature)))
    if (made.tbs, made.signature, made.signature_algorithm) != (tbs, signature, algorithm):
        raise Damaged("ca.signed_other", Text("签名内容与检查内容不一致。", "What was signed is not what was checked."))
    return made


def _store(room: CaRoom, principal: Principal, row: CaCertificate, made: Certificate) -> IssuedCertificate:
    """Only the first to store wins; a second finisher answers what the first stored."""
    ground, fingerprint = room.ground, made.fingerprint
    with ground.db.begin() as session:
        stored = session.execute(
            update(CaCertificate)
            .where(CaCertificate.id == row.id, CaCertificate.state == State.RECORDED)
            .values(
                state=State.ISSUED,
                der=closed(ground.cipher, row.id, "der", made.der, personal=row.personal),
                tbs=None,
                fingerprint=fingerprint,
                issued_at=ground.clock.now(),
            )
            .execution_options(synchronize_session=False)
            .returning(CaCertificate.id)
        ).first()
        if stored is not None:
            ground.audit.record(
                session,
                principal,
                action="ca.certificate.issue",
                object=f"certificate:{row.id}",
                payload={
                    "authority": row.authority,
                    "serial": row.serial,
                    "profile": row.profile,
                    "sha256": fingerprint,
                },
            )
    if stored is not None:
        return _answer(row, made)
    with ground.db.read() as session:
        return issued(room, session.get_one(CaCertificate, row.id))


def issued(room: CaRoom, row: CaCertificate) -> IssuedCertificate:
    """What was issued under this row."""
    return _answer(row, read_certificate(opened(room.ground.cipher, row, "der")))


def _answer(row: CaCertificate, made: Certificate) -> IssuedCertificate:
    return IssuedCertificate(
        row.id,
        made.der,
        made.serial,
        row.authority,
        made.issuer,
        made.not_before,
        made.not_after,
        row.profile,
        made.fingerprint,
    )

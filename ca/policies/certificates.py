"""A certificate (证书) is signed when its intent is committed with these very octets and they keep the rules again.

A CA certificate is signed for a key of our own key store only: whoever writes rows into the database cannot have a
sub-CA made for a key he holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from ca.issue import tbs_mac
from ca.kmc.guard import require_escrowed
from ca.models import CaCertificate, State
from ca.policies import requests
from ca.profiles import ROOT
from ca.reading.certificate import Certificate, read_certificate, read_tbs
from ca.recover import recheck
from ca.room import CaRoom
from ca.storing import opened
from hsm.digests import same
from hsm.service.errors import IntentUnknown, PolicyRefused
from hsm.service.policies import LATE, Asked, Policy, Stated

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOLERANCE = timedelta(seconds=1)


@dataclass(frozen=True)
class CertificatePolicy:
    """`check`, and the rows of many intents read in one question."""

    room: CaRoom

    def __call__(self, asked: Asked) -> Stated:
        return check(self.room, asked)

    def foresee(self, asked: Sequence[Asked]) -> Policy:
        rows = _rows(self.room, {one.intent for one in asked})
        return lambda one: check(self.room, one, rows.get(one.intent))


def check(room: CaRoom, asked: Asked, row: CaCertificate | None = None) -> Stated:
    """`row` is the intent's, where it was read a moment ago."""
    if requests.is_request(asked):
        return requests.check(room, asked)
    row = row or _row(room, asked)
    if row.state == State.ISSUED:
        return _again(room, asked, row)
    if not same(tbs_mac(room, row.id, row.authority, asked.data), row.tbs_mac):
        raise IntentUnknown(asked.intent)
    tbs = read_tbs(asked.data)
    _issuer(room, asked, row, tbs)
    _profile(room, row, tbs)
    _dates(row, tbs)
    recheck(room, row, tbs)
    return Stated(tbs.not_before, LATE, facts={"serial": row.serial, "profile": row.profile})


def _rows(room: CaRoom, intents: set[str]) -> dict[str, CaCertificate]:
    identifiers = [UUID(one) for one in intents if _UUID.fullmatch(one)]
    with room.ground.db.read() as session:
        found = session.scalars(select(CaCertificate).where(CaCertificate.id.in_(identifiers))).all()
    return {str(row.id): row for row in found}


def _row(room: CaRoom, asked: Asked) -> CaCertificate:
    try:
        identifier = UUID(asked.intent)
    except ValueError as error:
        raise IntentUnknown(asked.intent) from error
    with room.ground.db.read() as session:
        row = session.get(CaCertificate, identifier)
    if row is None:
        raise IntentUnknown(asked.intent)
    return row


def _again(room: CaRoom, asked: Asked, row: CaCertificate) -> Stated:
    """Another process stored it first: the same answer, and no second signature."""
    made = read_certificate(opened(room.ground.cipher, row, "der"))
    if made.tbs != asked.data:
        raise IntentUnknown(asked.intent)
    return Stated(again=made.signature)


def _issuer(room: CaRoom, asked: Asked, row: CaCertificate, tbs: Certificate) -> None:
    """The key that signs is the key of the CA the octets name."""
    if asked.ref.name != f"ca/{row.authority}":
        raise PolicyRefused("issuer", "签名密钥不属于该 CA", "the key is not the one of that CA")
    if row.profile == ROOT.name:
        own, name = tbs.spki, tbs.subject.raw
    else:
        above = room.authority(row.authority).certificate
        own, name = above.spki, above.subject.raw
    if own != asked.ref.spki or name != tbs.issuer.raw:
        raise PolicyRefused("issuer", "颁发者与签名密钥不一致", "the issuer is not the holder of the key")


def _profile(room: CaRoom, row: CaCertificate, tbs: Certificate) -> None:
    profile = room.find_profile(row.profile)
    if profile is None:
        raise PolicyRefused("profile", f"没有证书模板 {row.profile}", f"there is no profile {row.profile}")
    if tbs.is_ca != profile.is_ca:
        raise PolicyRefused("ca_flag", "CA 标志与模板不符", "the CA flag is not the profile's")
    if profile.is_ca and not _is_our_key(room, tbs.spki):
        raise PolicyRefused(
            "foreign_ca", "CA 证书只签发给本密钥库的密钥", "CA certificates are for keys of this key store only"
        )
    require_escrowed(room, profile, tbs.spki)


def _is_our_key(room: CaRoom, spki: bytes) -> bool:
    refs = (room.keys.find(name) for name in room.keys.names("ca/"))
    return any(ref is not None and ref.spki == spki for ref in refs)


def _dates(row: CaCertificate, tbs: Certificate) -> None:
    """As in the row; a notBefore that is not the moment of the intent would be dating by hand."""
    if (tbs.not_before, tbs.not_after, f"{tbs.serial:x}") != (row.not_before, row.not_after, row.serial):
        raise PolicyRefused("row", "有效期或序列号与记录不符", "validity or serial differ from the row")
    if abs(row.recorded_at - tbs.not_before) > _TOLERANCE:
        raise PolicyRefused("not_before", "生效时间不是记录意向的时间", "notBefore is not the moment of the intent")

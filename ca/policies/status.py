"""A status answer (证书状态答复) is signed when nobody it calls good is revoked, on hold or unknown to the database.

Statuses have no intent: they state committed rows, and the signer reads those rows itself.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from ca.models import CaCertificate, CaRevocation
from ca.policies.held import certificate_of_key, key_bits
from ca.reading.ocsp import CertId, CertStatus, read_response_data
from ca.room import Authority, CaRoom
from hsm.digests import Digest, digest_of_oid, same
from hsm.schemes import scheme_for
from hsm.service.errors import PolicyRefused
from hsm.service.policies import Asked, Stated

_LONGEST = timedelta(days=10)
"""Of an answer, as the Baseline Requirements allow (BR 4.9.10)."""


def check(room: CaRoom, asked: Asked) -> Stated:
    found = read_response_data(asked.data, scheme_for(asked.ref.algorithm).algorithm_identifier())
    responder = certificate_of_key(room, asked.ref)
    if found.responder_key_id != Digest.SHA1.of(key_bits(responder)):  # KeyHash is SHA-1 (RFC 6960 4.2.1)
        raise PolicyRefused("responder", "答复者不是该密钥的持有者", "the responder is not the holder of the key")
    produced = found.produced_at
    if produced is None or not found.answers:
        raise PolicyRefused("answers", "答复没有内容", "the answer says nothing")
    for answer in found.answers:
        ends = answer.next_update
        if answer.this_update > produced or ends is None or not answer.this_update < ends <= produced + _LONGEST:
            raise PolicyRefused("interval", "答复的时间范围不合理", "the interval of an answer is out of bounds")
    _good_are_good(room, [answer.about for answer in found.answers if answer.status is CertStatus.GOOD])
    return Stated(produced)


def _good_are_good(room: CaRoom, good: list[CertId]) -> None:
    by_authority: dict[str, set[str]] = {}
    for about in good:
        slug = next((one.slug for one in _authorities(room) if _names(room, one, about)), None)
        if slug is None:
            raise PolicyRefused("good", "不是本 CA 签发的证书", "a good answer about a certificate of another CA")
        by_authority.setdefault(slug, set()).add(f"{about.serial:x}")
    with room.ground.db.read() as session:
        for slug, serials in by_authority.items():
            of_ca = CaCertificate.authority == slug
            known = session.scalars(select(CaCertificate.serial).where(of_ca, CaCertificate.serial.in_(serials)))
            if set(known) != serials:
                raise PolicyRefused("good", "序列号未曾签发", "a good answer about a serial never issued")
            here = CaRevocation.authority == slug
            if session.scalars(select(CaRevocation.serial).where(here, CaRevocation.serial.in_(serials))).first():
                raise PolicyRefused("good", "证书已撤销或冻结", "a good answer about a revoked certificate")


def _authorities(room: CaRoom) -> list[Authority]:
    from ca.chain import authorities

    place = ("policy-authorities",)
    kept = room.kept.get(place)
    if not isinstance(kept, list) or not kept:
        kept = room.kept[place] = authorities(room)
    return kept


def _names(room: CaRoom, authority: Authority, about: CertId) -> bool:
    digest = digest_of_oid(about.digest_oid)
    if digest is None:
        return False
    place = ("policy-hashes", authority.slug, digest)
    kept = room.kept.get(place)
    if not isinstance(kept, tuple):
        subject, bits = authority.certificate.subject.raw, key_bits(authority.certificate)
        kept = room.kept[place] = (digest.of(subject), digest.of(bits))
    return same(kept[0], about.issuer_name_hash) and same(kept[1], about.issuer_key_hash)

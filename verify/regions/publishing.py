"""Our own list (本区域信任列表): our roots with what they may vouch for, signed, so another region takes it in at once.

Prepare, record, sign, compare, store: number and digest are committed before the key signs; a crash leaves a gap in
the numbers and no number is used twice. `previous` chains what was really published.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from ca.chain import authorities
from ca.issue import Subject
from ca.lasting import lasting
from ca.profiles import Role
from ca.reading import read_certificate
from ca.suites import Suite
from foundation.errors import Unavailable
from foundation.failpoints import reach
from foundation.principal import SYSTEM
from foundation.text import Text
from hsm.digests import sha256
from hsm.errors import KeyMissing
from hsm.keys import Algorithm, Purpose
from hsm.signing import Signer, ToBeSigned
from verify.anchors import AnchorRules
from verify.regions import signed
from verify.regions.models import TrustPublication
from verify.regions.room import RegionsRoom
from verify.regions.shapes import Region, RegionList, Root, read_list

KEY = "verify/trust-list"
LIFE = timedelta(days=7)
_ATTEMPTS = 4


def current(room: RegionsRoom) -> bytes:
    """The list in force; a new one when our entry changed or it is half over."""
    for _ in range(_ATTEMPTS):
        newest = _newest(room)
        if newest is not None and newest.octets is not None:
            fresh = room.ground.clock.now() < newest.issued + LIFE / 2
            if fresh and signed_regions(newest.octets) == (own(room),):
                return newest.octets
        made = _publish(room)
        if made is not None:
            return made
    raise Unavailable(
        "verify.list_busy",
        Text("信任列表正在更新，请稍后再试。", "The list of regions is being published. Try again shortly."),
    )


def own(room: RegionsRoom) -> Region:
    """Our own entry. Its scope is the region's own prefix: nobody need believe us about other places."""
    region = room.ground.settings.region
    prefix = region.code
    while len(prefix) > 2 and prefix.endswith("00"):
        prefix = prefix[:-2]
    rules = AnchorRules(regions=frozenset({prefix}))
    known = authorities(room.ca)
    return Region(
        region.code,
        region.name_zh,
        region.name_en,
        room.ground.settings.web.public_url,
        tuple(Root(one.certificate, None, rules) for one in known if one.role is Role.ROOT),
        tuple(one.certificate for one in known if one.role is not Role.ROOT),
    )


@dataclass(frozen=True, slots=True)
class Publisher:
    certificate: bytes
    signer: Signer
    """Of the version that is certified: another may be in force by the time it signs."""


def publisher(room: RegionsRoom) -> Publisher:
    """The list's signer with a certificate that lasts; made and renewed when needed, the same for every caller."""
    key = room.keys.ensure(KEY, Algorithm.SM2, {Purpose.TRUST_LIST})
    name = room.ground.settings.region.name_zh
    subject = Subject(f"{name}区域信任列表签署系统", organization=f"{name}政务服务和大数据管理局")
    wanted = f"verify.trust-list:{key.version}"
    certificate = lasting(room.ca, Suite.SM2, "trust-list", subject, key.spki, wanted).der
    return Publisher(certificate, room.keys.signer(KEY, key.version))


def signer_certificate(room: RegionsRoom) -> bytes:
    """What the other side pins, compared by fingerprint over a second channel."""
    return publisher(room).certificate


def signed_regions(octets: bytes) -> tuple[Region, ...]:
    return read_list(signed.payload_of(octets)).regions


def scheme(room: RegionsRoom) -> str:
    return f"region-{room.ground.settings.region.code}"


def _newest(room: RegionsRoom) -> TrustPublication | None:
    query = select(TrustPublication).where(TrustPublication.octets.is_not(None))
    with room.ground.db.read() as session:
        return session.scalars(query.order_by(TrustPublication.number.desc()).limit(1)).one_or_none()


def _publish(room: RegionsRoom) -> bytes | None:
    """A new edition; None when somebody else took the number."""
    publisher(room)  # whatever its making refuses, it refuses before a number is taken
    edition = _record(room)
    if edition is None:
        return None
    reach("verify.trust.recorded")
    by, octets = _signed(room, edition)
    reach("verify.trust.signed")
    pins = signed.Pins((read_certificate(by.certificate),))
    back = signed.verified(octets, pins, room.ground.clock.now())
    if back.list.payload() != edition.payload():
        raise AssertionError("a list that reads otherwise than it was written")
    with room.ground.db.begin() as session:
        session.execute(update(TrustPublication).where(TrustPublication.number == edition.number).values(octets=octets))
        payload: dict[str, str | int] = {"number": edition.number, "sha256": back.sha256}
        room.ground.audit.record(
            session, SYSTEM, action="verify.trust.publish", object=f"trust-list:{edition.number}", payload=payload
        )
    return octets


def _signed(room: RegionsRoom, edition: RegionList) -> tuple[Publisher, bytes]:
    """By the version that is certified. Retired in between, the next one signs: the number is on record already, and
    the list does not say who signs it.
    """
    for last in (False, True):
        try:
            by = publisher(room)
            data = signed.signing_input(by.certificate, edition.payload())
            value = by.signer.sign(ToBeSigned(Purpose.TRUST_LIST, data, f"trust-list:{edition.number}"))
            return by, signed.assemble([(data, value)])
        except KeyMissing:
            if last:
                raise
    raise AssertionError("unreachable: the second time returns or raises")


def _record(room: RegionsRoom) -> RegionList | None:
    now = room.ground.clock.now().replace(microsecond=0)
    region, newest = own(room), _newest(room)
    previous = sha256(newest.octets).hex() if newest is not None and newest.octets is not None else None
    try:
        with room.ground.db.begin() as session:
            number = 1 + (session.scalar(select(func.max(TrustPublication.number))) or 0)
            edition = RegionList(scheme(room), number, now, now + LIFE, previous, (region,))
            session.add(
                TrustPublication(
                    number=number,
                    issued=now,
                    next_update=edition.next_update,
                    payload_sha256=sha256(edition.payload()).hex(),
                )
            )
    except IntegrityError:
        return None
    return edition

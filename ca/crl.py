"""Certificate revocation lists (证书撤销列表): full, in shards, and as delta (完整、分片、增量).

RFC 5280 5. Prepare, record, sign, compare, store: the number and the octets' digest are committed before signing, so
a list that was never published leaves a gap in the numbers, never a number used twice. All lists of a CA draw from one
counter; a change bears the number of the first list that knew it, so any list tells what it lacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, insert, select, update

from ca import crl_lints
from ca.crl_build import Draft, draft, entries
from ca.crl_names import Kind, ListName, has_delta, life_of
from ca.crl_state import base_of, state
from ca.crl_store import keep, kept, stored
from ca.errors import ClockWentBack, ListBusy, ListUnknown
from ca.models import CaAuthority, CaCrl, CaRevocation
from ca.revocation_models import CaRelease
from ca.room import Authority, CaRoom
from foundation import der
from foundation.errors import Damaged
from foundation.failpoints import reach
from foundation.principal import SYSTEM
from foundation.text import Text
from hsm.digests import sha256
from hsm.keys import Purpose
from hsm.signing import ToBeSigned

_ATTEMPTS = 4
_MOST_OFF = timedelta(minutes=10)
"""A list dated far ahead would, once the clock is right again, forbid every list until then."""


def current(room: CaRoom, authority: str) -> bytes:
    """The CA's full list in DER; a new one when the published one is half over, or dirty and not long."""
    return fetch(room, ListName(room.authority(authority).slug))


def freshest(room: CaRoom, authority: str) -> tuple[bytes, ...]:
    """What our own verifier believes: the full list and, where a long one lags behind, its delta."""
    name = ListName(room.authority(authority).slug)
    found = state(room, name)
    if found.newest is None or found.wants_work(room.ground.clock.now(), scheduled=False):
        return (fetch(room, name),)
    octets = stored(room, name, found.newest)
    if octets is None:
        return (publish_list(room, name),)
    return (octets, delta(room, authority)) if found.dirty and has_delta(room.authority(authority)) else (octets,)


def shard(room: CaRoom, authority: str, number: int) -> bytes:
    """The partial list that certificates of that shard name."""
    slug = room.authority(authority).slug
    with room.ground.db.read() as session:
        count = session.scalar(select(CaAuthority.shards).where(CaAuthority.slug == slug)) or 0
    if not 0 <= number < count:
        raise ListUnknown
    return fetch(room, ListName(slug, number))


def delta(room: CaRoom, authority: str) -> bytes:
    """What changed since the oldest full list still in force."""
    found = room.authority(authority)
    if not has_delta(found):
        raise ListUnknown
    return fetch(room, ListName(found.slug, delta=True))


def publish(room: CaRoom, authority: str) -> bytes:
    """A new full list, whatever the old one says (每日或应要求)."""
    return publish_list(room, ListName(room.authority(authority).slug))


def fetch(room: CaRoom, name: ListName, *, scheduled: bool = False) -> bytes:
    """The list as published, made anew first when it wants that."""
    now = room.ground.clock.now()
    found = state(room, name)
    if room.authority(name.authority).offline:
        return _installed(room, name, found.newest)
    if found.newest is None or found.wants_work(now, scheduled=scheduled):
        lock = room.outer_lock if name.kind is Kind.DELTA else room.lock  # a delta brings its base up to date inside
        with lock(f"crl:{name.scope}"):
            found = state(room, name)  # somebody may have built it while we waited
            if found.newest is None or found.wants_work(now, scheduled=scheduled):
                return publish_list(room, name)
    octets = stored(room, name, found.newest)
    return publish_list(room, name) if octets is None else octets  # altered or lost: the old number is spent


def _installed(room: CaRoom, name: ListName, newest: CaCrl | None) -> bytes:
    """The list of an offline root as its last ceremony made it; only the next ceremony makes another."""
    octets = stored(room, name, newest) if newest is not None else None
    if octets is None:
        raise ListUnknown
    return octets


# --- prepare and record ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Number:
    """Taken in a transaction of its own: reading a million entries must not keep anybody from writing."""

    number: int
    this_update: datetime
    recorded: int | None
    """The newest number recorded for this list when ours was taken."""
    carried: datetime
    """thisUpdate of the newest published list: entries whose certificate ended before it have been carried on."""
    base: int | None


def publish_list(room: CaRoom, name: ListName) -> bytes:
    """Build, record, sign, compare, store. Returns the new list."""
    authority = room.authority(name.authority)
    if authority.offline:
        raise ListUnknown
    if name.kind is Kind.DELTA:
        fetch(room, ListName(name.authority))  # its base
    made = _recorded(room, authority, name)
    reach("ca.crl.recorded")
    octets = _signed(room, authority, made)
    crl_lints.check(authority, room.places, made, octets)
    reach("ca.crl.signed")
    _store(room, made, octets)
    return octets


def _recorded(room: CaRoom, authority: Authority, name: ListName) -> Draft:
    """Commit the intent. A list recorded by another process while we read may know more than ours: read again."""
    for _ in range(_ATTEMPTS):
        taken = _take_number(room, name)
        with room.ground.db.read() as session:
            found = entries(session, name, taken.base, taken.carried)
        made = draft(
            authority,
            room.places,
            name,
            number=taken.number,
            base=taken.base,
            this_update=taken.this_update,
            next_update=taken.this_update + life_of(name.kind, room.crl_life[authority.role]),
            found=found,
        )
        if _record(room, made, taken.recorded):
            return made
    raise ListBusy


def _take_number(room: CaRoom, name: ListName) -> _Number:
    """The next number of the CA, which every change not yet taken up bears from now on."""
    room.guard.check(_MOST_OFF)
    now = room.ground.clock.now().replace(microsecond=0)
    scope = CaCrl.scope == name.scope
    before = select(CaCrl.this_update).where(scope, CaCrl.sha256.is_not(None)).order_by(CaCrl.number.desc()).limit(1)
    facts = select(func.max(CaCrl.this_update), func.max(CaCrl.number), before.scalar_subquery()).where(scope)
    with room.ground.db.begin() as session:
        number = 1 + session.execute(_locked(name.authority)).scalar_one()
        last, recorded, carried = session.execute(facts).one()
        if last is not None and now < last:
            raise ClockWentBack
        session.execute(update(CaAuthority).where(CaAuthority.slug == name.authority).values(crl_number=number))
        for table in (CaRevocation, CaRelease):
            session.execute(
                update(table)
                .where(table.authority == name.authority, table.seq.is_(None))
                .values({table.seq: number})
                .execution_options(synchronize_session=False)
            )
        base = base_of(session, name.authority, now) if name.kind is Kind.DELTA else None
    return _Number(number, now, recorded, now if carried is None else carried, base)


def _locked(authority: str) -> Select[int]:
    """The CA's counter, held until the transaction ends."""
    return select(CaAuthority.crl_number).where(CaAuthority.slug == authority).with_for_update()


def _record(room: CaRoom, made: Draft, recorded: int | None) -> bool:
    scope = made.name.scope
    with room.ground.db.begin() as session:
        session.execute(_locked(made.name.authority))
        if session.scalar(select(func.max(CaCrl.number)).where(CaCrl.scope == scope)) != recorded:
            return False
        session.execute(
            insert(CaCrl).values(
                scope=scope,
                number=made.number,
                base=made.base,
                this_update=made.this_update,
                next_update=made.next_update,
                entries=made.entries,
                tbs_hash=sha256(made.tbs).hex(),
            )
        )
    return True


# --- sign and store --------------------------------------------------------------------------------------------------


def _signed(room: CaRoom, authority: Authority, made: Draft) -> bytes:
    """The key verifies its signature back; the comparison says it is the CA's key."""
    signer = room.keys.signer(authority.key_name)
    if signer.ref.spki != authority.certificate.spki:
        raise Damaged(
            "ca.key_mismatch",
            Text(
                "CA 密钥与 CA 证书不一致，已停止签发。",
                "The CA's key does not belong to its certificate; nothing was signed.",
            ),
        )
    signature = signer.sign(ToBeSigned(Purpose.CRL, made.tbs, f"crl:{made.name.scope}:{made.number}"))
    return der.sequence(made.tbs, authority.suite.scheme.algorithm_identifier(), der.bit_string(signature))


def _store(room: CaRoom, made: Draft, octets: bytes) -> None:
    """From the moment of this commit everybody is given the new list, and nobody half of it."""
    name, digest = made.name, sha256(octets).hex()
    if name.kind is Kind.FULL:
        room.ground.storage.put_new(kept(name, made.number), octets)
        reach("ca.crl.stored")
    with room.ground.db.begin() as session:
        session.execute(
            update(CaCrl).where(CaCrl.scope == name.scope, CaCrl.number == made.number).values(sha256=digest)
        )
        if name.kind is not Kind.FULL:
            keep(session, name, made.number, octets)
        room.ground.audit.record(
            session,
            SYSTEM,
            action="ca.crl.publish",
            object=f"authority:{name.authority}",
            payload={"list": name.scope, "number": made.number, "entries": made.entries, "sha256": digest},
        )
    room.kept["crl", name.scope] = (made.number, octets)

"""Taking in a signed list (信任列表导入), and the book in force: what was agreed by hand and the newest editions.

Never an older edition after a newer one, never two of one number, never one that does not follow the last it names:
a peer's list cannot be rolled back, frozen unseen or forked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.exc import IntegrityError

from foundation.errors import Conflict
from foundation.failpoints import reach
from foundation.glances import named
from foundation.ground import Ground
from foundation.principal import Principal
from foundation.text import Text
from verify.regions import changes
from verify.regions.book import Book
from verify.regions.models import ChangeState, TrustChange, TrustEdition
from verify.regions.room import RegionsRoom
from verify.regions.shapes import RegionList, read_list
from verify.regions.signed import NotBelieved, Pins, SignedList, payload_of, verified

_NOBODY = Pins(())


@dataclass(frozen=True, slots=True)
class Edition:
    scheme: str
    number: int
    sha256: str
    next_update: datetime
    imported_by: str
    imported_at: datetime


def take_in(room: RegionsRoom, principal: Principal, octets: bytes) -> RegionList:
    """Verify a list and believe it from now on. The same octets again change nothing."""
    ground = room.ground
    now = ground.clock.now()
    scheme = read_list(payload_of(octets)).scheme  # only to find its pins; nothing of it is believed yet
    with ground.db.read() as session:
        pins = changes.agreed(ground, session)[1].get(scheme, _NOBODY)
    if not pins.certificates:
        zh = f"“{scheme}”的签署者尚未经两人确认，请先登记其签署证书"
        raise NotBelieved(zh, f"two people have not agreed yet whose signatures count for {scheme}")
    signed = verified(octets, pins, now)
    if signed.list.next_update <= now:
        raise NotBelieved("已超过下次更新时间，请获取新的列表", "it should have been replaced by now; get a newer one")
    try:
        with ground.db.begin() as session:
            newest = session.scalar(_newest(scheme).with_for_update())
            if newest is not None and newest.sha256 == signed.sha256:
                return signed.list
            _check_follows(signed, newest)
            session.add(
                TrustEdition(
                    id=ground.ids.uuid7(),
                    scheme=scheme,
                    number=signed.list.number,
                    sha256=signed.sha256,
                    octets=octets,
                    next_update=signed.list.next_update,
                    imported_by=principal.label,
                    imported_at=now,
                )
            )
            payload: dict[str, str | int] = {
                "number": signed.list.number,
                "sha256": signed.sha256,
                "regions": len(signed.list.regions),
            }
            ground.audit.record(
                session, principal, action="verify.trust.import", object=f"trust-list:{scheme}", payload=payload
            )
    except IntegrityError as error:
        raise _older() from error
    reach("verify.trust.imported")
    return signed.list


def editions(room: RegionsRoom) -> list[Edition]:
    query = select(TrustEdition).order_by(TrustEdition.scheme, TrustEdition.number.desc()).limit(200)
    with room.ground.db.read() as session:
        rows = session.scalars(query).all()
    return [
        Edition(row.scheme, row.number, row.sha256, row.next_update, row.imported_by, row.imported_at) for row in rows
    ]


def version() -> list[ColumnElement[Any]]:
    """To be selected: changes with every change of the book, and is cheap enough to ask before each judgement."""
    agreed = TrustChange.state == ChangeState.AGREED
    return [
        named(select(func.count()).select_from(TrustChange).where(agreed), "changes"),
        named(select(func.max(TrustChange.turn)).where(agreed), "turn"),
        named(select(func.count()).select_from(TrustEdition), "editions"),
        named(select(func.max(TrustEdition.imported_at)), "imported"),
    ]


def book(ground: Ground) -> Book:
    """The book in force. An edition whose signers are no longer agreed is left out."""
    with ground.db.read() as session:
        own, pins = changes.agreed(ground, session)
        newest = [session.scalar(_newest(scheme)) for scheme in sorted(pins)]
        kept = [(row.octets, pins[row.scheme], row.imported_at) for row in newest if row is not None]
    lists = []
    for octets, of, at in kept:
        try:
            # as of the day it was taken in: a signer's certificate that ends must not end every region with it
            lists.append(verified(octets, of, at).list)
        except NotBelieved:
            continue  # signers were changed since: their next list brings the regions back
    return Book(own, tuple(lists))


def _newest(scheme: str) -> Select[TrustEdition]:
    return select(TrustEdition).where(TrustEdition.scheme == scheme).order_by(TrustEdition.number.desc()).limit(1)


def _check_follows(signed: SignedList, newest: TrustEdition | None) -> None:
    if newest is None:
        return
    if signed.list.number <= newest.number:
        raise _older()
    if signed.list.number == newest.number + 1 and signed.list.previous != newest.sha256:
        zh, en = "它所称的上一版与本系统已有的不同", "the edition it says it follows is another one than ours"
        raise NotBelieved(zh, en)


def _older() -> Conflict:
    return Conflict(
        "verify.list_older",
        Text(
            "已有同号或更新的列表，旧列表不能导入。",
            "A list of this number or a newer one is here; older ones stay out.",
        ),
    )

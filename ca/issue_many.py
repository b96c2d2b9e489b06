"""Issuing many certificates at once (批量签发): two transactions for all of them instead of two for each.

Each item keeps what a single certificate has: its request key, its lints, its intent committed before the key is
touched, its two audit rows, its own refusal. A crash in the middle leaves intents for `ca.recover`. `ca.issue` is this
with one item.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from ca.errors import RequestKeyTaken
from ca.finishing import IssuedCertificate, Signed, compared, finish, signer_of, store
from ca.intents import Intent, check_clock, check_same, intend, recorded, request_mac, write
from ca.kmc.guard import require_escrowed
from ca.models import CaCertificate
from ca.prepare import Wanted, prepare
from ca.profiles import ROOT
from ca.room import CaRoom
from ca.weak import compromised, refuse_listed
from foundation.errors import InvalidInput, YinxinError
from foundation.failpoints import reach
from foundation.principal import Principal
from foundation.text import Text
from hsm.keys import Purpose
from hsm.signing import ToBeSigned, sign_all
from hsm.weak_keys import WeakKey, Weakness

Outcome = IssuedCertificate | YinxinError
_MOST_REQUEST_KEY = 200
_ATTEMPTS = 3


@dataclass(slots=True)
class _Item:
    """One order on its way."""

    wanted: Wanted
    mac: bytes = b""
    outcome: Outcome | None = None
    row: CaCertificate | None = None
    intent: Intent | None = None
    made: Signed | None = None

    @property
    def fresh(self) -> bool:
        return self.outcome is None and self.row is None


def issue_many(room: CaRoom, principal: Principal, orders: Sequence[Wanted]) -> list[Outcome]:
    """For each order its certificate, or why there is none, in the order they came.

    The same request key again gives the same certificate, also twice in one call.
    """
    items = [_Item(wanted) for wanted in orders]
    first = {item.wanted.request_key: item for item in reversed(items)}
    with _locks(room, first):
        # 1. what cannot be, and what was issued or begun before
        _check_keys(items)
        _find(room, list(first.values()))
        # 2. build and lint the rest; record the intents in one transaction
        _record(room, principal, [item for item in first.values() if item.fresh])
        reach("ca.recorded")
        # 3. sign and compare each; store all in one transaction
        _sign(room, [item for item in first.values() if item.intent is not None and item.outcome is None])
        _store(room, principal, [item for item in first.values() if item.made is not None])
        # 4. what a crash or another process left is finished by itself
        for item in first.values():
            _finish(room, principal, item)
    return [_answer(room, item, first[item.wanted.request_key]) for item in items]


@contextmanager
def _locks(room: CaRoom, keys: dict[str, _Item]) -> Iterator[None]:
    """The same request never signs twice at once in one process. Taken in one order, so that batches cannot cross."""
    needed: dict[int, threading.Lock] = {id(lock): lock for lock in map(room.lock, keys)}
    with ExitStack() as stack:
        for _, lock in sorted(needed.items()):
            stack.enter_context(lock)
        yield


def _check_keys(items: list[_Item]) -> None:
    for item in items:
        if not 0 < len(item.wanted.request_key) <= _MOST_REQUEST_KEY:
            item.outcome = InvalidInput(
                "ca.request_key",
                Text("请求编号须为 1 至 200 个字符。", "The request key must have 1 to 200 characters."),
            )


def _find(room: CaRoom, items: list[_Item]) -> None:
    known = recorded(room, [item.wanted.request_key for item in items if item.fresh])
    for item in items:
        if not item.fresh:
            continue
        try:
            item.mac = request_mac(room, item.wanted)
            row = known.get(item.wanted.request_key)
            if row is not None:
                check_same(row, item.mac)
                item.row, item.intent = row, None
        except YinxinError as error:
            item.outcome = error


def _record(room: CaRoom, principal: Principal, items: list[_Item]) -> None:
    """Commit the intents and their audit rows. The database says whether serials are new, before anything is signed."""
    for item in items:
        try:
            refuse_listed(room, item.wanted.spki)
        except YinxinError as error:
            item.outcome = error
    for attempt in range(_ATTEMPTS):
        now = room.ground.clock.now()
        _prepare(room, [item for item in items if item.fresh], now)
        try:
            _commit(room, principal, [item for item in items if item.fresh], now)
        except IntegrityError:
            # A request was recorded by another process meanwhile, or a serial is taken: tell them apart.
            _find(room, items)
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return


def _prepare(room: CaRoom, items: list[_Item], now: datetime) -> None:
    for item in items:
        try:
            prepared = prepare(room, item.wanted, now)
            require_escrowed(room, item.wanted.profile, item.wanted.spki)
            item.intent = intend(room, item.wanted, item.mac, prepared, now)
        except YinxinError as error:
            item.outcome = error


def _commit(room: CaRoom, principal: Principal, items: list[_Item], now: datetime) -> None:
    with room.ground.db.begin() as session:
        check_clock(session, {item.wanted.issuer.slug for item in items}, now)
        lost = compromised(session, [intent.values["key_hash"] for intent in _intents(items)])
        for item in items:
            if item.intent is not None and item.intent.values["key_hash"] in lost:
                item.outcome = WeakKey(Weakness.COMPROMISED)
        kept = _intents(items)
        if kept:
            write(session, kept)
            room.ground.audit.record_many(session, principal, [intent.entry for intent in kept])


def _intents(items: list[_Item]) -> list[Intent]:
    return [item.intent for item in items if item.intent is not None and item.outcome is None]


def _sign(room: CaRoom, items: list[_Item]) -> None:
    """A signature that fails leaves its intent, which recovery takes up; the others go on."""
    by_key: dict[tuple[str, bool], list[_Item]] = {}
    for item in items:
        by_key.setdefault((item.wanted.issuer.slug, item.wanted.profile is ROOT), []).append(item)
    for (slug, _), group in by_key.items():
        try:
            _sign_all(room, slug, group)
        except YinxinError as error:
            for item in group:
                item.outcome = error if item.made is None else item.outcome


def _sign_all(room: CaRoom, slug: str, items: list[_Item]) -> None:
    first = _intent_of(items[0])
    signer = signer_of(room, slug, first.wanted.profile.name, first.prepared.said)
    tokens = [ToBeSigned(Purpose.CERTIFICATE, _intent_of(one).prepared.tbs, str(_intent_of(one).id)) for one in items]
    for item, value in zip(items, sign_all(signer, tokens), strict=True):
        if isinstance(value, YinxinError):
            item.outcome = value
            continue
        intent = _intent_of(item)
        row, said = intent.values, intent.prepared.said
        about = (slug, row["serial"], row["profile"])
        item.made = compared(signer.ref, intent.id, about, said, value, personal=row["personal"])
        reach("ca.signed")


def _intent_of(item: _Item) -> Intent:
    if item.intent is None:
        raise AssertionError("unreachable: only recorded items are signed")
    return item.intent


def _store(room: CaRoom, principal: Principal, items: list[_Item]) -> None:
    made = [item.made for item in items if item.made is not None]
    if made:
        for item, answer in zip(items, store(room, principal, made), strict=True):
            item.outcome = answer
        reach("ca.stored")


def _finish(room: CaRoom, principal: Principal, item: _Item) -> None:
    if item.row is None or item.outcome is not None:
        return
    try:
        item.outcome = finish(room, principal, item.row)
    except YinxinError as error:
        item.outcome = error


def _answer(room: CaRoom, item: _Item, first: _Item) -> Outcome:
    """A second order under one key in one call is the same order, or it is refused like any other such."""
    outcome = item.outcome if item.outcome is not None else first.outcome
    if item is not first and isinstance(outcome, IssuedCertificate):
        try:
            same = request_mac(room, item.wanted) == first.mac
        except YinxinError as error:
            return error
        return outcome if same else RequestKeyTaken()
    assert outcome is not None  # noqa: S101 - every item was issued, finished or refused above
    return outcome

"""One-time collection codes (领取码): 100 bits, shown once in groups, kept as a keyed digest.

The code reaches the holder's phone; on a screen it is shown to the holder, or to whoever applied where no person's own
key is at stake. So who stands at the counter for others never holds what opens their keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.registration import access, content
from ca.registration.content import Content
from ca.registration.errors import AskersOnly, CodeRefused, NotNow
from ca.registration.machine import REGISTRAR
from ca.registration.models import CaCollection, CaRegistration
from ca.registration.policy import Delivery
from ca.registration.room import RegistrationRoom
from ca.registration.states import WORDS, State
from foundation.clock import SHANGHAI
from foundation.errors import InvalidInput
from foundation.ground import Ground
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import same

MOST_FAILURES = 10
LENGTH, _GROUP = 20, 4
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no I, L, O or U, which eyes confuse."""
_READ_AS = str.maketrans("OIL", "011")
COLLECTABLE = (State.APPROVED, State.ISSUING, State.ISSUED, State.DELIVERED)


@dataclass(frozen=True, slots=True, repr=False)
class Code:
    """A fresh code. `shown` is None when it went to the holder's phone only."""

    shown: str | None
    sent: bool
    expires_at: datetime


def make(room: RegistrationRoom, principal: Principal, registration_id: UUID) -> Code:
    """A new code instead of the last one, for the applicant's side."""
    own, ground = access.own_index(room, principal), room.ground
    with ground.db.begin() as session:
        row = access.load(session, principal, own, registration_id, lock=True)
        if not access.asks(row, principal, own):
            raise AskersOnly
        said = content.opened(ground, row)
        if row.state != State.APPROVED or not _by_code(row, said):
            raise NotNow(Text("获取领取码", "make a code"), WORDS[State(row.state)])
        own_key = row.holder_index is not None and row.holder_index == own
        shown = own_key or not room.ca.profile(row.profile).personal
        if not shown and said.phone is None:
            raise InvalidInput(
                "ca.registration.no_phone",
                Text(
                    "没有持有者手机号，领取码无法送达。请先修改申请。", "No phone of the holder is known to send it to."
                ),
            )
        return _make(room, session, principal, row, said, show=shown)


def ensure(room: RegistrationRoom, registration_id: UUID) -> None:
    """After approval: a code on its way to the phone that was given, once. Without a phone the applicant makes one."""
    with room.ground.db.begin() as session:
        row = session.scalars(
            select(CaRegistration).where(CaRegistration.id == registration_id).with_for_update()
        ).one()
        said = content.opened(room.ground, row)
        known = session.get(CaCollection, row.id)
        if said.phone is not None and row.state == State.APPROVED and known is None:
            _make(room, session, REGISTRAR, row, said, show=False)


def _by_code(row: CaRegistration, said: Content) -> bool:
    return row.delivery == Delivery.PKCS12 or (row.delivery == Delivery.TOKEN and said.csr is None)


def _make(
    room: RegistrationRoom, session: Session, principal: Principal, row: CaRegistration, said: Content, *, show: bool
) -> Code:
    ground = room.ground
    code = new_code(ground)
    values = {
        "code_mac": _mac(ground, row.id, code),
        "failures": 0,
        "made_at": ground.clock.now(),
        "expires_at": row.ends_at,
        "used_at": None,
    }
    known = session.get(CaCollection, row.id)
    if known is None:
        session.add(CaCollection(registration_id=row.id, **values))
    else:
        for name, value in values.items():
            setattr(known, name, value)
    ground.audit.record(
        session,
        principal,
        action="ca.registration.code",
        object=f"registration:{row.id}",
        payload={"shown": show, "sent": said.phone is not None},
    )
    if said.phone is not None:
        room.messages.send(session, said.phone, _message(row, grouped(code)))
    return Code(grouped(code) if show else None, said.phone is not None, row.ends_at)


def _message(row: CaRegistration, code: str) -> str:
    until = f"{row.ends_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return (
        f"您的数字证书已批准。申请编号 {row.id}，领取码 {code}，{until} 前有效，请勿告诉他人。"
        f" Your certificate is approved: application {row.id}, code {code}, until {until}. Tell nobody."
    )


def new_code(ground: Ground) -> str:
    value = int.from_bytes(ground.ids.random(13), "big")
    return "".join(_LETTERS[value >> 5 * place & 31] for place in range(LENGTH))


def grouped(code: str) -> str:
    return "-".join(code[start : start + _GROUP] for start in range(0, LENGTH, _GROUP))


def plain(typed: str) -> str:
    """As it was made, however it was typed."""
    return "".join(char for char in typed.upper().translate(_READ_AS) if char in _LETTERS)


def _mac(ground: Ground, registration_id: UUID, code: str) -> bytes:
    return ground.mac.mac("ca.registration.code", registration_id.bytes + code.encode())


def redeem(room: RegistrationRoom, registration_id: UUID, typed: str) -> CaRegistration:
    """The application the code opens. A wrong try is counted for good; after ten the code is dead."""
    ground, now = room.ground, room.ground.clock.now()
    with ground.db.begin() as session:
        known = session.scalars(
            select(CaCollection).where(CaCollection.registration_id == registration_id).with_for_update()
        ).one_or_none()
        row = session.get(CaRegistration, registration_id)
        fits = False
        if known is not None and row is not None:
            live = known.failures < MOST_FAILURES and now < known.expires_at and row.state in COLLECTABLE
            fits = live and same(known.code_mac, _mac(ground, registration_id, plain(typed)))
            if not fits:
                known.failures += 1
                ground.audit.record(
                    session,
                    REGISTRAR,
                    action="ca.registration.code_refused",
                    object=f"registration:{registration_id}",
                    payload={"failures": known.failures},
                )
    if not fits or row is None:  # after the transaction, which must keep the count
        raise CodeRefused
    return row

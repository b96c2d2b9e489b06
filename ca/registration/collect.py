"""Handing over (交付): by code to whoever holds it, or to the applicant who is logged in.

A token's request gets its certificate, as often as asked while the code lives. A file with a key made by us leaves
once: the key is forgotten with the answer, so a lost file means a new key, never a second copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from ca.chain import chain
from ca.enrol import proven_key
from ca.models import CaCertificate
from ca.registration import access, apply, codes, content, issuing, machine
from ca.registration.errors import AskersOnly, CodeRefused, NotNow
from ca.registration.machine import REGISTRAR
from ca.registration.models import CaCollection, CaRegistration
from ca.registration.policy import Delivery
from ca.registration.room import RegistrationRoom
from ca.registration.states import WORDS, State, Step
from ca.storing import opened
from ca.suites import Suite
from foundation.errors import FieldFault, InvalidInput
from foundation.failpoints import reach
from foundation.principal import Principal
from foundation.text import Text
from hsm.pkcs12 import ROUNDS, check_password


@dataclass(frozen=True, slots=True, repr=False)
class Handed:
    """A certificate with its chain, or a PKCS#12 file."""

    certificate: bytes
    chain: tuple[bytes, ...]
    pkcs12: bytes | None = None


def collect(
    room: RegistrationRoom,
    registration_id: UUID,
    code: str,
    *,
    password: str | None = None,
    csr: bytes | None = None,
    rounds: int = ROUNDS,
) -> Handed:
    """Redeem a code: a PKCS#10 request from the token, or the password the file shall have."""
    row = codes.redeem(room, registration_id, code)
    if row.delivery == Delivery.PKCS12:
        if password is None:
            raise _missing("/password", "请设置证书文件口令。", "Choose a password for the file.")
        check_password(password)
        if row.state != State.APPROVED:
            raise CodeRefused
        return _file(room, row, password, rounds)
    if row.issued_id is not None:
        return _certificate(room, row.issued_id)
    if csr is None:
        raise _missing("/csr", "请提供令牌生成的证书请求。", "Give the request your token made.")
    return _token(room, row, csr)


def _file(room: RegistrationRoom, row: CaRegistration, password: str, rounds: int) -> Handed:
    said = content.opened(room.ground, row)
    begun = issuing.begin(room, row.id, fresh=True)
    key = room.one_time.make(Suite(row.suite).leaf_algorithm)
    made = issuing.for_collector(room, begun, said, key.spki)
    above = tuple(chain(room.ca, made.der))
    packed = room.one_time.pack(key.handle, made.der, above, password, name=f"yinxin-{made.serial:x}", rounds=rounds)
    reach("ca.registration.packed")
    issuing.finish(room, begun, made)
    _delivered(room, row.id)
    return Handed(made.der, above, packed)


def _token(room: RegistrationRoom, row: CaRegistration, csr: bytes) -> Handed:
    said, spki = content.opened(room.ground, row), proven_key(csr)
    apply.check_key(room, row, spki)
    begun = issuing.begin(room, row.id, fresh=True)
    made = issuing.for_collector(room, begun, said, spki)
    issuing.finish(room, begun, made)
    _delivered(room, row.id)
    return _certificate(room, made.id)


def _delivered(room: RegistrationRoom, registration_id: UUID) -> None:
    ground = room.ground
    with ground.db.begin() as session:
        row = session.scalars(
            select(CaRegistration).where(CaRegistration.id == registration_id).with_for_update()
        ).one()
        known = session.get(CaCollection, registration_id)
        if known is not None:
            known.used_at = ground.clock.now()
        machine.move(ground, session, row, REGISTRAR, machine.way(row, Step.DELIVER))


def download(room: RegistrationRoom, principal: Principal, registration_id: UUID) -> Handed:
    """The certificate, for the applicant's side; the first time it counts as delivered."""
    own, ground = access.own_index(room, principal), room.ground
    with ground.db.begin() as session:
        row = access.load(session, principal, own, registration_id, lock=True)
        if not access.asks(row, principal, own):
            raise AskersOnly
        if row.issued_id is None or row.state not in (State.ISSUED, State.DELIVERED):
            raise NotNow(Text("下载证书", "download"), WORDS[State(row.state)])
        if row.state == State.ISSUED:
            machine.move(ground, session, row, principal, machine.way(row, Step.DELIVER), asker=True)
    return _certificate(room, row.issued_id)


def _certificate(room: RegistrationRoom, certificate_id: UUID) -> Handed:
    with room.ground.db.read() as session:
        octets = opened(room.ground.cipher, session.get_one(CaCertificate, certificate_id), "der")
    return Handed(octets, tuple(chain(room.ca, octets)))


def _missing(pointer: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput("ca.registration.collect", Text(zh, en), faults=(FieldFault(pointer, Text(zh, en)),))

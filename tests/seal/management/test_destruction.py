"""A seal's end from revocation to erased keys (印章销毁全程): management, dual control, devices, status and old papers.

The SM2 key lives in our store, the RSA key in a SoftHSM token: both ways of destroying are walked in one life.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from ca.room import CaRoom
from ca.suites import Suite
from foundation.principal import Kind, Permission, Principal
from foundation.settings import KeySettings
from hsm.errors import KeyMissing
from hsm.keys import Purpose
from hsm.life.errors import OwnRequest, RequestClosed, WrongState
from hsm.life.keeper import Keeper, Outcome
from hsm.life.orders import Operation, Order
from hsm.life.requests import ask, judge
from hsm.models import HsmKey
from hsm.room import HsmRoom, unseal
from hsm.signing import ToBeSigned
from seal.errors import SealNotInUse
from seal.management import destroying, finding
from seal.management.errors import KeysRemain
from seal.management.states import Public, State, Step
from seal.models import SealState
from seal.orders import PdfOrder, Placement
from seal.room import SealRoom
from seal.stamp import stamp_pdf
from seal.status_service import answers, publishing, wire
from tests.hsm import devices
from tests.seal import papers
from tests.seal.conftest import MARKET, Region, clerk
from tests.seal.management.office import MAKER, TO_USE, Office
from tests.seal.management.test_status import later, verdict
from verify.report import Verdict

CUSTODIAN = frozenset({Permission.KEY_READ, Permission.KEY_REQUEST, Permission.KEY_APPROVE})


def custodian(number: int) -> Principal:
    person = UUID(int=number)
    return Principal(Kind.OFFICIAL, f"person:{number}", CUSTODIAN, person_id=person)


ANNE, BO = custodian(41), custodian(42)


def equipped(office: Office, code: str) -> tuple[Office, Keeper]:
    """The same region with a token, where the RSA key of the seal `code` will be made."""
    old = office.room.ground
    keys = KeySettings(routes={f"seal/{code}/rsa": "pkcs11"}, pkcs11=devices.pkcs11_settings())
    ground = replace(old, settings=old.settings.model_copy(update={"keys": keys}))
    room = HsmRoom.build(ground, unseal(ground.settings, ground.db, ground.clock, ground.ids))
    seals = SealRoom.build(ground, room.keys, CaRoom.build(ground, room.keys))
    return Office(replace(office.region, room=seals)), room.keeper_here


@pytest.fixture
def prepared(office: Office) -> Iterator[tuple[Office, Keeper, UUID]]:
    """A seal in use, one key here and one in the token."""
    file = office.at(State.APPROVED)
    code = office.row(file).code
    assert code is not None
    ours, keeper = equipped(office, code)
    for step in TO_USE[1:]:
        ours.take(file, step)
    yield ours, keeper, file
    keeper.backends.close()


def stamp(region: Region, seal_id: UUID) -> bytes:
    order = PdfOrder(papers.pdf(), seal_id, Placement(1, 100, 100), region.key(), (Suite.SM2, Suite.RSA))
    return stamp_pdf(region.room, clerk(MARKET), order).document


def destroy(keeper: Keeper, key: str, version: int) -> Outcome:
    """One custodian asks, another agrees to the very digest, and it is done."""
    asked = ask(keeper.ground, ANNE, Order(Operation.DESTROY, key, version), "印章销毁")
    with pytest.raises(OwnRequest):
        judge(keeper.ground, ANNE, asked.id, asked.digest, agree=True)
    with pytest.raises(RequestClosed):
        keeper.execute(ANNE, asked.id)
    judge(keeper.ground, BO, asked.id, asked.digest, agree=True)
    done = keeper.execute(ANNE, asked.id)
    with pytest.raises(RequestClosed):
        keeper.execute(ANNE, asked.id)
    return done


def sign(room: SealRoom, key: str) -> bytes:
    return room.keys.signer(key, 1).sign(ToBeSigned(Purpose.SEALING, b"paper", "a test's"))


def inventory() -> dict[str, str]:
    """Label by reference of what the token holds: other tests' keys too, some for a seal of the same code."""
    token = devices.pkcs11()
    found = {one.reference: one.label for one in token.inventory()}
    token.close()
    return found


def held(room: SealRoom, key: str) -> HsmKey:
    with room.ground.db.read() as session:
        return session.query(HsmKey).filter_by(name=key, version=1).one()


def test_from_revocation_to_erased_keys(prepared: tuple[Office, Keeper, UUID]) -> None:
    office, keeper, file = prepared
    room, code, seal = office.room, office.row(file).code, office.seal(file)
    assert code is not None
    sm2, rsa = f"seal/{code}/sm2", f"seal/{code}/rsa"
    assert (held(room, sm2).backend, held(room, rsa).backend) == (None, "pkcs11")
    wrapped = held(room, sm2).wrapped
    before = inventory()
    assert f"{rsa}#1" in before.values()
    # 1. used, with time stamps, while it stood; its keys cannot be destroyed under it, whoever agrees
    later(office, minutes=1)
    paper = stamp(office.region, seal.id)
    assert verdict(office, paper).verdict is Verdict.GENUINE
    with pytest.raises(WrongState):
        destroy_unretired(keeper, sm2)
    # 2. revoked: nothing more is stamped, its keys wait
    later(office, minutes=1)
    office.take(file, Step.REVOKE)
    with pytest.raises(SealNotInUse):
        stamp(office.region, seal.id)
    # 3. destruction asked for: from this moment the key room signs nothing with them
    later(office, minutes=1)
    assert destroying.destroy(room, MAKER, file) == State.DESTROYING
    for key in (sm2, rsa):
        with pytest.raises(KeyMissing):
            sign(room, key)
    # 4. two custodians, key by key; the register waits for the last
    assert destroy(keeper, rsa, 1).state == "destroyed"
    with pytest.raises(KeysRemain, match="sm2"):
        destroying.destroy(room, MAKER, file)
    assert (destroying.conclude_all(room), office.row(file).state) == ([], State.DESTROYING)
    assert answers.standing(room, code).periods[-1].state is Public.REVOKED  # type: ignore[union-attr]
    assert destroy(keeper, sm2, 1).state == "destroyed"
    later(office, minutes=1)
    assert destroying.conclude_all(room) == [file]
    # 5. the private halves are gone: from the token, and from the row
    assert [label for _, label in before.items() - inventory().items()] == [f"{rsa}#1"]
    assert held(room, sm2).wrapped != wrapped
    for key in (sm2, rsa):
        with pytest.raises(KeyMissing):
            sign(room, key)
    # 6. register, list and answer say so
    assert (office.row(file).state, office.seal(file).state) == (State.DESTROYED, SealState.DESTROYED)
    assert {one.state for one in finding.keys(room, MAKER, file)} == {"destroyed"}
    for octets in (publishing.current(room), answers.answer(room, code)):
        periods = wire.read(octets)[1].seals[code]
        assert [one.state for one in periods[-2:]] == [Public.REVOKED, Public.DESTROYED]
    # 7. a hand in the database that says "in use" brings no key back
    with room.ground.db.begin() as session:
        session.get_one(type(seal), seal.id).state = SealState.IN_USE
    with pytest.raises(KeyMissing):
        stamp(office.region, seal.id)
    with room.ground.db.begin() as session:
        session.get_one(type(seal), seal.id).state = SealState.DESTROYED
    # 8. what was sealed before is as genuine as it was, online and by the list alone
    later(office, minutes=1)
    for report in (
        verdict(office, paper),
        verdict(office, paper, lists=(publishing.current(room),), online=False),
    ):
        assert report.verdict is Verdict.GENUINE, [one.code for one in report.findings]
        assert report.intact
        assert report.has("seal.state_later")


def destroy_unretired(keeper: Keeper, key: str) -> None:
    asked = ask(keeper.ground, ANNE, Order(Operation.DESTROY, key, 1), "印章销毁")
    judge(keeper.ground, BO, asked.id, asked.digest, agree=True)
    keeper.execute(ANNE, asked.id)


def test_an_approved_destruction_waits_until_the_seal_is_retired(prepared: tuple[Office, Keeper, UUID]) -> None:
    """Agreed to in advance it harms nobody: the seal goes on until its management lets go of the keys."""
    office, keeper, file = prepared
    key = f"seal/{office.row(file).code}/sm2"
    asked = ask(keeper.ground, ANNE, Order(Operation.DESTROY, key, 1), "印章销毁")
    judge(keeper.ground, BO, asked.id, asked.digest, agree=True)
    with pytest.raises(WrongState):
        keeper.execute(ANNE, asked.id)
    later(office, minutes=1)
    assert verdict(office, stamp(office.region, office.seal(file).id)).verdict is Verdict.GENUINE
    office.take(file, Step.REVOKE)
    destroying.destroy(office.room, MAKER, file)
    assert keeper.execute(ANNE, asked.id).state == "destroyed"

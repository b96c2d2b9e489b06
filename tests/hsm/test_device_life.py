"""The life of a key in a device, under dual control: made, used, retired, destroyed; never backed up by us."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from foundation.ground import Ground
from foundation.settings import KeySettings
from hsm.backends.held import references
from hsm.errors import KeyMissing
from hsm.keys import Algorithm, Purpose, State
from hsm.life.errors import InDevice
from hsm.life.orders import Operation, Order
from hsm.room import HsmRoom, Vault
from hsm.signing import ToBeSigned
from tests.hsm import devices
from tests.hsm.life.conftest import Office


@pytest.fixture
def office(ground: Ground, vault: Vault) -> Iterator[Office]:
    keys = KeySettings(
        routes={"ca/sm2-": "sdf", "ca/rsa-": "pkcs11"},
        sdf=devices.FakeSdf().settings(indices="1-2"),
        pkcs11=devices.pkcs11_settings(),
    )
    equipped = replace(ground, settings=ground.settings.model_copy(update={"keys": keys}))
    room = HsmRoom.build(equipped, vault)
    assert room.keeper is not None
    yield Office(equipped, room, room.keeper)
    room.keeper.backends.close()


@pytest.mark.parametrize(("name", "algorithm"), [("ca/sm2-root", Algorithm.SM2), ("ca/rsa-root", Algorithm.P256)])
def test_a_key_in_a_device_lives_and_dies(office: Office, name: str, algorithm: Algorithm) -> None:
    office.active(name, algorithm)
    signer = office.room.keys.signer(name)
    signer.sign(ToBeSigned(Purpose.CRL, b"list", "intent"))
    with pytest.raises(InDevice, match="does not leave"):
        office.do(Order(Operation.BACKUP, name, 1, recipient="shares"))
    office.do(Order(Operation.RETIRE, name, 1))
    assert office.do(Order(Operation.DESTROY, name, 1)).state is State.DESTROYED
    with pytest.raises(KeyMissing):
        office.room.keys.signer(name, 1)
    token = devices.pkcs11()
    assert token.inventory() == []
    token.close()


def test_a_destroyed_keys_index_is_never_given_away_again(office: Office) -> None:
    """SDF erases nothing: the key may still be there, and what it signs would look like the old one's."""
    office.active("ca/sm2-a")
    office.do(Order(Operation.RETIRE, "ca/sm2-a", 1))
    office.do(Order(Operation.DESTROY, "ca/sm2-a", 1))
    office.active("ca/sm2-b")
    assert references(office.ground.db, "sdf") == {"sign/1", "sign/2"}

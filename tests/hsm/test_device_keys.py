"""Keys of the key store in devices: routed by name, bound to their row, claimed once, verified back, told when lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, update

from foundation.errors import Damaged, Unavailable
from foundation.ground import Ground
from foundation.settings import KeySettings
from hsm.backends.contract import Bench, run
from hsm.backends.errors import BackendUnknown, DeviceFull, DeviceProblem, DeviceUnavailable
from hsm.backends.held import compare, references
from hsm.backends.registry import open_backends
from hsm.errors import EngineFault, KeyDamaged, KeyExists
from hsm.keys import Algorithm, KeyRef, Purpose, State
from hsm.keystore import LocalKeyStore
from hsm.models import HsmKey
from hsm.room import Vault
from hsm.schemes import scheme_for
from hsm.signing import Signer, ToBeSigned
from hsm.verifying import DEFAULT_SM2_ID, verify
from tests.hsm import devices

Make = Callable[..., LocalKeyStore]


@pytest.fixture
def fake() -> devices.FakeSdf:
    return devices.FakeSdf()


@pytest.fixture
def make(ground: Ground, vault: Vault, fake: devices.FakeSdf) -> Iterator[Make]:
    """Key stores over one database, as several processes have them."""
    opened = []

    def store(**changes: Any) -> LocalKeyStore:
        settings = {
            "routes": {"ca/": "sdf", "ca/rsa-": "pkcs11", "ca/soft/": "software"},
            "sdf": fake.settings(tries=2),
            "pkcs11": devices.pkcs11_settings(),
            **changes,
        }
        backends = open_backends(KeySettings(**settings), ground.ids)
        opened.append(backends)
        return LocalKeyStore(ground.db, ground.clock, ground.ids, ground.audit, vault.kek, backends)

    yield store
    token = devices.pkcs11()
    for backends in opened:
        backends.close()
    run(Bench(token), {})  # cleans up; our own keys below
    for found in token.inventory():
        token.destroy(f"signing\n{found.reference}\n".encode())
    token.close()


def _rows(ground: Ground) -> dict[str, HsmKey]:
    with ground.db.read() as session:
        return {f"{row.name}#{row.version}": row for row in session.scalars(select(HsmKey))}


def _signs(signer: Signer, data: bytes = b"tbs") -> None:
    value = signer.sign(ToBeSigned(Purpose.CRL, data, "intent"))
    verify(signer.ref.spki, scheme_for(signer.ref.algorithm), data, value, sm2_id=DEFAULT_SM2_ID)


def test_the_longest_prefix_says_where_a_new_key_goes(make: Make, ground: Ground) -> None:
    keys = make()
    for name, algorithm in (
        ("ca/sm2-root", Algorithm.SM2),
        ("ca/rsa-root", Algorithm.RSA_2048),
        ("ca/soft/x", Algorithm.P256),
        ("seal/maker", Algorithm.SM2),
    ):
        keys.generate(name, algorithm, {Purpose.CRL})
        _signs(keys.signer(name))
    rows = _rows(ground)
    assert {name: row.backend for name, row in rows.items()} == {
        "ca/sm2-root#1": "sdf",
        "ca/rsa-root#1": "pkcs11",
        "ca/soft/x#1": None,
        "seal/maker#1": None,
    }
    assert rows["ca/sm2-root#1"].reference == "sign/1"
    assert rows["seal/maker#1"].reference is None


def test_keys_survive_a_restart_and_get_versions(make: Make, ground: Ground) -> None:
    for name, algorithm in (("ca/sm2-root", Algorithm.SM2), ("ca/rsa-root", Algorithm.P256)):
        first = make().generate(name, algorithm, {Purpose.CRL})
        again = make()
        assert again.find(name) == first
        _signs(again.signer(name))
        second = again.renew(name)
        assert (second.version, second.spki == first.spki) == (2, False)
        _signs(make().signer(name, 1))
        _signs(make().signer(name))
    with pytest.raises(KeyExists):
        make().generate("ca/sm2-root", Algorithm.SM2, {Purpose.CRL})
    assert len(_rows(ground)) == 4


def test_routes_changed_later_leave_old_keys_where_they_are(make: Make) -> None:
    make().generate("ca/sm2-root", Algorithm.SM2, {Purpose.CRL})
    changed = make(routes={})
    _signs(changed.signer("ca/sm2-root"))
    renewed = changed.renew("ca/sm2-root")
    assert renewed.version == 2


def test_a_device_that_left_the_settings_is_named(make: Make) -> None:
    make().generate("ca/sm2-root", Algorithm.SM2, {Purpose.CRL})
    with pytest.raises(BackendUnknown, match=r"keys\.sdf") as caught:
        make(routes={}, sdf=None).signer("ca/sm2-root")
    assert isinstance(caught.value, Unavailable)


def test_two_processes_never_take_one_index(make: Make, ground: Ground) -> None:
    stores, start = [make() for _ in range(4)], threading.Barrier(4)

    def work(number: int) -> KeyRef:
        start.wait()
        return stores[number].generate(f"ca/sm2-{number}", Algorithm.SM2, {Purpose.CRL})

    with ThreadPoolExecutor(4) as pool:
        refs = list(pool.map(work, range(4)))
    assert len({ref.spki for ref in refs}) == 4
    assert {row.reference for row in _rows(ground).values()} == {f"sign/{index}" for index in range(1, 5)}


def test_processes_that_race_for_one_name_agree_and_leave_nothing_behind(make: Make) -> None:
    stores, start = [make() for _ in range(3)], threading.Barrier(3)

    def work(store: LocalKeyStore) -> KeyRef:
        start.wait()
        return store.ensure("ca/rsa-race", Algorithm.P256, {Purpose.CRL})

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(work, stores))) == 1
    token = devices.pkcs11()
    assert [found.label for found in token.inventory()] == ["ca/rsa-race#1"]
    token.close()


def test_a_retired_keys_index_is_not_given_away_again(make: Make, fake: devices.FakeSdf) -> None:
    keys = make(sdf=fake.settings(indices="1-2"))
    keys.generate("ca/sm2-a", Algorithm.SM2, {Purpose.CRL})
    keys.retire("ca/sm2-a", 1)
    keys.generate("ca/sm2-b", Algorithm.SM2, {Purpose.CRL})
    with pytest.raises(DeviceFull):
        keys.generate("ca/sm2-c", Algorithm.SM2, {Purpose.CRL})


@pytest.mark.parametrize(
    "change",
    [
        {"purposes": "certificate,crl"},
        {"version": 2},
        {"name": "ca/sm2-b"},
        {"backend": "pkcs11"},
        {"backend": None},
        {"wrapped": b"short"},
    ],
)
def test_an_edited_row_is_refused(make: Make, ground: Ground, change: dict[str, object]) -> None:
    make().generate("ca/sm2-a", Algorithm.SM2, {Purpose.CRL})
    with ground.db.begin() as session:
        session.execute(update(HsmKey).values(**change))
    with pytest.raises(KeyDamaged) as caught:
        make().signer(str(change.get("name", "ca/sm2-a")))
    assert isinstance(caught.value, Damaged)


def test_a_row_cannot_borrow_anothers_key(make: Make, ground: Ground) -> None:
    keys = make()
    for name in ("ca/sm2-a", "ca/sm2-b"):
        keys.generate(name, Algorithm.SM2, {Purpose.CRL})
    with ground.db.begin() as session:
        thief, victim = (session.scalars(select(HsmKey).where(HsmKey.name == f"ca/sm2-{n}")).one() for n in "ab")
        thief.wrapped, thief.spki = victim.wrapped, victim.spki
    with pytest.raises(KeyDamaged):
        make().signer("ca/sm2-a")


def test_a_software_key_does_not_move_into_a_device_row(make: Make, ground: Ground) -> None:
    make().generate("seal/a", Algorithm.SM2, {Purpose.CRL})
    with ground.db.begin() as session:
        session.execute(update(HsmKey).values(backend="sdf", reference="sign/1"))
    with pytest.raises(KeyDamaged):
        make().signer("seal/a")


def test_a_wrong_signature_of_the_device_never_leaves(make: Make, fake: devices.FakeSdf) -> None:
    keys = make()
    keys.generate("ca/sm2-a", Algorithm.SM2, {Purpose.CRL})
    signer = keys.signer("ca/sm2-a")
    fake.set("wrong_value")
    with pytest.raises(EngineFault, match="did not verify back"):
        signer.sign(ToBeSigned(Purpose.CRL, b"m", "i"))
    fake.set("wrong_value", 0)
    _signs(signer)


def test_a_device_away_stops_its_own_keys_only(make: Make, fake: devices.FakeSdf) -> None:
    keys = make()
    keys.generate("ca/sm2-a", Algorithm.SM2, {Purpose.CRL})
    keys.generate("seal/a", Algorithm.SM2, {Purpose.CRL})
    signer = keys.signer("ca/sm2-a")
    fake.set("pull")
    with pytest.raises(DeviceUnavailable):
        signer.sign(ToBeSigned(Purpose.CRL, b"m", "i"))
    with pytest.raises(DeviceProblem):
        make().signer("ca/sm2-a")
    with pytest.raises(DeviceProblem):
        keys.generate("ca/sm2-b", Algorithm.SM2, {Purpose.CRL})
    _signs(keys.signer("seal/a"))
    fake.set("pull", 0)
    _signs(signer)
    keys.generate("ca/sm2-b", Algorithm.SM2, {Purpose.CRL})


def test_the_row_has_no_private_octets(make: Make, ground: Ground, vault: Vault) -> None:
    make().generate("ca/rsa-a", Algorithm.RSA_2048, {Purpose.CRL})
    row = _rows(ground)["ca/rsa-a#1"]
    kept = vault.kek.unwrap(row.wrapped, "hsm_key|ca/rsa-a|1|rsa-2048|crl|pkcs11")
    assert kept == f"signing\n{row.reference}\n".encode() + row.spki


def test_the_inventory_tells_orphans_and_lost_keys(make: Make, ground: Ground) -> None:
    keys = make()
    keys.generate("ca/rsa-a", Algorithm.P256, {Purpose.CRL})
    keys.generate("ca/rsa-b", Algorithm.P256, {Purpose.CRL})
    token = devices.pkcs11()
    orphan = token.generate("ca/rsa-lost#1", Algorithm.P256)
    rows = _rows(ground)
    lost = rows["ca/rsa-b#1"].reference
    token.destroy(f"signing\n{lost}\n".encode())
    told = {(held.found.label if held.found else None, held.key, held.state) for held in compare(ground.db, token)}
    assert told == {
        ("ca/rsa-a#1", "ca/rsa-a#1", State.ACTIVE),
        ("ca/rsa-lost#1", None, None),
        (None, "ca/rsa-b#1", State.ACTIVE),
    }
    assert references(ground.db, "pkcs11") == {lost, rows["ca/rsa-a#1"].reference}
    token.destroy(orphan.kept)
    token.close()


def test_routes_must_lead_to_a_back_end_there_is() -> None:
    with pytest.raises(ValueError, match=r"no keys\.sdf"):
        KeySettings(routes={"ca/": "sdf"})

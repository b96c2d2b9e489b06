"""A PKCS#11 token that fails or is set up wrongly: lost sessions, refused PINs, half pairs, many processes at once."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.exceptions import AttributeSensitive
from pkcs11.mechanisms import KeyType

from foundation import der
from foundation.device_settings import Pkcs11Settings
from foundation.errors import YinxinError
from hsm import oids
from hsm.backends import cryptoki_keys
from hsm.backends.backend import OpenKey
from hsm.backends.cryptoki import CryptokiBackend
from hsm.backends.device_key import write_kept
from hsm.backends.errors import (
    AlgorithmNotHeld,
    DeviceFault,
    DeviceKeyMissing,
    DeviceRefused,
    DeviceSettingsWrong,
    DeviceUnavailable,
)
from hsm.errors import EngineFault
from hsm.keys import Algorithm, KeyRef, Purpose
from hsm.schemes import Scheme, scheme_for
from hsm.signing import KeySigner, ToBeSigned
from hsm.verifying import verify
from tests.hsm import devices

ECDSA_GENERATE, ECDSA = 0x1040, 0x1041


@pytest.fixture
def token() -> devices.VendorToken:
    return devices.VendorToken()


@pytest.fixture
def backend(token: devices.VendorToken) -> Iterator[CryptokiBackend]:
    made = token.backend()
    yield made
    for found in made.inventory():
        made.destroy(write_kept(found.reference, "signing", b""))
    made.close()


def _key(backend: CryptokiBackend) -> OpenKey:
    return backend.open(backend.generate("k#1", Algorithm.P256).kept, Algorithm.P256)


def _signs(backend: CryptokiBackend, key: OpenKey, message: bytes = b"m") -> None:
    verify(key.spki, Scheme.ECDSA_SHA256, message, backend.sign(key, message), sm2_id=None)


def test_keys_carry_name_and_version_and_cannot_be_read_out(backend: CryptokiBackend) -> None:
    made = backend.generate("ca/rsa-root#3", Algorithm.RSA_2048)
    assert [(found.label, found.algorithm) for found in backend.inventory()] == [("ca/rsa-root#3", Algorithm.RSA_2048)]

    def look(opened):
        private = cryptoki_keys.find(opened.session, bytes.fromhex(made.reference or ""))
        flags = [
            private[name] for name in (Attribute.SENSITIVE, Attribute.EXTRACTABLE, Attribute.SIGN, Attribute.DECRYPT)
        ]
        with pytest.raises(AttributeSensitive):
            private[Attribute.PRIVATE_EXPONENT]
        return flags

    assert backend._worker.call(look) == [True, False, True, False]


@pytest.mark.parametrize("code", [0x30, 0x05, 0x06, 0xB3, 0x32, 0xE0, 0x101], ids=lambda code: f"CKR_{code:#x}")
def test_a_failure_in_passing_is_tried_again_with_growing_pauses(token: devices.VendorToken, code: int) -> None:
    pauses: list[float] = []
    backend = CryptokiBackend(devices.pkcs11_settings(module=token.path, tries=4), devices.IDS, pause=pauses.append)
    key = _key(backend)
    pauses.clear()
    token.fail("sign", code, 1)
    _signs(backend, key)
    token.fail("sign_init", code, 3)
    _signs(backend, key)
    assert pauses == [0.05, 0.05, 0.1, 0.2]
    token.fail("sign_init", code, 99)
    with pytest.raises(DeviceUnavailable):
        backend.sign(key, b"m")
    token.fail("sign_init", 0, 0)
    _signs(backend, key)
    backend.close()


def test_opening_is_tried_again_as_when_many_processes_start(token: devices.VendorToken) -> None:
    for code in (0x05, 0x102):  # CKR_GENERAL_ERROR, CKR_USER_PIN_NOT_INITIALIZED
        token.fail("login", code, 2)
        backend = token.backend()
        assert backend.status().model == "SoftHSM v2"
        backend.close()


def test_a_token_missed_at_first_is_looked_for_again(token: devices.VendorToken, backend: CryptokiBackend) -> None:
    """A process that came too early has the list of tokens of then, until its library is initialised again."""
    backend.close()
    looked = token.seen("initialize")
    token.fail("login", 0x102, 1)  # CKR_USER_PIN_NOT_INITIALIZED
    assert backend.status().model == "SoftHSM v2"
    assert token.seen("initialize") == looked + 1


def test_six_processes_open_the_token_at_once(token: devices.VendorToken) -> None:
    """About one in seven sees no token at first (SoftHSM looks once); with pauses and a new look all of them do."""
    backend = CryptokiBackend(devices.pkcs11_settings(module=token.path, tries=8), devices.IDS)
    made = backend.generate("k#1", Algorithm.P256)
    key = backend.open(made.kept, Algorithm.P256)
    children = []
    for _ in range(6):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                for _ in range(3):
                    _signs(backend, key)
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 6
    _signs(backend, key)
    backend.destroy(made.kept)
    backend.close()


def test_eight_threads_share_one_session(token: devices.VendorToken, backend: CryptokiBackend) -> None:
    key = _key(backend)
    opened = token.seen("open")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: _signs(backend, key, str(number).encode()), range(200)))
    assert token.seen("open") == opened


@pytest.mark.parametrize("code", [0xA0, 0xA4, 0xA3], ids=["incorrect", "locked", "expired"])
def test_a_refused_pin_is_offered_once(token: devices.VendorToken, code: int) -> None:
    backend = token.backend()
    before = token.seen("login")
    token.fail("login", code, 99)
    for _ in range(3):
        with pytest.raises(DeviceRefused):
            backend.status()
    assert token.seen("login") - before == 1
    token.fail("login", 0, 0)
    backend.close()
    devices.secret("pin", devices.PIN)
    assert backend.status().maker == "SoftHSM project"
    backend.close()


def test_a_wrong_pin_is_in_no_message(token: devices.VendorToken) -> None:
    backend = token.backend(pin_file=devices.secret("wrong-pin", "98765432"))
    with pytest.raises(DeviceRefused) as caught:
        backend.status()
    error: BaseException | None = caught.value
    while error is not None:
        assert "98765432" not in f"{error!s}{error!r}"
        error = error.__cause__
    assert "98765432" not in f"{caught.value.detail}"
    backend.close()


def test_half_pairs_of_ours_are_cleaned_and_nothing_else(token: devices.VendorToken, backend: CryptokiBackend) -> None:
    kept = backend.generate("whole#1", Algorithm.P256)
    ours, theirs = cryptoki_keys.MARK + bytes(14), b"another system"

    def lay(opened):
        point = der.octet_string(b"\x04" + bytes(64))
        for key_id in (ours, theirs):
            opened.session.create_object(
                {
                    Attribute.CLASS: ObjectClass.PUBLIC_KEY,
                    Attribute.KEY_TYPE: KeyType.EC,
                    Attribute.EC_PARAMS: der.oid(oids.P256),
                    Attribute.EC_POINT: point,
                    Attribute.ID: key_id,
                    Attribute.TOKEN: True,
                }
            )

    backend._worker.call(lay)
    fresh = token.backend()
    fresh.generate("next#1", Algorithm.P256)  # the first generation of a process sweeps
    left = {
        key_id: fresh._worker.call(
            lambda opened, one=key_id: cryptoki_keys.find_public(opened.session, one) is not None
        )
        for key_id in (ours, theirs, bytes.fromhex(kept.reference or ""))
    }
    assert list(left.values()) == [False, True, True]
    assert fresh.sweep() == 0
    fresh._worker.call(lambda opened: cryptoki_keys.remove(opened.session, theirs))
    fresh.close()


def test_a_process_killed_half_way_leaves_nothing_behind(token: devices.VendorToken, backend: CryptokiBackend) -> None:
    backend.status()
    child = os.fork()
    if child == 0:
        try:
            token.set("die_half_way")
            backend.generate("lost#1", Algorithm.P256)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert backend.sweep() == 1
    assert backend.sweep() == 0


def test_a_try_that_failed_half_way_is_not_doubled(token: devices.VendorToken, backend: CryptokiBackend) -> None:
    token.fail("generate", 0x30, 2)
    made = backend.generate("k#1", Algorithm.P256)
    assert [found.reference for found in backend.inventory()] == [made.reference]


def test_a_key_that_could_be_read_out_is_not_kept(token: devices.VendorToken, backend: CryptokiBackend) -> None:
    token.set("readable")
    with pytest.raises(DeviceFault, match="can be read out"):
        backend.generate("k#1", Algorithm.P256)
    assert backend.inventory() == []
    assert backend.sweep() == 0


@pytest.mark.parametrize("size", [0, 4097])
def test_random_octets_have_bounds(backend: CryptokiBackend, size: int) -> None:
    with pytest.raises(ValueError, match="octets at a time"):
        backend.random(size)


def test_points_come_wrapped_and_bare_and_nothing_else() -> None:
    point = b"\x04" + bytes(range(64))
    assert cryptoki_keys._point(der.octet_string(point), "pkcs11") == point
    assert cryptoki_keys._point(point, "pkcs11") == point
    for wrong in (
        b"",
        b"\x02" + bytes(64),
        der.octet_string(b"\x02" + bytes(32)),
        der.octet_string(bytes(97)),
        b"\x04",
    ):
        with pytest.raises(DeviceFault, match="CKA_EC_POINT"):
            cryptoki_keys._point(wrong, "pkcs11")


def test_foreign_keys_on_the_token_are_not_listed(backend: CryptokiBackend) -> None:
    def lay(opened):
        private = opened.session.generate_keypair(KeyType.RSA, 1024, id=b"theirs", label="theirs", store=True)[1]
        assert cryptoki_keys.algorithm_of(private, None) is None

    backend._worker.call(lay)
    assert backend.inventory() == []
    backend._worker.call(lambda opened: cryptoki_keys.remove(opened.session, b"theirs"))


def test_sm2_is_refused_without_the_vendors_numbers(backend: CryptokiBackend) -> None:
    with pytest.raises(AlgorithmNotHeld, match=r"keys\.routes"):
        backend.generate("k", Algorithm.SM2)
    with pytest.raises(AlgorithmNotHeld):
        backend.decrypt(_key(backend), b"sealed")
    assert Algorithm.SM2 not in backend.algorithms


def test_ecdsa_over_the_sm2_curve_never_passes_for_sm2(token: devices.VendorToken) -> None:
    """What SoftHSM would do if somebody wrote the standard's own EC numbers into the settings."""
    backend = token.backend(sm2_generate_mechanism=ECDSA_GENERATE, sm2_sign_mechanism=ECDSA)
    made = backend.generate("k", Algorithm.SM2)
    ref = KeyRef("k", 1, Algorithm.SM2, frozenset({Purpose.CODE}), made.spki)
    signer = KeySigner(ref, backend.open(made.kept, Algorithm.SM2))
    with pytest.raises(EngineFault, match="did not verify back"):
        signer.sign(ToBeSigned(Purpose.CODE, b"m", "i"))
    backend.destroy(made.kept)
    backend.close()


def test_numbers_the_token_does_not_know_are_named() -> None:
    backend = devices.pkcs11(sm2_generate_mechanism=0x80000777, sm2_sign_mechanism=0x80000778)
    with pytest.raises(AlgorithmNotHeld, match="MechanismInvalid"):
        backend.generate("k", Algorithm.SM2)
    backend.close()


def test_a_key_that_is_gone_or_exchanged_is_noticed(backend: CryptokiBackend) -> None:
    one, two = (backend.generate("k", Algorithm.P256) for _ in range(2))
    with pytest.raises(DeviceFault, match="another one"):
        backend.open(write_kept(one.reference or "", "signing", two.spki), Algorithm.P256)
    key = backend.open(one.kept, Algorithm.P256)
    backend.destroy(one.kept)
    with pytest.raises(DeviceKeyMissing):
        backend.sign(key, b"m")
    _signs(backend, backend.open(two.kept, Algorithm.P256))


def test_a_lost_public_half_does_no_harm(backend: CryptokiBackend) -> None:
    """We keep the public half; tokens short of room are often freed of theirs."""
    made = backend.generate("k", Algorithm.P256)

    def lose(opened):
        cryptoki_keys.find_public(opened.session, bytes.fromhex(made.reference or "")).destroy()

    backend._worker.call(lose)
    _signs(backend, backend.open(made.kept, Algorithm.P256))


def test_a_wrong_module_or_token_is_told_apart(tmp_path: Path) -> None:
    for changes, why in (
        ({"module": tmp_path / "absent.so"}, "no such file"),
        ({"module": devices.compiled("sdf/fake_sdf.c")}, "no PKCS#11 library"),
        ({"token": "absent"}, "no token labelled 'absent'"),
        ({"pin_file": tmp_path / "absent"}, "cannot be read"),
    ):
        backend = devices.pkcs11(**changes)
        with pytest.raises(DeviceSettingsWrong, match=why):
            backend.status()
        backend.close()
    (tmp_path / "text.so").write_text("no library")
    backend = devices.pkcs11(module=tmp_path / "text.so")
    with pytest.raises(YinxinError, match="no PKCS#11 library"):
        backend.status()
    backend.close()


def test_settings_name_both_sm2_mechanisms_or_none() -> None:
    with pytest.raises(ValueError, match="belong together"):
        Pkcs11Settings(module=Path("m"), token="t", pin_file=Path("p"), sm2_sign_mechanism=1)


def test_openssl_verifies_what_the_token_signed(backend: CryptokiBackend, tmp_path: Path) -> None:
    for algorithm in (Algorithm.RSA_3072, Algorithm.P256):
        made = backend.generate("k", algorithm)
        value = backend.sign(backend.open(made.kept, algorithm), b"judged by another")
        verify(made.spki, scheme_for(algorithm), b"judged by another", value, sm2_id=None)
        for name, octets in (("spki", made.spki), ("value", value), ("message", b"judged by another")):
            (tmp_path / name).write_bytes(octets)
        command = "openssl dgst -sha256 -keyform DER -verify spki -signature value message"
        subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)

"""An SDF device that fails: pulled out, refusing, slow, misconfigured, laid out otherwise. Nothing hangs or locks."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from foundation.device_settings import SdfSettings
from foundation.errors import Unavailable
from hsm import sm2_cipher
from hsm.backends import sdf_layout as sdr
from hsm.backends.backend import Erased, Use
from hsm.backends.device_key import write_kept
from hsm.backends.errors import (
    AlgorithmNotHeld,
    DeviceFault,
    DeviceFull,
    DeviceKeyMissing,
    DeviceRefused,
    DeviceSettingsWrong,
    DeviceUnavailable,
)
from hsm.backends.sdf import SdfBackend
from hsm.keys import Algorithm
from hsm.schemes import Scheme
from hsm.sm2 import Sm2PublicKey
from hsm.verifying import DEFAULT_SM2_ID, verify
from tests.hsm import devices

SIGN, RIGHT = "SDF_InternalSign_ECC", "SDF_GetPrivateKeyAccessRight"


@pytest.fixture
def fake() -> devices.FakeSdf:
    return devices.FakeSdf()


@pytest.fixture
def backend(fake: devices.FakeSdf) -> Iterator[SdfBackend]:
    made = fake.backend()
    yield made
    made.close()


def _key(backend: SdfBackend, use: Use = Use.SIGNING):
    return backend.open(backend.generate("k#1", Algorithm.SM2, use=use).kept, Algorithm.SM2)


def _signs(backend: SdfBackend, key, message: bytes = b"m") -> None:
    verify(key.spki, Scheme.SM2_SM3, message, backend.sign(key, message), sm2_id=DEFAULT_SM2_ID)


def test_structures_have_the_sizes_of_the_standard() -> None:
    wide, narrow = sdr.layout(512), sdr.layout(256)
    assert ctypes.sizeof(sdr.DeviceInfo) == 100
    assert (ctypes.sizeof(wide.public_key), ctypes.sizeof(wide.signature)) == (132, 128)
    assert ctypes.sizeof(wide.cipher(5)) == 164 + 5
    assert (ctypes.sizeof(narrow.public_key), ctypes.sizeof(narrow.signature)) == (68, 64)


def test_a_device_pulled_out_is_named_and_signs_again_when_it_is_back(
    backend: SdfBackend, fake: devices.FakeSdf
) -> None:
    key = _key(backend)
    _signs(backend, key)
    fake.set("pull")
    with pytest.raises(DeviceUnavailable, match="SDR_COMMFAIL") as caught:
        backend.sign(key, b"m")
    assert isinstance(caught.value, Unavailable)
    assert "重启" in caught.value.detail.zh
    fake.set("pull", 0)
    _signs(backend, key)


def test_a_failure_in_passing_is_tried_again_with_growing_pauses(fake: devices.FakeSdf) -> None:
    pauses: list[float] = []
    backend = SdfBackend(fake.settings(tries=4), pause=pauses.append)
    key = _key(backend)
    fake.fail(SIGN, 0x01000003, 3)
    _signs(backend, key)
    assert pauses == [0.05, 0.1, 0.2]
    before = fake.seen(SIGN)
    fake.fail(SIGN, 0x01000004, 99)
    with pytest.raises(DeviceUnavailable, match="SDR_HARDFAIL"):
        backend.sign(key, b"m")
    assert fake.seen(SIGN) - before == 4
    backend.close()


def test_a_final_error_is_not_tried_again(backend: SdfBackend, fake: devices.FakeSdf) -> None:
    key = _key(backend)
    fake.fail(SIGN, 0x0100000D, 99)
    with pytest.raises(DeviceFault, match="SDR_SIGNERR"):
        backend.sign(key, b"m")
    assert fake.seen(SIGN) == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (0x01000002, AlgorithmNotHeld),
        (0x01000009, AlgorithmNotHeld),
        (0x01000007, DeviceRefused),
        (0x0100000E, DeviceFault),
        (0x01000001, DeviceUnavailable),
        (0x01000006, DeviceUnavailable),
        (0x01000123, DeviceFault),
        (0x01, DeviceFault),
        (-1, DeviceFault),
    ],
)
def test_every_code_becomes_an_error_with_its_number(
    backend: SdfBackend, fake: devices.FakeSdf, code: int, error: type[Exception]
) -> None:
    key = _key(backend)
    _signs(backend, key)
    fake.fail(SIGN, code, 99)
    with pytest.raises(error, match=f"0x{code & 0xFFFFFFFF:08X}"):
        backend.sign(key, b"m")


@pytest.mark.parametrize("quirks", [0, 1])
def test_a_wrong_password_is_offered_once_and_never_locks_the_device(fake: devices.FakeSdf, quirks: int) -> None:
    fake.set("quirks", quirks)
    backend = fake.backend()
    path = devices.secret("sdf-password", "not the password")
    key = _key(backend)
    for _ in range(3):
        with pytest.raises(DeviceRefused) as caught:
            backend.sign(key, b"m")
        assert "not the password" not in f"{caught.value}{caught.value.detail}{caught.value.__cause__}"
    assert fake.get("wrong_tries") == 1
    path.write_text(devices.SDF_PASSWORD + "\n")
    _signs(backend, key)
    backend.close()


def test_the_access_right_is_asked_for_once_per_session(backend: SdfBackend, fake: devices.FakeSdf) -> None:
    key = _key(backend)
    for _ in range(3):
        _signs(backend, key)
    assert fake.seen(RIGHT) == 1
    backend.lose_session()
    _signs(backend, key)
    assert fake.seen(RIGHT) == 2


@pytest.mark.parametrize("code", [0x01000018, 0x0100001D])
def test_a_right_the_device_forgot_is_asked_for_again(backend: SdfBackend, fake: devices.FakeSdf, code: int) -> None:
    key = _key(backend)
    _signs(backend, key)
    fake.fail(SIGN, code, 1)
    _signs(backend, key)
    assert fake.seen(RIGHT) == 2


def test_a_password_of_its_own_for_each_index(fake: devices.FakeSdf) -> None:
    first = devices.secret("sdf-1", devices.SDF_PASSWORD)
    devices.secret("sdf-2", "another")
    backend = fake.backend(password_file=str(first.with_name("sdf-{index}")))
    made = [backend.generate("k", Algorithm.SM2, taken=taken) for taken in ([], ["sign/1"])]
    _signs(backend, backend.open(made[0].kept, Algorithm.SM2))
    with pytest.raises(DeviceRefused):
        backend.sign(backend.open(made[1].kept, Algorithm.SM2), b"m")
    backend.close()


def test_a_silent_device_is_given_up_in_time_and_used_again_when_it_answers(fake: devices.FakeSdf) -> None:
    backend = fake.backend(timeout_seconds=1)
    key = _key(backend)
    _signs(backend, key)
    fake.set("hold")
    before = fake.seen(SIGN)
    with pytest.raises(DeviceUnavailable, match="no answer within 1 s"):
        backend.sign(key, b"stuck")
    with pytest.raises(DeviceUnavailable, match="no answer"):
        backend.sign(key, b"waiting behind it")
    fake.set("hold", 0)
    ready = threading.Event()
    while not ready.wait(0.01) and fake.get("waiting"):
        continue
    _signs(backend, key, b"after")
    assert fake.seen(SIGN) - before == 2  # the one that waited was never begun
    backend.close()


def test_sessions_are_used_by_one_thread_each(fake: devices.FakeSdf) -> None:
    backend = fake.backend(sessions=3)
    key = _key(backend)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: _signs(backend, key, str(number).encode()), range(60)))
    assert fake.get("misuses") == 0
    assert fake.seen("SDF_OpenDevice") == 1
    assert fake.seen("SDF_OpenSession") == 3
    backend.close()


def test_indices_are_assigned_once_and_run_out(fake: devices.FakeSdf) -> None:
    backend = fake.backend(indices="3,15-18")
    taken: list[str] = []
    for wanted in ("sign/3", "sign/15", "sign/16"):
        made = backend.generate("k", Algorithm.SM2, taken=taken)
        assert made.reference == wanted
        taken.append(wanted)
    with pytest.raises(DeviceFull, match=r"keys\.sdf\.indices"):  # 17 and 18 hold no key
        backend.generate("k", Algorithm.SM2, taken=taken)
    assert backend.generate("k", Algorithm.SM2, use=Use.DECRYPTION, taken=taken).reference == "enc/3"
    assert [found.reference for found in backend.inventory()] == [
        f"{kind}/{index}" for index in (3, 15, 16) for kind in ("sign", "enc")
    ]
    assert backend.destroy(made.kept) is Erased.BY_OPERATOR
    backend.close()


def test_a_key_exchanged_in_the_device_is_noticed(backend: SdfBackend) -> None:
    one, two = (backend.generate("k", Algorithm.SM2, taken=taken) for taken in ([], ["sign/1"]))
    with pytest.raises(DeviceFault, match="another one"):
        backend.open(write_kept("sign/1", Use.SIGNING, two.spki), Algorithm.SM2)
    with pytest.raises(DeviceKeyMissing):
        backend.open(write_kept("sign/99", Use.SIGNING, one.spki), Algorithm.SM2)
    with pytest.raises(AlgorithmNotHeld):
        backend.generate("k", Algorithm.RSA_2048)
    with pytest.raises(AlgorithmNotHeld):
        backend.open(one.kept, Algorithm.P256)


def test_a_signing_key_does_not_decrypt_and_the_other_way_round(backend: SdfBackend) -> None:
    signing, decrypting = _key(backend), _key(backend, Use.DECRYPTION)
    with pytest.raises(ValueError, match="does not sign"):
        backend.sign(decrypting, b"m")
    with pytest.raises(TypeError, match="decrypts"):
        backend.decrypt(signing, sm2_cipher.encrypt(Sm2PublicKey(signing.spki), b"text"))


def test_other_layouts_are_noticed_without_harm(fake: devices.FakeSdf) -> None:
    """Header of 256 bits against a library of 512 and the other way round; r and s aligned to the left."""
    narrow = fake.backend(field_bits=256)
    with pytest.raises(DeviceFault):
        narrow.generate("k", Algorithm.SM2)
    narrow.close()
    wide = devices.FakeSdf("-DFIELD=32", "-DWITHOUT_ALGORITHM").backend(field_bits=512)
    with pytest.raises(DeviceFault, match="field_bits"):
        wide.generate("k", Algorithm.SM2)
    wide.close()
    backend = fake.backend()
    key = _key(backend)
    fake.set("left_aligned")
    with pytest.raises(DeviceFault, match="field_bits"):
        backend.sign(key, b"m")
    backend.close()


def test_a_wrong_library_is_told_apart(fake: devices.FakeSdf, tmp_path: Path) -> None:
    (tmp_path / "text.so").write_text("no library")
    lacking = devices.compiled("sdf/fake_sdf.c", "-DWITHOUT_SIGN")
    for library, why in (
        (tmp_path / "absent.so", "cannot be loaded"),
        (tmp_path / "text.so", "cannot be loaded"),
        (lacking, "no function SDF_InternalSign_ECC"),
        (Path("libcrypto.so.3"), "no function SDF_OpenDevice"),
    ):
        backend = fake.backend(library=library)
        with pytest.raises(DeviceSettingsWrong, match=why):
            backend.status()
        backend.close()


def test_the_device_path_goes_to_the_vendor(fake: devices.FakeSdf, tmp_path: Path) -> None:
    there = fake.backend(device=str(tmp_path))
    assert there.status().model == "Fake SDF"
    there.close()
    absent = fake.backend(device=str(tmp_path / "absent"))
    with pytest.raises(DeviceUnavailable, match="SDR_OPENDEVICE"):
        absent.status()
    absent.close()


@pytest.mark.parametrize(
    ("mode", "text", "why"),
    [
        (0o644, "pin", "chmod 600"),
        (0o600, "", "one line"),
        (0o600, "x" * 300, "one line"),
        (None, "", "cannot be read"),
    ],
)
def test_a_password_file_must_be_private_and_there(
    fake: devices.FakeSdf, tmp_path: Path, mode: int | None, text: str, why: str
) -> None:
    path = tmp_path / "password"
    if mode is not None:
        path.write_text(text)
        path.chmod(mode)
    backend = fake.backend(password_file=str(path))
    key = _key(backend)
    with pytest.raises(DeviceSettingsWrong, match=why):
        backend.sign(key, b"m")
    assert fake.seen(RIGHT) == 0
    backend.close()


@pytest.mark.parametrize("indices", ["", "a", "1-", "1,,2", "1-2-3", "-1", "0-999999"])
def test_indices_are_checked_with_the_settings(indices: str) -> None:
    with pytest.raises(ValueError, match="indices"):
        SdfSettings(library=Path("x"), password_file="p", indices=indices)

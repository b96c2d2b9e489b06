"""The contract itself must notice what is broken, or a customer learns nothing from it; and it cleans up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hsm.backends.backend import Erased, Found, Use
from hsm.backends.contract import Bench, Outcome, Result, run
from hsm.backends.contract_cases import CASES
from hsm.backends.device_key import DeviceKey, read_kept
from hsm.backends.errors import DeviceFull, DeviceKeyMissing
from hsm.backends.sdf import SdfBackend
from hsm.backends.software import SoftwareBackend
from hsm.keys import Algorithm
from tests.hsm import devices


@pytest.fixture
def fake() -> devices.FakeSdf:
    return devices.FakeSdf()


class _Lying(SoftwareBackend):
    """A back end with one fault."""

    def __init__(self, fault: str) -> None:
        super().__init__(devices.IDS)
        self.fault = fault
        self.algorithms = frozenset({Algorithm.SM2})

    def random(self, octets: int) -> bytes:
        return bytes(octets) if self.fault == "random" else super().random(octets)

    def generate(self, label, algorithm, **rest):
        if self.fault == "unheld":
            self.algorithms = frozenset({Algorithm.P256})
            return super().generate(label, Algorithm.P256, **rest)
        return super().generate(Algorithm.P256 if self.fault == "generate" else label, algorithm, **rest)

    def sign(self, key, message):
        if self.fault == "sign" and len(message) > 1000:
            message = message[:1000]
        if self.fault == "z-side":
            return key.sign(message, sm2_id=b"another")
        return super().sign(key, message)

    def decrypt(self, key, sealed):
        return super().decrypt(key, sealed)[::-1] if self.fault == "decrypt" else super().decrypt(key, sealed)


def _outcomes(backend, *cases: str) -> dict[str, Result]:
    return {result.case: result for result in run(Bench(backend), {case: CASES[case] for case in cases or CASES})}


@pytest.mark.parametrize("fault", ["random", "sign", "z-side", "decrypt", "unheld"])
def test_the_contract_notices_a_broken_back_end(fault: str) -> None:
    assert _outcomes(_Lying(fault), fault)[fault].outcome is Outcome.FAILED


@pytest.mark.parametrize(("lever", "case"), [("wrong_value", "sign"), ("left_aligned", "sign"), ("quirks", None)])
def test_the_contract_notices_a_broken_device(fake: devices.FakeSdf, lever: str, case: str | None) -> None:
    fake.set(lever)
    backend = fake.backend()
    failed = {name for name, result in _outcomes(backend).items() if result.outcome is Outcome.FAILED}
    assert (case in failed) if case else not failed
    backend.close()


def test_a_device_that_says_nothing_is_not_asked_on(fake: devices.FakeSdf) -> None:
    backend = fake.backend(tries=1)
    fake.set("pull")
    told: list[Result] = []
    results = run(Bench(backend), CASES, told.append)
    assert results == told
    assert [result.outcome for result in results[:-1]] == [Outcome.FAILED] + [Outcome.LEFT_OUT] * (len(CASES) - 1)
    assert fake.seen("SDF_OpenDevice") == 2  # for leftovers of an earlier run, and for its name
    backend.close()


def test_test_keys_are_removed_when_a_run_is_broken_off() -> None:
    token = devices.pkcs11()

    def broken_off(on: Bench) -> None:
        on.new(Algorithm.P256)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(Bench(token), {"status": CASES["status"], "broken-off": (CASES["sign"][0], broken_off)})
    assert token.inventory() == []
    token.generate("yinxin-hsm-test", Algorithm.P256)  # as `kill -9` leaves it
    run(Bench(token), {})
    assert token.inventory() == []
    token.close()


def test_a_key_in_use_is_never_borrowed(fake: devices.FakeSdf) -> None:
    backend = fake.backend(indices="1-3")
    on = Bench(backend, taken=["sign/1", "sign/2"])
    assert on.new(Algorithm.SM2).reference == "sign/3"
    with pytest.raises(DeviceFull):
        on.new(Algorithm.SM2)
    assert isinstance(backend, SdfBackend)
    backend.close()


class _LyingDevice(SdfBackend):
    """A device driver with one fault."""

    fault = ""

    def generate(self, label, algorithm, *, use=Use.SIGNING, taken=()):
        if self.fault == "unheld" and algorithm is not Algorithm.SM2:
            return super().generate(label, Algorithm.SM2, use=use, taken=taken)
        return super().generate(label, algorithm, use=use, taken=[] if self.fault == "generate" else taken)

    def open(self, kept, algorithm):
        try:
            return super().open(kept, algorithm)
        except DeviceKeyMissing:
            if self.fault != "reopen":
                raise
            return DeviceKey(self, "sign/1", Use.SIGNING, algorithm, b"")

    def inventory(self) -> list[Found]:
        return [] if self.fault == "inventory" else super().inventory()

    def destroy(self, kept: bytes) -> Erased:
        read_kept("sdf", kept)
        return Erased.GONE if self.fault == "destroy" else Erased.BY_OPERATOR

    def try_password(self, password: str) -> None:
        if self.fault != "wrong-password":
            super().try_password(password)

    def random(self, octets: int) -> bytes:
        return super().random(octets - 1 if self.fault == "random" else octets)

    def decrypt(self, key, sealed: bytes) -> bytes:
        return b"\0" if self.fault == "decrypt" else super().decrypt(key, sealed)


@pytest.mark.parametrize(
    "fault", ["generate", "unheld", "reopen", "inventory", "destroy", "wrong-password", "random", "decrypt"]
)
def test_the_contract_notices_a_broken_driver(fake: devices.FakeSdf, fault: str) -> None:
    backend = _LyingDevice(fake.settings(), pause=devices.no_pause)
    backend.fault = fault
    assert _outcomes(backend, fault)[fault].outcome is Outcome.FAILED
    backend.close()


@pytest.fixture
def crossed(fake: devices.FakeSdf) -> Iterator[SdfBackend]:
    """A driver whose sessions cannot be used by a child."""
    backend = fake.backend(tries=1)
    backend.link.forked = lambda: None  # type: ignore[method-assign]
    yield backend
    backend.close()


def test_the_contract_notices_sessions_carried_over_a_fork(crossed: SdfBackend) -> None:
    result = _outcomes(crossed, "status", "fork")["fork"]
    assert result.outcome is Outcome.FAILED
    assert "SDR_OPENSESSION" in result.detail.en

"""The one contract, over each back end: software, a PKCS#11 token (SoftHSM), an SDF device (our fake in C).

The fake runs as the standard says, with the quirks of cards in the field, with the 256-bit header, and with two
sessions; PKCS#11 also as a vendor's token that knows SM2, with Z on either side.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hsm.backends.backend import Backend, ZSide
from hsm.backends.contract import Bench, Outcome, Result, run
from hsm.backends.contract_cases import CASES
from hsm.backends.software import SoftwareBackend
from hsm.keys import Algorithm
from tests.hsm import devices

LEFT_OUT: dict[str, set[str]] = {
    "software": {"lost-session", "wrong-password", "inventory"},
    "pkcs11": {"z-side", "decrypt"},
    "pkcs11-sm2": {"decrypt"},
    "pkcs11-sm2-z-inside": {"decrypt"},
    "sdf": set(),
    "sdf-256": set(),
    "sdf-quirks": set(),
    "sdf-sessions": set(),
}


@pytest.fixture(scope="module", params=list(LEFT_OUT))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def results(kind: str) -> Iterator[dict[str, Result]]:
    """The whole contract once, as a customer runs it: RSA keys are too slow to be made for each case."""
    backend = _backend(kind)
    on = Bench(backend, only=frozenset(Algorithm) - {Algorithm.RSA_4096})  # which takes SoftHSM seconds
    yield {result.case: result for result in run(on, CASES)}
    backend.close()


def _backend(kind: str) -> Backend:
    made: Backend
    match kind:
        case "software":
            made = SoftwareBackend(devices.IDS)
        case "pkcs11":
            made = devices.pkcs11()
        case "pkcs11-sm2":
            made = devices.VendorToken().backend(**devices.VendorToken.SM2)
        case "pkcs11-sm2-z-inside":
            made = devices.VendorToken().backend(**devices.VendorToken.SM2_Z_INSIDE)
        case "sdf-256":
            fake = devices.FakeSdf("-DFIELD=32", "-DWITHOUT_ALGORITHM")
            made = fake.backend(field_bits=256, decrypt_with_algorithm=False)
        case "sdf-sessions":
            made = devices.FakeSdf().backend(sessions=2)
        case _:
            fake = devices.FakeSdf()
            fake.set("quirks", int(kind == "sdf-quirks"))
            made = fake.backend()
    return made


@pytest.mark.parametrize("case", [*CASES, "cleaning"])
def test_contract(results: dict[str, Result], kind: str, case: str) -> None:
    wanted = Outcome.LEFT_OUT if case in LEFT_OUT[kind] else Outcome.PASSED
    assert (results[case].outcome, results[case].detail.en) == (wanted, results[case].detail.en)


def test_each_back_end_says_who_computes_z(kind: str, results: dict[str, Result]) -> None:
    inside = kind in ("software", "pkcs11-sm2-z-inside")
    assert _backend(kind).z_side is (ZSide.BACKEND if inside else ZSide.CALLER)
    if kind != "pkcs11":
        assert results["z-side"].detail.en == f"Z is computed by the {'back end' if inside else 'caller'}"

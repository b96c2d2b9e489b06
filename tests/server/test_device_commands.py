"""`yinxin hsm test` and `yinxin hsm inventory` as the customer's engineer runs them, with and without a region."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from foundation.database import open_database
from foundation.settings import Settings
from hsm.backends.contract_cases import CASES
from hsm.keys import Algorithm, Purpose
from server.cli import main
from server.house import open_house
from tests.hsm import devices


@pytest.fixture
def fake() -> devices.FakeSdf:
    return devices.FakeSdf()


@pytest.fixture
def environment(fake: devices.FakeSdf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """As a unit file sets it; nothing else of the region is there yet."""
    monkeypatch.chdir(tmp_path)
    sdf, token = fake.settings(indices="1-4"), devices.pkcs11_settings()
    return {
        "YINXIN_HOME": str(tmp_path),
        "YINXIN_KEYS__ROUTES": '{"ca/sm2-": "sdf"}',
        "YINXIN_KEYS__SDF__LIBRARY": str(sdf.library),
        "YINXIN_KEYS__SDF__PASSWORD_FILE": sdf.password_file,
        "YINXIN_KEYS__SDF__INDICES": sdf.indices,
        "YINXIN_KEYS__SDF__TRIES": "2",
        "YINXIN_KEYS__PKCS11__MODULE": str(token.module),
        "YINXIN_KEYS__PKCS11__TOKEN": token.token,
        "YINXIN_KEYS__PKCS11__PIN_FILE": str(token.pin_file),
    }


def _run(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, ["hsm", *arguments], env=environment)


def test_every_back_end_is_tested_and_told(environment: dict[str, str], tmp_path: Path) -> None:
    few = [part for name in ("sm2", "p-256", "rsa-2048") for part in ("--algorithm", name)]
    done = _run(environment, "test", *few)
    assert done.exit_code == 0, done.output
    for line in ("software", "pkcs11", "sdf", "✓ 签名并验签 / signatures verify", "全部通过 / all passed"):
        assert line in done.output
    assert "SoftHSM v2" in done.output
    assert "Fake SDF" in done.output
    assert not (tmp_path / "yinxin.db").exists()
    assert devices.PIN not in done.output


def test_the_report_for_programs(environment: dict[str, str]) -> None:
    done = _run(environment, "test", "--backend", "sdf", "--json")
    report = json.loads(done.output)
    assert (done.exit_code, report["ok"], [one["backend"] for one in report["backends"]]) == (0, True, ["sdf"])
    assert [one["case"] for one in report["backends"][0]["results"]] == [*CASES, "cleaning"]
    assert {one["outcome"] for one in report["backends"][0]["results"]} == {"passed"}


def test_a_wrong_pin_is_given_only_when_allowed(environment: dict[str, str], fake: devices.FakeSdf) -> None:
    before = fake.seen("SDF_GetPrivateKeyAccessRight")
    done = _run(environment, "test", "--backend", "sdf", "--no-wrong-pin", "--json")
    outcomes = {one["case"]: one["outcome"] for one in json.loads(done.output)["backends"][0]["results"]}
    assert (outcomes["wrong-password"], done.exit_code) == ("left-out", 0)
    assert fake.seen("SDF_GetPrivateKeyAccessRight") > before
    assert fake.get("wrong_tries") == 0


def test_a_device_that_fails_ends_with_1_and_says_why(environment: dict[str, str], fake: devices.FakeSdf) -> None:
    fake.set("wrong_value")
    done = _run(environment, "test", "--backend", "sdf")
    assert done.exit_code == 1
    assert "✗ 签名并验签 / signatures verify" in done.output
    assert "未通过，见 ✗ 行" in done.output
    fake.set("wrong_value", 0)
    fake.set("pull")
    done = _run(environment, "test", "--backend", "sdf")
    assert done.exit_code == 1
    assert "SDR_COMMFAIL" in done.output
    environment["YINXIN_KEYS__SDF__LIBRARY"] = "/absent/libsdf.so"
    done = _run(environment, "test", "--backend", "sdf")
    assert (done.exit_code, "cannot be loaded" in done.output) == (1, True)


def test_a_back_end_that_is_not_configured_is_named(environment: dict[str, str]) -> None:
    done = _run(environment, "test", "--backend", "cloud")
    assert done.exit_code == 1
    assert "[keys.cloud]" in done.output


def test_keys_in_use_are_not_borrowed_and_are_listed(
    environment: dict[str, str], fake: devices.FakeSdf, settings: Settings
) -> None:
    used = settings.model_copy(
        update={
            "keys": settings.keys.model_copy(update={"routes": {"ca/sm2-": "sdf"}, "sdf": fake.settings(indices="1-4")})
        }
    )
    with open_house(used) as house:
        for name in ("a", "b", "c"):
            house.hsm.keys.generate(f"ca/sm2-{name}", Algorithm.SM2, {Purpose.CRL})
    environment |= {"YINXIN_HOME": str(settings.home), "YINXIN_DATABASE__URL": settings.database.url}
    done = _run(environment, "test", "--backend", "sdf", "--json")
    outcomes = {one["case"]: one["outcome"] for one in json.loads(done.output)["backends"][0]["results"]}
    assert outcomes["generate"] == "failed"  # it wants two free indices, and one is left
    assert outcomes["sign"] == "passed"
    listed = json.loads(_run(environment, "inventory", "--backend", "sdf", "--json").output)
    keys = {one["reference"]: one["key"] for one in listed}
    assert [keys[f"sign/{index}"] for index in (1, 2, 3, 4)] == ["ca/sm2-a#1", "ca/sm2-b#1", "ca/sm2-c#1", None]


def test_without_the_table_of_keys_nothing_is_borrowed(environment: dict[str, str], tmp_path: Path) -> None:
    """A database that is there and cannot be read may hold keys in use."""
    database = open_database(Settings(home=tmp_path))  # an empty file, as a restore that stopped half-way leaves it
    with database.begin() as session:
        session.connection().exec_driver_sql("CREATE TABLE something (id INTEGER)")
    database.dispose()
    done = _run(environment, "test", "--backend", "sdf")
    assert done.exit_code != 0
    assert "✓" not in done.output

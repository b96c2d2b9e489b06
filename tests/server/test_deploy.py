"""The image and the compose file keep their promises; hadolint agrees."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_a_number_that_is_not_root_and_has_a_health_check() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text
    assert text.count("\nFROM ") == 2


def test_the_image_copies_every_room() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for room in ("foundation", "hsm", "ca", "seal", "verify", "licence", "sso", "portal", "server"):
        assert f"COPY {room} {room}" in text


@pytest.mark.parametrize("name", ["web", "worker", "migrate", "signer"])
def test_our_containers_are_read_only_without_capabilities(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_only_the_signer_has_the_passphrase_and_it_is_another_account() -> None:
    given = {
        name: [one if isinstance(one, str) else one["source"] for one in service.get("secrets", ())]
        for name, service in COMPOSE["services"].items()
    }
    assert [name for name, secrets in given.items() if "keys_passphrase" in secrets] == ["signer"]
    signer = COMPOSE["services"]["signer"]
    assert signer["user"] == "10002:10001"
    assert signer["environment"]["YINXIN_SIGNER__CLIENT_UIDS"] == "[10001]"
    assert not signer.get("ports")
    for name in ("web", "worker"):
        assert COMPOSE["services"][name]["environment"]["YINXIN_SIGNER__MODE"] == "socket"
        assert "signer:/var/lib/signer" not in COMPOSE["services"][name]["volumes"]


def test_the_unit_of_the_signer_shuts_everything_else_out() -> None:
    unit = (ROOT / "deploy" / "yinxin-signer.service").read_text(encoding="utf-8")
    settings = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line and not line.startswith("#"))
    assert settings["User"] == "yinxin-signer"
    assert settings["RestrictAddressFamilies"] == "AF_UNIX"
    assert settings["LimitCORE"] == "0"
    assert settings["CapabilityBoundingSet"] == ""
    assert settings["ProtectSystem"] == "strict"


def test_images_are_pinned_and_nothing_listens_to_the_world() -> None:
    for service in COMPOSE["services"].values():
        assert re.search(r":[\w.-]*\d", service["image"])
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ()))

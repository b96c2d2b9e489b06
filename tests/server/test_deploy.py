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


@pytest.mark.parametrize("name", ["web", "worker", "migrate"])
def test_our_containers_are_read_only_without_capabilities(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_images_are_pinned_and_nothing_listens_to_the_world() -> None:
    for service in COMPOSE["services"].values():
        assert re.search(r":[\w.-]*\d", service["image"])
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ()))

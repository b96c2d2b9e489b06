"""`make run` and `make test` say exactly what is missing where they may not install it."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("yinxin_setup", ROOT / "tools" / "setup.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_without_root_every_missing_package_is_named_with_its_command(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(setup, "present", lambda what: what not in ("qpdf", "nginx"))
    with pytest.raises(SystemExit, match="apt-get install -y --no-install-recommends nginx-light qpdf"):
        setup.system_packages(setup.RUN | setup.EXAMPLES | setup.TEST)


def test_with_everything_there_nothing_is_installed(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.subprocess, "run", lambda *_, **__: pytest.fail("something was run"))
    monkeypatch.setattr(setup, "present", lambda _: True)
    setup.system_packages(setup.RUN | setup.EXAMPLES | setup.TEST)


def test_what_a_package_brings_is_really_looked_for(setup: ModuleType) -> None:
    assert setup.present("git")
    assert setup.present("lib:crypto")
    assert not setup.present("no-such-program-anywhere")
    assert not setup.present("file:/no/such/*/file")


def test_the_locks_hold_hashes_and_no_addresses() -> None:
    for name in ("run", "test"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "--index-url" not in text


def test_make_help_targets_exist() -> None:
    for target in ("run", "test", "bench", "examples", "openapi"):
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 0, target

"""Browser libraries are what the lock file and the manifest say, with their licences (前端第三方库)."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
tool = runpy.run_path(str(ROOT / "tools" / "vendor_npm.py"))


def test_the_manifest_names_every_file_and_its_digest() -> None:
    assert json.loads(tool["MANIFEST"].read_text(encoding="utf-8")) == tool["digests"]()


def test_the_copies_are_of_the_locked_versions_each_with_its_licence() -> None:
    wanted = {f"{name}-{version}" for name, version in tool["versions"]().items()}
    assert {path.name for path in tool["TARGET"].iterdir() if path.is_dir()} == wanted
    assert all((tool["TARGET"] / name / "LICENSE").is_file() for name in wanted)


@pytest.mark.node
def test_the_copies_equal_the_installed_packages() -> None:
    for name, version in tool["versions"]().items():
        for source, target in tool["LISTED"][name].items():
            original = (ROOT / "node_modules" / name / source).read_bytes()
            assert (tool["TARGET"] / f"{name}-{version}" / target).read_bytes() == original


def test_the_lock_file_names_no_registry() -> None:
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert '"integrity"' in lock


def test_scripts_import_only_what_is_there() -> None:
    folder = ROOT / "portal" / "static" / "js"
    for script in folder.glob("*.js"):
        for name in re.findall(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+)["']""", script.read_text(encoding="utf-8")):
            assert (folder / name).resolve().is_file(), f"{script.name} imports {name}"

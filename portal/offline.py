"""The window's offline worker (离线服务脚本): a list of what to keep, in front of one small static script."""

from __future__ import annotations

import json

from foundation.text import Language
from portal.assets import FOLDER, asset, edition

_KEPT = ("css/", "js/", "img/", "vendor/")
_LEFT_OUT = ("LICENSE", "manifest.json")


def kept_files() -> list[str]:
    """Every static file a page loads."""
    names = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file())
    return [asset(name) for name in names if name.startswith(_KEPT) and not name.endswith(_LEFT_OUT)]


def worker(language: Language) -> str:
    """The script; its text changes with the files, which is how a browser notices a new edition."""
    facts = {"edition": f"{edition()}-{language}", "files": kept_files(), "page": f"/window/offline?lang={language}"}
    body = (FOLDER / "js" / "worker.js").read_text(encoding="utf-8")
    return f"const KEPT = {json.dumps(facts)};\n{body}"

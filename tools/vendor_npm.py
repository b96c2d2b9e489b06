"""Copy browser libraries (前端第三方库) out of npm packages into the pages' static files, with licences and a manifest.

Run `python tools/vendor_npm.py` after a change to package-lock.json. It installs exactly what the lock names, runs no
package script, copies the files listed here and nothing else, and writes their SHA-256. The copies are committed:
production needs no Node and no CDN. `tests/portal/test_vendored.py` holds manifest and files together.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "portal" / "static" / "vendor"
MANIFEST = TARGET / "manifest.json"

LISTED: dict[str, dict[str, str]] = {
    # inflate with a preset dictionary, which the browser's own DecompressionStream cannot do
    "fflate": {"esm/browser.js": "browser.js", "LICENSE": "LICENSE"},
    # SM2 and SM3, one file with the noble curves inside
    "sm-crypto-v2": {"dist/index.umd.js": "index.umd.js", "LICENCE_MIT": "LICENSE"},
    # reads a QR code out of a camera picture, where the browser has no BarcodeDetector
    "zxing-wasm": {
        "dist/es/reader/index.js": "reader/index.js",
        "dist/es/share.js": "share.js",
        "dist/reader/zxing_reader.wasm": "reader/zxing_reader.wasm",
        "LICENSE": "LICENSE",
    },
}


def versions() -> dict[str, str]:
    """Name → version of every listed package, as the lock file names it."""
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    return {name: lock["packages"][f"node_modules/{name}"]["version"] for name in LISTED}


def copy() -> None:
    shutil.rmtree(TARGET, ignore_errors=True)
    for name, version in versions().items():
        for source, target in LISTED[name].items():
            place = TARGET / f"{name}-{version}" / target
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / "node_modules" / name / source, place)


def digests() -> dict[str, str]:
    """Path inside the folder → SHA-256, of every file but the manifest."""
    files = sorted(path for path in TARGET.rglob("*") if path.is_file() and path != MANIFEST)
    return {str(path.relative_to(TARGET)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def main() -> None:
    subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=ROOT, check=True)
    copy()
    MANIFEST.write_text(json.dumps(digests(), indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

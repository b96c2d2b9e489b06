"""Compile the hashed locks of `requirements/` from pyproject.toml (锁定依赖). No index address gets in."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BASE = [
    "uv",
    "pip",
    "compile",
    "--quiet",
    "--universal",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
]
EXTRA = ["--no-header", "--python-version", "3.11", "pyproject.toml", "requirements/build.in"]


def compile_lock(name: str, *extra: str) -> None:
    subprocess.run([*BASE, *EXTRA, *extra, "-o", f"requirements/{name}.txt"], check=True, cwd=ROOT)


if __name__ == "__main__":
    compile_lock("run")
    compile_lock("test", "--extra", "dev")

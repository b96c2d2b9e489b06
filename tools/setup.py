#!/usr/bin/env python3
"""Install what `make run` and `make test` need, or say exactly what is missing (安装脚本).

Standard library only: it runs before anything is installed. Debian packages are installed when we are root and have
`apt-get`; otherwise every missing one is named with the command that installs it.
"""

from __future__ import annotations

import argparse
import ctypes.util
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"

# What must be found → the Debian package that brings it. `lib:` is a shared library, `file:` a path.
RUN = {
    "lib:crypto": "libssl3",
    "py:ensurepip": "python3-venv",
}
EXAMPLES = {
    "curl": "curl",
    "node": "nodejs",
    "npm": "npm",
}
TEST = {
    "file:/usr/lib/postgresql/*/bin/initdb": "postgresql",
    "chromium": "chromium",
    "pdfsig": "poppler-utils",
    "qpdf": "qpdf",
    "zbarimg": "zbar-tools",
    "nginx": "nginx-light",
    "openssl": "openssl",
    "file:/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc": "fonts-noto-cjk",
    "runuser": "util-linux",
    "git": "git",
    "softhsm2-util": "softhsm2",
    "gcc": "gcc",
    "file:/usr/include/stdio.h": "libc6-dev",
    "certbot": "certbot",
    "cfssl": "golang-cfssl",
    "faketime": "faketime",
}


def present(what: str) -> bool:
    kind, _, name = what.rpartition(":")
    if kind == "lib":
        return ctypes.util.find_library(name) is not None or bool(list(Path("/usr/lib").glob(f"*/lib{name}.so.3")))
    if kind == "file":
        return bool(list(Path("/").glob(name.lstrip("/"))))
    if kind == "py":
        return (
            subprocess.run([sys.executable, "-c", f"import {name}, venv"], capture_output=True, check=False).returncode
            == 0
        )
    return shutil.which(name) is not None


def system_packages(wanted: dict[str, str]) -> None:
    missing = sorted({package for what, package in wanted.items() if not present(what)})
    if not missing:
        return
    command = f"apt-get install -y --no-install-recommends {' '.join(missing)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(f"缺少系统软件包，请以管理员身份执行 / Missing system packages. As root, run:\n  {command}")
    print(f"[setup] apt-get install {' '.join(missing)}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], check=True, env=environment, stdout=subprocess.DEVNULL)
    subprocess.run(command.split(), check=True, env=environment, stdout=subprocess.DEVNULL)
    still = [what for what, package in wanted.items() if package in missing and not present(what)]
    if still:
        sys.exit(f"安装后仍未找到 / Still not found after installing: {', '.join(still)}")


def python_packages(name: str) -> None:
    """A virtual environment with exactly the hashed packages of `requirements/<name>.txt` and this project."""
    lock = ROOT / "requirements" / f"{name}.txt"
    mark = VENV / f".installed-{name}"
    fingerprint = hashlib.sha256(lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if mark.exists() and mark.read_text() == fingerprint:
        return
    if not (VENV / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    print(f"[setup] pip install -r requirements/{name}.txt", flush=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True)
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], check=True)
    mark.write_text(fingerprint)


def node_packages() -> None:
    lock = ROOT / "package-lock.json"
    mark = ROOT / "node_modules" / ".installed"
    fingerprint = hashlib.sha256(lock.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text() == fingerprint:
        return
    print("[setup] npm ci", flush=True)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], check=True, cwd=ROOT)
    mark.write_text(fingerprint)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["run", "test", "examples"])
    what = parser.parse_args().what
    if sys.version_info < (3, 11):  # noqa: UP036 - this script is what tells an old Python so
        sys.exit("需要 Python 3.11 或更新版本 / Python 3.11 or newer is needed")
    wanted = {"run": RUN, "examples": RUN | EXAMPLES, "test": RUN | EXAMPLES | TEST}
    system_packages(wanted[what])
    python_packages("run" if what == "run" else "test")
    if what != "run":
        node_packages()


if __name__ == "__main__":
    main()

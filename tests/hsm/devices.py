"""Devices for the tests: a SoftHSM token, our fake SDF device and a PKCS#11 module with faults, built with gcc."""

from __future__ import annotations

import atexit
import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
import zlib
from pathlib import Path
from typing import Any

from foundation.clock import SystemClock
from foundation.device_settings import Pkcs11Settings, SdfSettings
from foundation.ids import SystemIds
from hsm.backends.cryptoki import CryptokiBackend
from hsm.backends.sdf import SdfBackend

HERE = Path(__file__).parent
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
TOKEN, PIN, SDF_PASSWORD = "yinxin-tests", "314159", "yinxin-fake"
IDS = SystemIds(SystemClock())


def no_pause(seconds: float) -> None:
    """Back-off without waiting."""


@functools.cache
def folder() -> Path:
    """One per test process; SoftHSM reads its configuration when it is initialised, once."""
    made = Path(tempfile.mkdtemp(prefix="yx-devices-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def secret(name: str, text: str) -> Path:
    path = folder() / name
    path.unlink(missing_ok=True)
    path.write_text(text + "\n")
    path.chmod(0o600)
    return path


@functools.cache
def compiled(source: str, *flags: str) -> Path:
    target = folder() / f"{Path(source).stem}-{zlib.crc32(''.join(flags).encode()):08x}.so"
    command = [
        "gcc",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-Wno-unused-function",
        "-shared",
        "-fPIC",
        "-O1",
        "-I",
        HERE / "sdf",
        *flags,
    ]
    subprocess.run([*command, "-o", target, HERE / source, "-l:libcrypto.so.3", "-lpthread"], check=True)
    return target


@functools.cache
def softhsm() -> Path:
    """The configuration of a SoftHSM with one token, in force for this process and its children."""
    tokens = folder() / "tokens"
    tokens.mkdir()
    configuration = folder() / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    command = ["softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "2718281"]
    subprocess.run(command, check=True, capture_output=True)
    return configuration


def pkcs11_settings(**changes: Any) -> Pkcs11Settings:
    softhsm()
    return Pkcs11Settings(**{"module": SOFTHSM, "token": TOKEN, "pin_file": secret("pin", PIN), **changes})


def pkcs11(**changes: Any) -> CryptokiBackend:
    return CryptokiBackend(pkcs11_settings(**changes), IDS, pause=no_pause)


class FakeSdf:
    """The levers of fake_sdf.c. One library per set of flags in a process, put back to new each time."""

    def __init__(self, *flags: str) -> None:
        self.path = compiled("sdf/fake_sdf.c", *flags)
        self._c = ctypes.CDLL(str(self.path))
        self._c.fake_sdf_reset()

    def settings(self, **changes: Any) -> SdfSettings:
        password = str(secret("sdf-password", SDF_PASSWORD))
        return SdfSettings(**{"library": self.path, "password_file": password, "indices": "1-16", **changes})

    def backend(self, **changes: Any) -> SdfBackend:
        return SdfBackend(self.settings(**changes), pause=no_pause)

    def fail(self, call: str, code: int, times: int) -> None:
        self._c.fake_sdf_fail(call.encode(), code, times)

    def seen(self, call: str) -> int:
        return int(self._c.fake_sdf_seen(call.encode()))

    def set(self, lever: str, on: int = 1) -> None:
        getattr(self._c, f"fake_sdf_{lever}")(on)

    def get(self, lever: str) -> int:
        return int(getattr(self._c, f"fake_sdf_{lever}")())


@functools.cache
def _another_softhsm() -> Path:
    """A copy has a state of its own: a library is initialised once per process, and tests use SoftHSM directly, too."""
    return Path(shutil.copy(SOFTHSM, folder() / "another-softhsm.so"))


class VendorToken:
    """The levers of vendor_token.c: SoftHSM with a vendor's SM2 mechanisms in front."""

    SM2 = {"sm2_generate_mechanism": 0x80000201, "sm2_sign_mechanism": 0x80000202, "sm2_key_type": 0x80000010}  # noqa: RUF012 - read only
    SM2_Z_INSIDE = {**SM2, "sm2_sign_mechanism": 0x80000203, "sm2_z": "backend"}  # noqa: RUF012
    CALLS = {"initialize": 0, "open": 12, "login": 18, "find": 26, "sign_init": 42, "sign": 43, "generate": 59}  # noqa: RUF012

    def __init__(self) -> None:
        softhsm()
        self.path = compiled("cryptoki/vendor_token.c", f'-DSOFTHSM="{_another_softhsm()}"')
        self._c = ctypes.CDLL(str(self.path))
        self._c.token_fail.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_int)
        for call in self.CALLS:
            self.fail(call, 0, 0)
        self.set("readable", 0)

    def backend(self, **changes: Any) -> CryptokiBackend:
        return pkcs11(**{"module": self.path, **changes})

    def fail(self, call: str, code: int, times: int) -> None:
        self._c.token_fail(self.CALLS[call], code, times)

    def seen(self, call: str) -> int:
        return int(self._c.token_seen(self.CALLS[call]))

    def set(self, lever: str, on: int = 1) -> None:
        getattr(self._c, f"token_{lever}")(on)

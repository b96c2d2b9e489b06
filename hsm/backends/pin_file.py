"""The PIN of a device (设备口令), read from its file each time it is needed, kept nowhere, shown nowhere.

A PIN the device refused is not offered again before the file has changed: most devices lock after a few wrong tries.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from foundation.text import Text
from hsm.backends.errors import DeviceRefused, DeviceSettingsWrong

_MOST_OCTETS = 256


class PinFile:
    def __init__(self, device: str, path: Path) -> None:
        self._device = device
        self._path = path
        self._refused: tuple[int, ...] | None = None

    def __repr__(self) -> str:
        return f"PinFile({self._path})"

    def read(self) -> str:
        """The PIN; raises when others may read it, and when this very content was refused before."""
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise self._wrong(f"无法读取（{error.strerror}）", f"cannot be read ({error.strerror})") from error
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(file.fileno())
            mode = stat.S_IMODE(about.st_mode)
            # root may hand a file to our group, as systemd credentials and packages do; nobody else to anybody
            forbidden = 0o037 if about.st_uid == 0 else 0o077
            if mode & forbidden or about.st_uid not in (os.geteuid(), 0):
                raise self._wrong(
                    f"的权限是 {mode:04o}，他人可能读取，请执行 chmod 600",
                    f"has mode {mode:04o}, others may read it; run chmod 600",
                )
            if self._refused == _stamp(about):
                raise DeviceRefused(self._device, "the PIN in the file was refused before and has not changed")
            try:
                pin = file.read(_MOST_OCTETS + 1).decode("utf-8").rstrip("\r\n")
            except UnicodeDecodeError:
                pin = ""
        if not 0 < len(pin) <= _MOST_OCTETS:
            raise self._wrong("应为一行口令", "must hold one line with the PIN")
        return pin

    def refused(self) -> None:
        """The device said no to what the file holds now."""
        self._refused = _stamp(self._path.stat())

    def _wrong(self, zh: str, en: str) -> DeviceSettingsWrong:
        return DeviceSettingsWrong(self._device, Text(f"口令文件 {self._path} {zh}", f"the PIN file {self._path} {en}"))


def _stamp(about: os.stat_result) -> tuple[int, ...]:
    return about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns

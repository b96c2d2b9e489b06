"""Opening and understanding an SDF device (SDF 设备会话): one device handle per process, one session per thread.

A session holds the access rights it was given; they die with it. After a fork the child opens the device anew and
leaves the parent's handles alone.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from ctypes import byref, c_void_p
from dataclasses import dataclass, field
from pathlib import Path

from foundation.device_settings import SdfSettings
from foundation.errors import YinxinError
from hsm.backends import sdf_layout as sdr
from hsm.backends.errors import (
    AlgorithmNotHeld,
    DeviceFault,
    DeviceKeyMissing,
    DeviceRefused,
    DeviceUnavailable,
)
from hsm.backends.pin_file import PinFile
from hsm.backends.sdf_library import NAME, SdfError, SdfLibrary
from hsm.backends.worker import Verdict

_ACCESS = "SDF_GetPrivateKeyAccessRight"


@dataclass
class OpenSession:
    library: SdfLibrary
    handle: c_void_p
    rights: set[int] = field(default_factory=set)


class DeviceLink:
    def __init__(self, settings: SdfSettings) -> None:
        self._settings = settings
        self._library: SdfLibrary | None = None
        self._pins: dict[int, PinFile] = {}
        self._lock = threading.Lock()
        self._device: c_void_p | None = None
        self._sessions = 0

    def open(self) -> OpenSession:
        with self._lock:
            if self._library is None:
                self._library = SdfLibrary(self._settings.library)
            if self._device is None:
                self._device = self._library.open_device(self._settings.device)
            session = c_void_p()
            try:
                self._library.call("SDF_OpenSession", self._device, byref(session))
            except SdfError:
                if self._sessions == 0:  # the device handle may be what is dead
                    self._close_device()
                raise
            self._sessions += 1
            return OpenSession(self._library, session)

    def close(self, session: OpenSession) -> None:
        with self._lock:
            if session.handle:
                for index in session.rights:
                    self._quietly("SDF_ReleasePrivateKeyAccessRight", session.handle, index)
                self._quietly("SDF_CloseSession", session.handle)
            self._sessions -= 1
            if self._sessions == 0:
                self._close_device()

    def forked(self) -> None:
        self._lock, self._device, self._sessions = threading.Lock(), None, 0

    def judge(self, error: Exception) -> Verdict | None:
        if isinstance(error, YinxinError):
            return Verdict(error, again=False)
        if not isinstance(error, SdfError):
            return None
        what = f"{error.call}: {sdr.name_of(error.code)}"
        if error.kind in sdr.IN_PASSING and not (error.call == _ACCESS and error.kind in sdr.UNCLEAR):
            return Verdict(DeviceUnavailable(NAME, what), again=True)
        kind: Callable[[str, str], YinxinError] = DeviceFault
        if error.call == _ACCESS or error.kind in (0x07, 0x18):
            kind = DeviceRefused
        elif error.kind in sdr.NOT_SUPPORTED:
            kind = AlgorithmNotHeld
        return Verdict(kind(NAME, what), again=False)

    def with_right(self, session: OpenSession, index: int, use: Callable[[], None]) -> None:
        """Use a private key, asking for the right to once per session, and once more if the device forgot it."""
        fresh = index not in session.rights
        if fresh:
            self._ask(session, index)
        try:
            use()
        except SdfError as error:
            self.unless_lost(session, error)
            if fresh or error.kind not in sdr.NO_RIGHT:
                raise
            session.rights.discard(index)
            self._ask(session, index)
            use()

    def unless_lost(self, session: OpenSession, error: SdfError) -> None:
        """Raise SDR_OPENSESSION when a code that may mean anything comes from a session that answers nothing."""
        if error.kind not in sdr.UNCLEAR:
            return
        try:
            session.library.call("SDF_GetDeviceInfo", session.handle, byref(sdr.DeviceInfo()))
        except SdfError:
            raise SdfError(error.call, sdr.BASE + sdr.OPEN_SESSION) from error

    def lose(self, session: OpenSession) -> None:
        """End the session behind the worker's back. The handle is cleared: in C a dead one may be anything by now."""
        session.library.call("SDF_CloseSession", session.handle)
        session.handle = c_void_p()

    def try_password(self, session: OpenSession, index: int, password: str) -> None:
        """Ask once with that password: for the contract's question whether a wrong one is refused."""
        secret = password.encode()
        session.rights.discard(index)
        session.library.call(_ACCESS, session.handle, index, secret, len(secret))

    def _ask(self, session: OpenSession, index: int) -> None:
        pin = self._pin(index)
        secret = pin.read().encode()
        try:
            session.library.call(_ACCESS, session.handle, index, secret, len(secret))
        except SdfError as error:
            if error.kind in sdr.NO_KEY:
                raise DeviceKeyMissing(NAME, str(index)) from error
            self.unless_lost(session, error)
            if error.kind in sdr.UNCLEAR or error.kind not in sdr.IN_PASSING:
                pin.refused()
            raise
        session.rights.add(index)

    def _pin(self, index: int) -> PinFile:
        path = Path(self._settings.password_file.replace("{index}", str(index)))
        with self._lock:
            return self._pins.setdefault(index, PinFile(NAME, path))

    def _close_device(self) -> None:
        if self._device is not None:
            self._quietly("SDF_CloseDevice", self._device)
            self._device = None

    def _quietly(self, call: str, *arguments: object) -> None:
        """For closing: what is broken already cannot be closed better."""
        if self._library is None:
            return
        try:
            self._library.call(call, *arguments)
        except (SdfError, ctypes.ArgumentError):
            return

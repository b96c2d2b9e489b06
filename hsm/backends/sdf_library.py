"""The vendor's SDF library through ctypes (SDF 接口库): calls with their types, codes turned into errors.

Every call releases the GIL. A library that lacks a call we need is refused when it is loaded, not in the middle of
an issuance.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_char_p, c_int, c_uint32, c_void_p
from pathlib import Path
from typing import Any

from foundation.text import Text
from hsm.backends.errors import DeviceSettingsWrong
from hsm.backends.sdf_layout import BASE, OK, DeviceInfo

NAME = "sdf"
_HANDLE = POINTER(c_void_p)
_ANY = c_void_p
_CALLS: dict[str, tuple[Any, ...]] = {
    "SDF_OpenDevice": (_HANDLE,),
    "SDF_CloseDevice": (c_void_p,),
    "SDF_OpenSession": (c_void_p, _HANDLE),
    "SDF_CloseSession": (c_void_p,),
    "SDF_GetDeviceInfo": (c_void_p, POINTER(DeviceInfo)),
    "SDF_GenerateRandom": (c_void_p, c_uint32, c_char_p),
    "SDF_GetPrivateKeyAccessRight": (c_void_p, c_uint32, c_char_p, c_uint32),
    "SDF_ReleasePrivateKeyAccessRight": (c_void_p, c_uint32),
    "SDF_ExportSignPublicKey_ECC": (c_void_p, c_uint32, _ANY),
    "SDF_ExportEncPublicKey_ECC": (c_void_p, c_uint32, _ANY),
    "SDF_InternalSign_ECC": (c_void_p, c_uint32, c_char_p, c_uint32, _ANY),
}
_OPTIONAL: dict[str, tuple[Any, ...]] = {
    "SDF_OpenDeviceWithPath": (c_char_p, _HANDLE),
    "SDF_InternalDecrypt_ECC": (),  # two forms are in the field; the arguments say which
}


class SdfError(Exception):
    """A call that did not return SDR_OK. Turned into an error of ours by the link."""

    def __init__(self, call: str, code: int) -> None:
        super().__init__(f"{call} 0x{code:08X}")
        self.call = call
        self.code = code

    @property
    def kind(self) -> int:
        """The number above SDR_BASE; vendors' own codes are above 0xFF."""
        return self.code - BASE


class SdfLibrary:
    def __init__(self, path: Path) -> None:
        try:
            self._c = ctypes.CDLL(str(path))
        except OSError as error:
            raise DeviceSettingsWrong(
                NAME, Text(f"keys.sdf.library {path} 无法加载（{error}）", f"{path} cannot be loaded ({error})")
            ) from error
        for name, arguments in _CALLS.items():
            self._bind(name, arguments)
        for name, arguments in _OPTIONAL.items():
            if self.has(name):
                self._bind(name, arguments)

    def has(self, name: str) -> bool:
        return hasattr(self._c, name)

    def call(self, name: str, *arguments: Any) -> None:
        """`SdfError` unless it returns SDR_OK."""
        code = getattr(self._c, name)(*arguments) & 0xFFFFFFFF
        if code != OK:
            raise SdfError(name, code)

    def open_device(self, device: str | None) -> c_void_p:
        handle = c_void_p()
        if device is None:
            self.call("SDF_OpenDevice", byref(handle))
        elif self.has("SDF_OpenDeviceWithPath"):
            self.call("SDF_OpenDeviceWithPath", device.encode(), byref(handle))
        else:
            raise self._lacking("SDF_OpenDeviceWithPath")
        return handle

    def need(self, name: str) -> None:
        if not self.has(name):
            raise self._lacking(name)

    def _bind(self, name: str, arguments: tuple[Any, ...]) -> None:
        self.need(name)
        function = getattr(self._c, name)
        function.restype = c_int
        if arguments:
            function.argtypes = arguments

    @staticmethod
    def _lacking(name: str) -> DeviceSettingsWrong:
        return DeviceSettingsWrong(
            NAME, Text(f"keys.sdf.library 没有函数 {name}", f"the library has no function {name}")
        )

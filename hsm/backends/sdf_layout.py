"""Structures and codes of GM/T 0018 = GB/T 36322 (密码设备应用接口规范), as the vendors' headers pack them.

Coordinates are right-aligned in fields of ECCref_MAX_BITS (512 in the standard, so 32 octets of zero and 32 of value);
some vendors compile with 256. Packing is 1.
"""

from __future__ import annotations

import ctypes
from ctypes import c_char, c_ubyte, c_uint32
from dataclasses import dataclass
from typing import Any

SGD_SM2_3 = 0x00020800
"""SM2 encryption (GM/T 0006)."""
OK = 0
BASE = 0x01000000
_ROOM = 1024
VALUE = 32
"""Octets of an SM2 coordinate, of r and of s."""

CODES = {
    0x01: "SDR_UNKNOWERR",
    0x02: "SDR_NOTSUPPORT",
    0x03: "SDR_COMMFAIL",
    0x04: "SDR_HARDFAIL",
    0x05: "SDR_OPENDEVICE",
    0x06: "SDR_OPENSESSION",
    0x07: "SDR_PARDENY",
    0x08: "SDR_KEYNOTEXIST",
    0x09: "SDR_ALGNOTSUPPORT",
    0x0A: "SDR_ALGMODNOTSUPPORT",
    0x0B: "SDR_PKOPERR",
    0x0C: "SDR_SKOPERR",
    0x0D: "SDR_SIGNERR",
    0x0E: "SDR_VERIFYERR",
    0x0F: "SDR_SYMOPERR",
    0x10: "SDR_STEPERR",
    0x11: "SDR_FILESIZEERR",
    0x12: "SDR_FILENOEXIST",
    0x13: "SDR_FILEOFSERR",
    0x14: "SDR_KEYTYPEERR",
    0x15: "SDR_KEYERR",
    0x16: "SDR_ENCDATAERR",
    0x17: "SDR_RANDERR",
    0x18: "SDR_PRKRERR",
    0x19: "SDR_MACERR",
    0x1A: "SDR_FILEEXISTS",
    0x1B: "SDR_FILEWERR",
    0x1C: "SDR_NOBUFFER",
    0x1D: "SDR_INARGERR",
    0x1E: "SDR_OUTARGERR",
}
NOT_SUPPORTED = frozenset({0x02, 0x09, 0x0A})
OPEN_SESSION = 0x06
IN_PASSING = frozenset({0x01, 0x03, 0x04, 0x05, OPEN_SESSION, 0x10, 0x1C})
"""The device or the session is gone: a new session may cure it."""
UNCLEAR = frozenset({0x01, 0x1D})
"""A dead session, a wrong password, a missing key: vendors say these two for each of them."""
NO_RIGHT = frozenset({0x07, 0x18, 0x1D})
"""Signing without the access right. 0x1D is what an emulator and some cards say instead of 0x18."""
NO_KEY = frozenset({0x08, 0x14, 0x15})
BAD_CIPHERTEXT = frozenset({0x0C, 0x15, 0x16, 0x1D})


def name_of(code: int) -> str:
    known = CODES.get(code - BASE)
    return f"{known}, 0x{code:08X}" if known else f"0x{code:08X}"


class DeviceInfo(ctypes.Structure):
    _pack_ = 1
    _fields_ = (
        ("issuer", c_char * 40),
        ("name", c_char * 16),
        ("serial", c_char * 16),
        ("device_version", c_uint32),
        ("standard_version", c_uint32),
        ("asymmetric", c_uint32 * 2),
        ("symmetric", c_uint32),
        ("hash", c_uint32),
        ("buffer", c_uint32),
    )


@dataclass(frozen=True)
class Layout:
    """The structures for one width of ECCref_MAX_BITS."""

    width: int
    """Octets of a field."""
    public_key: Any
    signature: Any

    def cipher(self, length: int) -> Any:
        """ECCCipher with room for `length` octets of C2."""
        field = c_ubyte * self.width
        return type(
            "ECCCipher",
            (ctypes.Structure,),
            {
                "_pack_": 1,
                "_fields_": [
                    ("x", field),
                    ("y", field),
                    ("m", c_ubyte * 32),
                    ("length", c_uint32),
                    ("c", c_ubyte * max(length, 1)),
                ],
            },
        )

    @staticmethod
    def new(structure: Any) -> Any:
        """An empty one with room behind it: a wrong `field_bits` is to be noticed, not to overwrite memory."""
        return structure.from_buffer(bytearray(_ROOM))

    def put(self, value: int) -> Any:
        """A number into its field, to the right."""
        return (c_ubyte * self.width)(*value.to_bytes(self.width, "big"))

    def get(self, field: Any) -> int | None:
        """The number of a field; None when it is longer than SM2's, so the layout is another one than we think."""
        octets = bytes(field)
        return None if any(octets[: self.width - VALUE]) else int.from_bytes(octets, "big")


def layout(bits: int) -> Layout:
    field = c_ubyte * (bits // 8)
    names = {"_pack_": 1}
    public = type(
        "ECCrefPublicKey",
        (ctypes.Structure,),
        names | {"_fields_": [("bits", c_uint32), ("x", field), ("y", field)]},
    )
    signature = type("ECCSignature", (ctypes.Structure,), names | {"_fields_": [("r", field), ("s", field)]})
    return Layout(bits // 8, public, signature)

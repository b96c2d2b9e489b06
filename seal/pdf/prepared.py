"""A file with a hole (待填签名的文件): everything of a revision is written but the value of its signature."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.errors import YinxinError
from foundation.text import Text
from seal.pdf.octets import Octets


class CmsTooLargeError(YinxinError):
    """Our own estimate was wrong: nothing was written."""

    def __init__(self, size: int, reserved: int) -> None:
        super().__init__(
            "pdf.reserve",
            Text("签名数据超出预留空间，请联系运维。", f"The signature takes {size} octets, {reserved} were reserved."),
        )


@dataclass(frozen=True, slots=True)
class Hole:
    """Where the digits of the signature go; `octets` is the whole file and changes when it is filled."""

    octets: bytearray
    begin: int
    end: int

    def covered(self) -> bytes:
        return bytes(self.octets[: self.begin]) + bytes(self.octets[self.end :])

    def fill(self, value: bytes) -> Octets:
        digits = value.hex().upper().encode()
        self.octets[self.begin + 1 : self.begin + 1 + len(digits)] = digits
        return bytes(self.octets)

"""电子证照标识 (GB/T 36904): `1.2.156.3005.2 . type . authority . serial . version . check`.

The check character is ISO/IEC 7064 MOD 37,36 (GB/T 17710) over type, authority, serial and version, without dots and
without the root. Public code feeds the wrong root 1.2.156.3003.2 into it; we neither write nor accept that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from foundation.errors import InvalidInput
from foundation.numbers import is_uscc, mod37_36_check
from foundation.text import Text

ROOT = "1.2.156.3005.2"

_TYPE = re.compile(r"[0-9A-Z]{18}[0-9]{3}")
_REGION = re.compile(r"[0-9]{6}")
_SERIAL = re.compile(r"[0-9A-Z_]{1,30}")
_VERSION = re.compile(r"[0-9]{3}")


class BadIdentifier(InvalidInput):
    """The text is not a licence identifier we may trust to have been copied right."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__("licence.identifier", Text(f"电子证照标识有误：{zh}", f"Not a licence identifier: {en}"))


@dataclass(frozen=True, slots=True)
class Identifier:
    type_code: str
    authority: str
    serial: str
    version: int = 1

    def __post_init__(self) -> None:
        if not _TYPE.fullmatch(self.type_code) or not is_uscc(self.type_code[:18]):
            raise BadIdentifier("证照类型代码应为 21 位。", "the type code must be a credit code and three digits.")
        if not (_REGION.fullmatch(self.authority) or is_authority(self.authority)):
            raise BadIdentifier(
                "颁发机构代码应为 18 位统一社会信用代码或 6 位行政区划代码。",
                "the authority must be a credit code (18) or a region code (6).",
            )
        if not _SERIAL.fullmatch(self.serial):
            raise BadIdentifier("流水号只能含数字和大写字母。", "the serial may hold digits and capital letters only.")
        if not 1 <= self.version <= 999:
            raise BadIdentifier("版本号应为 001 至 999。", "the version must be 001 to 999.")

    @property
    def check(self) -> str:
        return mod37_36_check(self._body.replace(".", ""))

    @property
    def _body(self) -> str:
        return f"{self.type_code}.{self.authority}.{self.serial}.{self.version:03d}"

    def next_version(self) -> Identifier:
        """A change (变更) keeps everything but the version."""
        return replace(self, version=self.version + 1)

    def __str__(self) -> str:
        return f"{ROOT}.{self._body}.{self.check}"


def is_authority(code: str) -> bool:
    """An 18-character authority code; the placeholder of sample texts, `…000X`, counts by shape only."""
    return bool(re.fullmatch(r"[0-9A-Z]{18}", code))


def parse(text: str) -> Identifier:
    """Read an identifier and refuse a wrong root, shape or check character, each with its reason."""
    text = text.strip()
    if len(text) > 120 or not text.startswith(ROOT + "."):
        raise BadIdentifier(f"应以 {ROOT} 开头。", f"it must start with {ROOT}.")
    parts = text[len(ROOT) + 1 :].split(".")
    if len(parts) != 5:
        raise BadIdentifier("应由根标识和五段组成。", "the root must be followed by five parts.")
    type_code, authority, serial, version, check = parts
    if not _VERSION.fullmatch(version):
        raise BadIdentifier("版本号应为三位数字。", "the version must be three digits.")
    identifier = Identifier(type_code, authority, serial, int(version))
    if identifier.check != check:
        raise BadIdentifier(
            "校验位不符，请核对是否抄错。", "the check character does not match; look for a typing slip."
        )
    return identifier

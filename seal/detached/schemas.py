"""What crosses the wire for detached signatures (分离式签名接口数据)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from ca.suites import Suite
from foundation.web.api import Wire
from seal.detached.orders import DetachedOrder, Digests, Shape

_SHAPE = "cms: RFC 5652; gm-cms: GM/T 0010 (= GB/T 35275), SM2 only; jws: RFC 7515 compact"
_HEX = r"^[0-9a-f]{64}$"


class SignatureForm(Wire):
    """Fields beside the file."""

    seal: UUID = Field(description="Id of one of the department's own seals")
    shape: Shape = Field(Shape.CMS, description=_SHAPE)
    suite: Literal["sm2", "rsa", "p256"] = "sm2"
    attached: bool = Field(default=False, description="JWS only: carry the content inside")

    def order(self, content: bytes, key: str) -> DetachedOrder:
        return DetachedOrder(content, self.seal, key, self.shape, Suite(self.suite), self.attached)


class DigestBody(Wire):
    """A file that stays where it is."""

    seal: UUID = Field(description="Id of one of the department's own seals")
    shape: Shape = Field(Shape.CMS, description=_SHAPE)
    suite: Literal["sm2", "rsa", "p256"] = "sm2"
    sha256: str = Field(pattern=_HEX, description="SHA-256 of the file, for the register; signed by RSA and P-256")
    sm3: str | None = Field(None, pattern=_HEX, description="SM3 of the file; what SM2 signs")
    size: int = Field(ge=0, le=1 << 31, description="Octets of the file")

    def order(self, key: str) -> DetachedOrder:
        digests = Digests(bytes.fromhex(self.sha256), self.size, bytes.fromhex(self.sm3) if self.sm3 else None)
        return DetachedOrder(digests, self.seal, key, self.shape, Suite(self.suite))

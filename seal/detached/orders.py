"""What a detached signature is asked for (分离式签名指令): which shape, which suite, over what.

Shapes: CMS as in RFC 5652, the message syntax of GM/T 0010 (= GB/T 35275), and JWS (RFC 7515).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from ca.suites import Suite
from foundation.errors import InvalidInput
from foundation.text import Text
from hsm.digests import Digest

SIGNING_SUITES = (Suite.SM2, Suite.RSA, Suite.P256)
MOST_JWS_OCTETS = 1024 * 1024
"""A JWS signs the octets themselves, and the signer reads them; a larger file gives its digest."""


class Shape(StrEnum):
    """The value is also the format in the register of orders."""

    CMS = "cms"
    GM_CMS = "gm-cms"
    JWS = "jws"


@dataclass(frozen=True, slots=True)
class Digests:
    """A file that stays where it is. SHA-256 names it in the register; `sm3` is what an SM2 signature covers."""

    sha256: bytes
    size: int
    sm3: bytes | None = None


@dataclass(frozen=True, slots=True)
class DetachedOrder:
    """One signature over `content`. `attached`: a JWS that carries its content (RFC 7515 3.1), else detached (F)."""

    content: bytes | Digests
    seal_id: UUID
    order_key: str
    shape: Shape = Shape.CMS
    suite: Suite = Suite.SM2
    attached: bool = False

    @property
    def by_digest(self) -> bool:
        return isinstance(self.content, Digests)

    def digest(self) -> bytes:
        """The content's digest under the suite's own algorithm."""
        if not isinstance(self.content, Digests):
            return self.suite.digest.of(self.content)
        found = self.content.sm3 if self.suite.digest is Digest.SM3 else self.content.sha256
        if found is None or len(found) != self.suite.digest.size:
            raise refused("digest", "SM2 签名须给出 SM3 摘要。", "An SM2 signature needs the SM3 digest.")
        return found


def check(order: DetachedOrder) -> None:
    """Raise `InvalidInput` for what cannot be signed, before anything is on record."""
    if order.suite not in SIGNING_SUITES:
        raise refused("suite", "签名算法须为 sm2、rsa 或 p256。", "The suite is sm2, rsa or p256.")
    if order.shape is Shape.GM_CMS and order.suite is not Suite.SM2:
        raise refused("gm_suite", "国密签名数据格式只用于 SM2。", "The GM/T 0010 shape is for SM2 only.")
    if order.attached and (order.shape is not Shape.JWS or order.by_digest):
        raise refused(
            "attached", "只有对文件本身的 JWS 可以携带内容。", "Only a JWS over the file itself can carry its content."
        )
    if isinstance(order.content, Digests):
        if len(order.content.sha256) != Digest.SHA256.size or order.content.size < 0:
            raise refused("digest", "请给出文件的 SHA-256 摘要和大小。", "Give the file's SHA-256 and its size.")
    elif order.shape is Shape.JWS and len(order.content) > MOST_JWS_OCTETS:
        raise refused(
            "jws_large",
            "文件超过 1 MiB，请改为提交摘要，或使用 CMS 格式。",
            "The file is over 1 MiB. Give its digest instead, or use CMS.",
        )
    order.digest()


def refused(word: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(f"seal.detached_{word}", Text(zh, en))

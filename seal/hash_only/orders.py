"""What hash-only stamping is asked for and gives back (摘要用章指令). Plain frozen values.

An order is opened first: seal and rules are looked at, and the signing time is frozen. Its owner prepares the file with
that time and the seal it was handed, and sends the digest within `FRESH`; a later one would be back-dated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ca.suites import Suite
from foundation.errors import Conflict, InvalidInput, NotFound
from foundation.text import Text
from seal.formats import OFD_HASH, PDF_HASH
from seal.held import Held
from seal.placing import MOST_MARKS

FRESH = timedelta(minutes=15)
SUITES = {PDF_HASH: (Suite.SM2, Suite.RSA, Suite.P256), OFD_HASH: (Suite.SM2,)}
_NAME = r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,39}"
_SIGNATURE_XML = re.compile(rf"/{_NAME}(?:/{_NAME}){{0,5}}/Signature\.xml")


@dataclass(frozen=True, slots=True)
class HashOrder:
    """One signature with one seal. `sha256` and `size` are the owner's word for the file as it was approved.

    `marks` (page, left, top in millimetres) and `closing` are for the register; they are carried out where the file is.
    Never a keyword: it may be a word of the document.
    """

    format: str
    sha256: bytes
    size: int
    seal_id: UUID
    marks: tuple[tuple[int, float, float], ...]
    order_key: str
    suite: Suite = Suite.SM2
    closing: bool = True


@dataclass(frozen=True, slots=True)
class Material:
    """What the owner needs of the seal to prepare the file. Nothing in it is secret; it is in every sealed file."""

    seal_name: str
    department_name: str
    held: Held
    certificate: bytes
    chain: tuple[bytes, ...]
    """Certificates to send along beside the signer's own, without the root."""


@dataclass(frozen=True, slots=True)
class Opened:
    order_id: UUID
    signing_time: datetime


@dataclass(frozen=True, slots=True)
class Digested:
    """The prepared file: for a PDF the digest of its byte ranges, for an OFD the SM3 of Signature.xml and its path."""

    digest: bytes
    property_info: str | None = None


def check(order: HashOrder) -> None:
    """Raise `InvalidInput` before anything is on record."""
    if order.suite not in SUITES.get(order.format, ()):
        raise refused("suite", "OFD 只用 SM2；PDF 可用 sm2、rsa、p256。", "OFD takes SM2; PDF takes sm2, rsa or p256.")
    if not 0 < len(order.marks) <= MOST_MARKS:
        raise refused("marks", "请给出用章位置。", "Say where the seal goes.")
    if len(order.sha256) != 32 or order.size <= 0:
        raise refused("digest", "请给出原文件的 SHA-256 摘要和大小。", "Give the file's SHA-256 and its size.")


def check_digested(format_: str, suite: Suite, given: Digested) -> None:
    """Nothing but a digest, and for an OFD a plain path in the usual letters."""
    info = given.property_info
    told = info is None if format_ == PDF_HASH else info is not None and _SIGNATURE_XML.fullmatch(info) is not None
    if len(given.digest) != suite.digest.size or not told:
        raise refused(
            "prepared",
            "请给出待签文件的摘要；OFD 另须给出 Signature.xml 的路径。",
            "Give the digest of the prepared file, and for an OFD the path of its Signature.xml.",
        )


def refused(word: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(f"seal.hash_{word}", Text(zh, en))


class OrderUnknown(NotFound):
    """Also for somebody else's order."""

    def __init__(self) -> None:
        super().__init__(
            "seal.hash_order_unknown", Text("没有找到这个摘要用章指令。", "There is no such hash-only order.")
        )


class DigestTaken(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "seal.hash_digest_taken",
            Text(
                "该指令已登记另一个摘要，请用新的编号重新申请。",
                "Another digest is on record for this order. Open a new order under a new key.",
            ),
        )


class OrderStale(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "seal.hash_order_stale",
            Text(
                "该指令的签章时间已过 15 分钟，不能再签（防止倒签）。请用新的编号重新申请。",
                "This order's signing time is over 15 minutes ago; signing now would back-date it. Open a new order.",
            ),
        )

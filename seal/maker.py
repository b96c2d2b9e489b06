"""The seal maker (制章者): one key of the region that signs every electronic seal, never a document."""

from __future__ import annotations

from dataclasses import dataclass

from ca.issue import Subject
from ca.lasting import lasting
from ca.suites import Suite
from hsm.keys import Algorithm, Purpose
from hsm.signing import Signer
from seal.room import SealRoom

KEY = "seal/maker"


@dataclass(frozen=True, slots=True)
class Maker:
    certificate: bytes
    signer: Signer


def maker(room: SealRoom) -> Maker:
    """The maker with a certificate that lasts; made and renewed (same key) when needed, the same for every caller.

    A key renewed after a compromise gets certificates of its own; the old ones stay what they are.
    """
    key = room.keys.ensure(KEY, Algorithm.SM2, {Purpose.SEAL_MAKING})
    region = room.ground.settings.region.name_zh
    subject = Subject(f"{region}政府统一电子印章制作系统", organization=f"{region}政务服务和大数据管理局")
    wanted = "seal.maker" if key.version == 1 else f"seal.maker:{key.version}"
    issued = lasting(room.ca, Suite.SM2, "seal-maker", subject, key.spki, wanted)
    return Maker(issued.der, room.keys.signer(KEY, key.version))

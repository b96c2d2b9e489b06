"""The key of the status service (状态发布密钥): one of its own, so neither maker nor seal can say how a seal is."""

from __future__ import annotations

from dataclasses import dataclass

from ca.chain import chain
from ca.issue import Subject
from ca.lasting import lasting
from ca.reading import read_certificate
from ca.suites import Suite
from foundation.errors import Damaged
from foundation.text import Text
from hsm.keys import Algorithm, Purpose
from hsm.signing import Signer, ToBeSigned
from hsm.verifying import DEFAULT_SM2_ID, verify
from seal.room import SealRoom
from seal.status_service import wire

KEY = "seal/status"


@dataclass(frozen=True, slots=True)
class Publisher:
    certificates: tuple[bytes, ...]
    """Its own and its issuing CA's; the root a verifier must have from elsewhere."""
    signer: Signer


def publisher(room: SealRoom) -> Publisher:
    """The status signer with a certificate that lasts; made and renewed when needed, the same for every caller."""
    key = room.keys.ensure(KEY, Algorithm.SM2, {Purpose.SEAL_STATUS})
    region = room.ground.settings.region.name_zh
    subject = Subject(f"{region}政府统一电子印章状态发布系统", organization=f"{region}政务服务和大数据管理局")
    issued = lasting(room.ca, Suite.SM2, "seal-status", subject, key.spki, f"seal.status:{key.version}")
    return Publisher((issued.der, *chain(room.ca, issued.der)[:-1]), room.keys.signer(KEY, key.version))


def signed(by: Publisher, kind: str, content: bytes, intent: str) -> bytes:
    """Sign, then read back and compare: what leaves says what was recorded."""
    data = wire.signing_input(kind, by.certificates, content)
    octets = wire.assemble(data, by.signer.sign(ToBeSigned(Purpose.SEAL_STATUS, data, intent)))
    found, statement = wire.read(octets)
    if found.signing_input != data or wire.payload(statement) != content:
        raise Damaged(
            "seal.status_compare",
            Text("印章状态复核未通过，没有发布。", "The statement failed its comparison and was not published."),
        )
    leaf = read_certificate(found.certificates[0])
    verify(leaf.spki, Suite.SM2.scheme, found.signing_input, found.signature, sm2_id=DEFAULT_SM2_ID)
    return octets

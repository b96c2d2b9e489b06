"""What other rooms may know of a key (密钥引用): name, algorithm, purposes, public half. Never the private one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Algorithm(StrEnum):
    SM2 = "sm2"
    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    P256 = "p-256"
    ML_DSA_65 = "ml-dsa-65"
    """FIPS 204: withstands quantum computers, as far as anyone knows; signatures of 3,309 octets."""


class Purpose(StrEnum):
    """What a key may sign. A key is made for its purposes and refuses every other request (GM/T 0054: 专钥专用)."""

    CERTIFICATE = "certificate"
    CRL = "crl"
    OCSP = "ocsp"
    TIMESTAMP = "timestamp"
    SEAL_MAKING = "seal-making"
    SEALING = "sealing"
    SEAL_STATUS = "seal-status"
    """Lists and answers of the seal-status service (印章状态发布)."""
    REPORT = "report"
    """Reports of the verification service (核验报告)."""
    TRUST_LIST = "trust-list"
    """Our own list of whom to believe (信任列表), for other regions."""
    APPROVAL = "approval"
    """Approvals of the use of a seal, with an approver's key that the region keeps (云签名)."""
    TOKEN = "token"  # noqa: S105 - a purpose, no password
    CHECKPOINT = "checkpoint"
    CODE = "code"
    CLIENT = "client"
    CMP = "cmp"
    """Answers of the certificate management protocol (RFC 4210)."""
    KEY_CENTRE = "key-centre"
    """Envelopes and recovery transcripts of the key-management centre (密钥管理中心)."""
    TRANSCRIPT = "transcript"
    """Transcripts of key ceremonies (密钥仪式记录), under a prefix no other signed content begins with."""


class State(StrEnum):
    """The life of one version (密钥生命周期): pre-active → active → retired → destroyed, never backwards."""

    PRE_ACTIVE = "pre-active"
    """Made, checked and backed up, but it signs nothing until two people activated it."""
    ACTIVE = "active"
    RETIRED = "retired"
    """Signs no more. The row stays, so that what it signed can be explained."""
    DESTROYED = "destroyed"
    """The private half was overwritten. The public half and the row stay."""


@dataclass(frozen=True, slots=True)
class KeyRef:
    name: str
    version: int
    algorithm: Algorithm
    purposes: frozenset[Purpose]
    spki: bytes
    """SubjectPublicKeyInfo, DER."""

    def __str__(self) -> str:
        return f"{self.name}#{self.version}"

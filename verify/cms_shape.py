"""Is every octet of a CMS structure accounted for (签名数据规范性)? RFC 5652.

The signature covers the signed attributes only. Versions, algorithm lists and embedded certificates around them could
be altered without breaking it, so the structure is written again from its parts and compared: what cannot be said in
exactly these octets is not accepted.
"""

from __future__ import annotations

from itertools import product

from foundation import der
from hsm.digests import Digest
from seal import cms
from seal.cms import SignedData, SignerInfo
from verify.material import Hashed


def is_canonical(signed: SignedData) -> bool:
    """True when `signed.raw` is the one DER spelling of what was read from it."""
    outer = cms.GM_SIGNED_DATA if signed.dialect == "gm" else cms.SIGNED_DATA
    tail = b"".join(
        (
            der.tlv(0xA0, b"".join(signed.certificates)) if signed.certificates else b"",
            der.tlv(0xA1, b"".join(signed.crls)) if signed.crls else b"",
            der.tlv(der.SET, b"".join(signer.raw for signer in signed.signers)),
        )
    )
    for digests in product(*(_spellings(oid) for oid in signed.digest_algorithms)):
        head = der.integer(_version(signed)) + der.tlv(der.SET, b"".join(digests)) + _encapsulated(signed)
        whole = der.sequence(der.oid(outer), der.explicit(0, der.tlv(der.SEQUENCE, head + tail)))
        if whole == signed.raw:
            return all(_signer_canonical(signer) for signer in signed.signers) and _digests_used(signed)
    return False


def _digests_used(signed: SignedData) -> bool:
    """The list names each signer's digest, and nothing else that could mislead a one-pass reader."""
    return set(signed.digest_algorithms) == {signer.digest_algorithm for signer in signed.signers}


def _version(signed: SignedData) -> int:
    """RFC 5652 5.1; PKCS#7-shaped GM messages are always version 1 (GB/T 35275)."""
    if signed.dialect == "gm":
        return 1
    if any(item[:1] == b"\xa1" for item in signed.crls):
        return 5
    plain = signed.content_type == cms.DATA and all(signer.key_identifier is None for signer in signed.signers)
    return 1 if plain else 3


def _encapsulated(signed: SignedData) -> bytes:
    if signed.content is None:
        return der.sequence(der.oid(signed.content_type))
    return der.sequence(der.oid(signed.content_type), der.explicit(0, der.octet_string(signed.content)))


def _spellings(oid: str) -> tuple[bytes, bytes]:
    """Digest parameters are absent or NULL (RFC 5754 2)."""
    return der.sequence(der.oid(oid)), der.sequence(der.oid(oid), der.null())


def _signer_canonical(signer: SignerInfo) -> bool:
    if signer.issuer is not None and signer.serial is not None:
        head = der.integer(1) + der.sequence(signer.issuer, der.integer(signer.serial))
    else:
        head = der.integer(3) + der.tlv(0x80, signer.key_identifier or b"")
    parameters = signer.signature_parameters
    if parameters not in (None, der.null()) and not parameters.startswith(b"\x30"):
        return False
    tail = b"".join(
        (
            der.tlv(0xA0, b"".join(item.raw for item in signer.signed_attributes)) if signer.signed_octets else b"",
            der.sequence(der.oid(signer.signature_algorithm), parameters or b""),
            der.octet_string(signer.signature),
            der.tlv(0xA1, b"".join(a.raw for a in signer.unsigned_attributes)) if signer.unsigned_attributes else b"",
        )
    )
    attributes = all(
        item.raw == der.sequence(der.oid(item.oid), der.tlv(der.SET, b"".join(item.values)))
        for item in (*signer.signed_attributes, *signer.unsigned_attributes)
    )
    return attributes and any(
        der.tlv(der.SEQUENCE, head + digest + tail) == signer.raw for digest in _spellings(signer.digest_algorithm)
    )


def hashed(signed: SignedData, signer: SignerInfo, digest: Digest) -> Hashed | None:
    """The digest of what was signed; it was compared with the document before."""
    if signed.content is None:
        return Hashed.of(digest, signer.message_digest) if signer.message_digest is not None else None
    return Hashed.of(digest, signed.content if len(signed.content) == digest.size else digest.of(signed.content))

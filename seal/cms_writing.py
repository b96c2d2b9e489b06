"""Writing CMS SignedData for PAdES (PDF 签名数据): RFC 5652, ETSI EN 319 142-1, by concatenation.

Everything that depends on the certificate alone is encoded once; a signature adds a digest, a value and a time stamp.
PAdES forbids the signing-time attribute (EN 319 142-1 5.3): /M of the dictionary and the time stamp say it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ca.reading.certificate import read_certificate
from foundation import der
from hsm import oids
from hsm.schemes import Family, Scheme
from seal import cms

_LARGEST_SM2_VALUE, _LARGEST_RSA_VALUE = 72, 384


@dataclass(frozen=True, slots=True)
class SignerTemplate:
    """The constant octets of one signer: certificate, chain, algorithms, attributes."""

    scheme: Scheme
    certificate: bytes
    head: bytes
    """version, digestAlgorithms, encapContentInfo and certificates of SignedData."""
    signer_head: bytes
    """version, sid and digestAlgorithm of SignerInfo."""
    algorithm: bytes
    fixed_attributes: tuple[bytes, ...]
    value_size: int
    """Largest signature value of this key."""
    chain_size: int
    """Octets of the certificates sent along beside the signer's own."""
    signed_data: str = cms.SIGNED_DATA
    """Content type of the whole."""

    def signed_attributes(self, message_digest: bytes) -> bytes:
        """The DER SET OF that is signed."""
        return der.set_of((*self.fixed_attributes, _attribute(cms.MESSAGE_DIGEST, der.octet_string(message_digest))))

    def assemble(self, attributes: bytes, value: bytes, time_stamp: bytes | None) -> bytes:
        """The whole ContentInfo; `attributes` are the signed octets, re-tagged here as RFC 5652 5.4 wants."""
        parts = [self.signer_head, der.implicit(0, attributes), self.algorithm, der.octet_string(value)]
        if time_stamp is not None:
            parts.append(der.implicit(1, der.set_of([_attribute(cms.TIME_STAMP_ATTRIBUTE, time_stamp)])))
        signed_data = der.tlv(der.SEQUENCE, self.head + der.tlv(der.SET, der.sequence(*parts)))
        return der.sequence(der.oid(self.signed_data), der.explicit(0, signed_data))

    def size_with(self, time_stamp_size: int) -> int:
        """Most octets `assemble` can make with a token of that size; what a PDF must reserve."""
        attributes = self.signed_attributes(bytes(self.scheme.digest.size))
        return len(self.assemble(attributes, bytes(self.value_size), bytes(time_stamp_size)))

    def size_without(self) -> int:
        """The same without a time stamp (B-B)."""
        attributes = self.signed_attributes(bytes(self.scheme.digest.size))
        return len(self.assemble(attributes, bytes(self.value_size), None))


def template(certificate: bytes, chain: tuple[bytes, ...], scheme: Scheme, *, gm: bool = False) -> SignerTemplate:
    """Prepare a signer. `chain` are the issuing certificates to send along, without the root.

    `gm`: content types of GM/T 0010 (= GB/T 35275), and the algorithm named by the key's own identifier.
    """
    data = cms.GM_DATA if gm else cms.DATA
    parsed = read_certificate(certificate)
    digest = der.sequence(der.oid(scheme.digest.oid))
    sid = der.sequence(parsed.issuer.raw, der.integer(parsed.serial))
    return SignerTemplate(
        scheme=scheme,
        certificate=certificate,
        head=der.integer(1)
        + der.set_of([digest])
        + der.sequence(der.oid(data))
        + der.implicit(0, der.set_of((certificate, *chain))),
        signer_head=der.integer(1) + sid + digest,
        algorithm=der.sequence(der.oid(oids.SM2_SIGN)) if gm else scheme.algorithm_identifier(),
        fixed_attributes=(
            _attribute(cms.CONTENT_TYPE, der.oid(data)),
            _attribute(cms.SIGNING_CERTIFICATE_V2, _signing_certificate(certificate, scheme)),
        ),
        value_size=_LARGEST_SM2_VALUE if scheme.family is not Family.RSA else _LARGEST_RSA_VALUE,
        chain_size=sum(len(one) for one in chain),
        signed_data=cms.GM_SIGNED_DATA if gm else cms.SIGNED_DATA,
    )


def _signing_certificate(certificate: bytes, scheme: Scheme) -> bytes:
    """SigningCertificateV2 (RFC 5035 3); SHA-256 is the default and then must not be written (X.690 11.5)."""
    digest = scheme.digest
    hashed = der.octet_string(digest.of(certificate))
    named = b"" if digest.value == "sha256" else der.sequence(der.oid(digest.oid))
    return der.sequence(der.sequence(der.sequence(named, hashed)))


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.tlv(der.SET, value))

"""Signatures of every make in a PDF (各类签名样本): any SubFilter, structure and family of keys; by hand."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from foundation import der
from hsm.digests import Digest
from seal import cms
from tests.verify import pki
from tests.verify.pdf_papers import File, paper
from tests.verify.pki import NOW
from tests.verify.test_families import DAY, named

PLACE = 80_000
Make = Callable[[Callable[[Digest], bytes], bytes], bytes]
"""From the digest of the ranges, and their octets, to what goes into /Contents."""


def embed(make: Make, subfilter: str, more: str = "", document: bytes | None = None) -> bytes:
    """An invisible signature field, its dictionary and its value, in one update."""
    file = File(document or paper())
    field, value = file.size, file.size + 1
    rest = f"/Type/Sig/Filter/Adobe.PPKLite{f'/SubFilter/{subfilter}' if subfilter else ''}{more}"
    room = f"<<{rest}/ByteRange [0 0000000000 0000000000 0000000000]/Contents <{'0' * PLACE}>>>"
    widget = f"<</Type/Annot/Subtype/Widget/FT/Sig/T(Seal1)/V {value} 0 R/Rect[0 0 0 0]/F 132>>"
    form = file.entry(file.form, "/Fields", f"[{file.field} 0 R {field} 0 R]")
    data = file.update({field: widget.encode(), value: room.encode(), file.form: form})
    first = data.rindex(b"/Contents <0000") + len(b"/Contents ")
    second = first + PLACE + 2
    ranges = b"/ByteRange [0 %010d %010d %010d]" % (first, second, len(data) - second)
    data = data.replace(b"/ByteRange [0 0000000000 0000000000 0000000000]", ranges)
    covered = data[:first] + data[second:]
    octets = make(lambda digest: digest.of(covered), covered)
    return data[: first + 1] + octets.hex().encode().ljust(PLACE, b"0") + data[second - 1 :]


@dataclass(frozen=True)
class Key:
    """A certificate with its root, and how it signs."""

    certificate: bytes
    root: bytes
    crl: bytes
    issuer: bytes
    serial: int
    digest: Digest
    algorithm: bytes
    sign: Callable[[bytes], bytes]


_CURVES: dict[str, tuple[Any, Any, Digest, str]] = {
    "p-256": (ec.SECP256R1(), hashes.SHA256(), Digest.SHA256, "1.2.840.10045.4.3.2"),
    "p-384": (ec.SECP384R1(), hashes.SHA384(), Digest.SHA384, "1.2.840.10045.4.3.3"),
    "p-521": (ec.SECP521R1(), hashes.SHA512(), Digest.SHA512, "1.2.840.10045.4.3.4"),
}


@cache
def key(kind: str) -> Key:
    if kind == "sm2":
        return _ours(pki.region("pdf inputs"))
    if kind in _CURVES:
        curve, hashed, digest, oid = _CURVES[kind]
        private: Any = ec.generate_private_key(curve)
        return _foreign(private, digest, der.sequence(der.oid(oid)), lambda data: private.sign(data, ec.ECDSA(hashed)))
    private = rsa.generate_private_key(65537, 2048)
    if kind == "rsa":
        named_rsa = der.sequence(der.oid("1.2.840.113549.1.1.11"), der.null())
        return _foreign(
            private, Digest.SHA256, named_rsa, lambda d: private.sign(d, padding.PKCS1v15(), hashes.SHA256())
        )
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    return _foreign(private, Digest.SHA256, _pss(), lambda data: private.sign(data, pss, hashes.SHA256()))


def _pss() -> bytes:
    sha = der.sequence(der.oid(Digest.SHA256.oid), der.null())
    mask = der.sequence(der.oid("1.2.840.113549.1.1.8"), sha)
    return der.sequence(
        der.oid("1.2.840.113549.1.1.10"),
        der.sequence(der.explicit(0, sha), der.explicit(1, mask), der.explicit(2, der.integer(32))),
    )


def _ours(region: pki.Region) -> Key:
    root, seal = region.root, pki.make("pdf inputs seal", region.root, organization="印川市市场监督管理局")
    algorithm = seal.scheme.algorithm_identifier()
    return Key(
        seal.certificate, root.certificate, root.crl(), root.subject, seal.serial, Digest.SM3, algorithm, seal.sign
    )


def _foreign(private: Any, digest: Digest, algorithm: bytes, sign: Callable[[bytes], bytes]) -> Key:
    """A root of P-256 above the key: paths are judged elsewhere."""
    above = ec.generate_private_key(ec.SECP256R1())
    usage = {
        name: name in ("digital_signature", "content_commitment")
        for name in (
            "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
            "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
        )
    }  # fmt: skip

    def certificate(subject: str, public: Any, serial: int, *, authority: bool) -> bytes:
        organised = x509.Name([*named(subject), x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "局")])
        builder = x509.CertificateBuilder(
            named("inputs root"), named(subject) if authority else organised, public, serial, NOW - DAY, NOW + 99 * DAY
        ).add_extension(x509.BasicConstraints(authority, None), critical=True)
        if not authority:
            builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
        return builder.sign(above, hashes.SHA256()).public_bytes(Encoding.DER)

    root = certificate("inputs root", above.public_key(), 1, authority=True)
    leaf = certificate("inputs leaf", private.public_key(), 7, authority=False)
    crl = x509.CertificateRevocationListBuilder(named("inputs root"), NOW - DAY, NOW + DAY).sign(above, hashes.SHA256())
    issuer = named("inputs root").public_bytes()
    return Key(leaf, root, crl.public_bytes(Encoding.DER), issuer, 7, digest, algorithm, sign)


@dataclass(frozen=True)
class Oddity:
    """What a writer does otherwise than the standards say."""

    value: Callable[[bytes], bytes] = lambda value: value
    """From the proper signature value to the one written."""
    take: Callable[[bytes], bool] = lambda _value: True
    """Which proper values will do; another is made until one does."""
    versions: tuple[int, int] = (1, 1)
    """Of the SignedData and of the SignerInfo."""
    at: datetime | None = None
    """The signing time it claims."""
    stamp: Callable[[bytes], bytes] | None = None
    """From the value as written to a time stamp token."""


USUAL = Oddity()


def message(
    kind: str,
    *,
    gm: bool = False,
    attributes: bool = True,
    content: str = "",
    covers: Digest | None = None,
    odd: Oddity = USUAL,
) -> Make:
    """A SignedData. `content`: the digest of the document as eContent, "raw" or "base64"; `covers`: of this kind."""
    signer = key(kind)

    def make(digest: Callable[[Digest], bytes], covered: bytes) -> bytes:
        value = digest(covers or signer.digest)
        inner = {"": b"", "raw": value, "base64": base64.b64encode(value)}[content]
        data, outer = (cms.GM_DATA, cms.GM_SIGNED_DATA) if gm else (cms.DATA, cms.SIGNED_DATA)
        said = signer.digest.of(inner) if inner else value
        timed = [_attribute(cms.SIGNING_TIME, der.x509_time(odd.at))] if odd.at else []
        signed = der.set_of([_attribute(cms.CONTENT_TYPE, der.oid(data)), _said(said), _bound(signer), *timed])
        to_sign = signed if attributes else (inner or covered)
        name = der.sequence(der.oid(signer.digest.oid))
        made = signer.sign(to_sign)
        while not odd.take(made):
            made = signer.sign(to_sign)
        written = odd.value(made)
        stamps = [_attribute(cms.TIME_STAMP_ATTRIBUTE, odd.stamp(written))] if odd.stamp else []
        info = der.sequence(
            der.integer(odd.versions[1]),
            der.sequence(signer.issuer, der.integer(signer.serial)),
            name,
            *([der.implicit(0, signed)] if attributes else []),
            signer.algorithm,
            der.octet_string(written),
            *([der.implicit(1, der.set_of(stamps))] if stamps else []),
        )
        whole = der.sequence(
            der.integer(odd.versions[0]),
            der.set_of([name]),
            der.sequence(der.oid(data), *([der.explicit(0, der.octet_string(inner))] if inner else [])),
            der.implicit(0, der.set_of([signer.certificate])),
            der.set_of([info]),
        )
        return der.sequence(der.oid(outer), der.explicit(0, whole))

    return make


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.tlv(der.SET, value))


def _said(value: bytes) -> bytes:
    return _attribute(cms.MESSAGE_DIGEST, der.octet_string(value))


def _bound(signer: Key) -> bytes:
    hashed = der.octet_string(signer.digest.of(signer.certificate))
    named_ = b"" if signer.digest is Digest.SHA256 else der.sequence(der.oid(signer.digest.oid))
    return _attribute(cms.SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(der.sequence(named_, hashed))))

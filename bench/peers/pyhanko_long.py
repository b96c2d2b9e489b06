"""A B-LT file of a stranger (外来 B-LT 文件): certificates by `cryptography`, the rest by pyHanko, all RSA."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO

from asn1crypto import crl as asn1_crl
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko.sign.validation import DocumentSecurityStore, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Stranger:
    """Somebody else's hierarchy, as of `at`."""

    root: bytes
    issuing: bytes
    crls: tuple[bytes, ...]
    seal: tuple[bytes, bytes]
    """Certificate and PKCS#8 key."""
    tsa: tuple[bytes, bytes]
    at: datetime


@cache
def stranger(at: datetime) -> Stranger:
    root_key, issuing_key = _key(), _key()
    root = _certificate("Stranger Root", root_key, "Stranger Root", root_key, at, authority=True)
    issuing = _certificate("Stranger Issuing", issuing_key, "Stranger Root", root_key, at, authority=True)
    seal_key, tsa_key = _key(), _key()
    seal = _certificate("Stranger Seal", seal_key, "Stranger Issuing", issuing_key, at)
    tsa = _certificate("Stranger TSA", tsa_key, "Stranger Issuing", issuing_key, at, stamping=True)
    crls = (_list("Stranger Root", root_key, at), _list("Stranger Issuing", issuing_key, at))
    return Stranger(root, issuing, crls, (seal, _pkcs8(seal_key)), (tsa, _pkcs8(tsa_key)), at)


def sealed(paper: bytes, who: Stranger) -> bytes:
    """B-LT: signed, stamped, with certificates and lists in the document security store."""
    store = SimpleCertificateStore()
    store.register_multiple([_load(who.root), _load(who.issuing)])
    signer = signers.SimpleSigner(
        signing_cert=_load(who.seal[0]),
        signing_key=asn1_keys.PrivateKeyInfo.load(who.seal[1]),
        cert_registry=store,
    )
    stamper = DummyTimeStamper(_load(who.tsa[0]), asn1_keys.PrivateKeyInfo.load(who.tsa[1]), store, fixed_dt=who.at)
    terms = signers.PdfSignatureMetadata(
        field_name="Seal1",
        subfilter=fields.SigSeedSubFilter.PADES,
        validation_context=context(who, who.at, crls=True),
        embed_validation_info=True,
        md_algorithm="sha256",
    )
    out = signers.PdfSigner(terms, signer=signer, timestamper=stamper).sign_pdf(
        IncrementalPdfFileWriter(BytesIO(paper)), in_place=False
    )
    return bytes(out.getvalue())


def context(who: Stranger, at: datetime, *, crls: bool = False) -> ValidationContext:
    return ValidationContext(
        trust_roots=[_load(who.root)],
        other_certs=[_load(who.issuing)],
        crls=[asn1_crl.CertificateList.load(one) for one in who.crls] if crls else [],
        moment=at,
        allow_fetching=False,
        revocation_mode="hard-fail" if crls else "soft-fail",
    )


def judged(document: bytes, who: Stranger, at: datetime) -> bool:
    """PyHanko's own answer about a B-LT file, as its documentation shows it."""
    reader = PdfFileReader(BytesIO(document))
    told = {"trust_roots": [_load(who.root)], "moment": at, "allow_fetching": False, "revocation_mode": "hard-fail"}
    context = DocumentSecurityStore.read_dss(reader).as_validation_context(told)
    return bool(validate_pdf_signature(reader.embedded_regular_signatures[0], context, context).bottom_line)


def _load(data: bytes) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(data)


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pkcs8(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    subject: str,
    key: rsa.RSAPrivateKey,
    issuer: str,
    signer: rsa.RSAPrivateKey,
    at: datetime,
    *,
    authority: bool = False,
    stamping: bool = False,
) -> bytes:
    usage = dict.fromkeys(_USAGES, False) | dict.fromkeys(
        ("key_cert_sign", "crl_sign") if authority else ("digital_signature", "content_commitment"), True
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _YEAR)
        .not_valid_after(at + 5 * _YEAR)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if stamping:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return made.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def _list(issuer: str, key: rsa.RSAPrivateKey, at: datetime) -> bytes:
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(_name(issuer))
        .last_update(at)
        .next_update(at + timedelta(days=30))
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

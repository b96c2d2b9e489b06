"""Other people signing PDFs with plain pyHanko: their own certificate, their own rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm, SigFieldSpec, append_signature_field
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

FIELD = "Stranger"


@dataclass(frozen=True)
class Stranger:
    certificate: asn1_x509.Certificate
    key: asn1_keys.PrivateKeyInfo

    def sign(self, document: bytes, *, certify: MDPPerm | None = None, lock: FieldMDPSpec | None = None) -> bytes:
        signer = signers.SimpleSigner(self.certificate, self.key, SimpleCertificateStore())  # type: ignore[no-untyped-call]
        writer = IncrementalPdfFileWriter(BytesIO(document))
        append_signature_field(writer, SigFieldSpec(FIELD, on_page=0, box=(20, 20, 120, 60), field_mdp_spec=lock))
        metadata = signers.PdfSignatureMetadata(
            field_name=FIELD, certify=certify is not None, docmdp_permissions=certify or MDPPerm.FILL_FORMS
        )
        return bytes(signers.sign_pdf(writer, metadata, signer=signer).getbuffer())

    def judge(self, document: bytes) -> PdfSignatureStatus:
        found = PdfFileReader(BytesIO(document)).embedded_regular_signatures
        mine = next(one for one in found if one.field_name == FIELD)
        context = ValidationContext(trust_roots=[self.certificate], allow_fetching=False)
        return validate_pdf_signature(mine, context)


@cache
def stranger(kind: str) -> Stranger:
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A stranger")])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Stranger(
        asn1_x509.Certificate.load(made.public_bytes(serialization.Encoding.DER)),  # type: ignore[no-untyped-call]
        asn1_keys.PrivateKeyInfo.load(der),  # type: ignore[no-untyped-call]
    )

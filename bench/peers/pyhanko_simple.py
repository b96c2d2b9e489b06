"""pyHanko's SimpleSigner as its documentation shows it: B-B, RSA-2048, visible text stamp."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers


def write_key_and_certificate(folder: Path) -> tuple[Path, Path]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench peer")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = folder / "peer.key", folder / "peer.crt"
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return key_file, certificate_file


class Peer:
    def __init__(self, folder: Path) -> None:
        key_file, certificate_file = write_key_and_certificate(folder)
        self._signer = signers.SimpleSigner.load(str(key_file), str(certificate_file), ca_chain_files=())

    def seal(self, document: bytes) -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(document))
        field = fields.SigFieldSpec("Signature", on_page=0, box=(100, 100, 220, 220))
        fields.append_signature_field(writer, field)
        out = signers.sign_pdf(writer, signers.PdfSignatureMetadata(field_name="Signature"), signer=self._signer)
        return bytes(out.getbuffer())

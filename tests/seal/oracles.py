"""Other people's programs as judges: openssl, gmssl, poppler's pdfsig, qpdf, pyHanko."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from asn1crypto import x509
from gmssl import sm2 as gmssl_sm2
from gmssl import sm3 as gmssl_sm3
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from ca.reading import read_certificate
from foundation.der import parse


def openssl_sm2(folder: Path, certificate: bytes, message: bytes, value: bytes) -> bool:
    """`openssl pkeyutl` with the distinguishing identifier."""
    (folder / "cert.der").write_bytes(certificate)
    (folder / "message").write_bytes(message)
    (folder / "value").write_bytes(value)
    key = subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-in", folder / "cert.der", "-noout", "-pubkey"],
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    (folder / "key.pem").write_bytes(key)
    answer = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pubin", "-inkey", folder / "key.pem",
         "-in", folder / "message", "-sigfile", folder / "value", "-pkeyopt", "distid:1234567812345678"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    return "Signature Verified Successfully" in answer.stdout


def openssl_sm3(data: bytes) -> bytes:
    answer = subprocess.run(["openssl", "dgst", "-sm3", "-binary"], input=data, check=True, capture_output=True)
    return answer.stdout


def gmssl_verifies(certificate: bytes, message: bytes, value: bytes) -> bool:
    """The pure Python implementation, with Z computed here from the standard's formula."""
    point = parse(read_certificate(certificate).spki).children(2)[1].as_bits()[1:]
    r, s = (part.as_integer() for part in parse(value).children(2))
    crypt = gmssl_sm2.CryptSM2(private_key="", public_key="")
    crypt.public_key = point.hex()  # its constructor strips leading 0s and 4s off a key that begins with 04
    table = crypt.ecc_table
    z = gmssl_sm3.sm3_hash(
        list(bytes.fromhex("0080" + b"1234567812345678".hex() + table["a"] + table["b"] + table["g"] + point.hex()))
    )
    e = gmssl_sm3.sm3_hash(list(bytes.fromhex(z) + message))
    return bool(crypt.verify(f"{r:064x}{s:064x}", bytes.fromhex(e)))


def openssl_cms(folder: Path, root: bytes, cms: bytes, content: bytes, at: datetime) -> str:
    """`openssl cms -verify` of a detached RSA structure; what it says on its error stream."""
    pem = subprocess.run(["openssl", "x509", "-inform", "DER"], input=root, check=True, capture_output=True).stdout
    for name, data in (("root.pem", pem), ("cms.der", cms), ("content", content)):
        (folder / name).write_bytes(data)
    answer = subprocess.run(
        ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", folder / "cms.der", "-content",
         folder / "content", "-CAfile", folder / "root.pem", "-purpose", "any", "-out", "/dev/null",
         "-attime", str(int(at.timestamp()))],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    return answer.stderr


def openssl_ts(folder: Path, root: bytes, token: bytes, covered: bytes, at: datetime) -> str:
    """`openssl ts -verify` of a token with its chain inside; what it says."""
    pem = subprocess.run(["openssl", "x509", "-inform", "DER"], input=root, check=True, capture_output=True).stdout
    for name, data in (("root.pem", pem), ("token.der", token), ("covered", covered)):
        (folder / name).write_bytes(data)
    answer = subprocess.run(
        ["openssl", "ts", "-verify", "-token_in", "-in", folder / "token.der", "-data", folder / "covered", "-CAfile",
         folder / "root.pem", "-attime", str(int(at.timestamp()))],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    return answer.stdout + answer.stderr


def pdfsig(folder: Path, document: bytes) -> list[str]:
    """One line of verdict per signature."""
    (folder / "sealed.pdf").write_bytes(document)
    answer = subprocess.run(["pdfsig", folder / "sealed.pdf"], check=False, capture_output=True, text=True)
    return re.findall(r"Signature Validation: (.*)", answer.stdout)


def qpdf_clean(folder: Path, document: bytes) -> bool:
    (folder / "check.pdf").write_bytes(document)
    answer = subprocess.run(["qpdf", "--check", folder / "check.pdf"], check=False, capture_output=True, text=True)
    return answer.returncode == 0 and "WARNING" not in answer.stdout + answer.stderr


def pyhanko_rsa(document: bytes, field: str, root: bytes, at: datetime) -> tuple[PdfSignatureStatus, MDPPerm | None]:
    """Plain pyHanko, as any integrator has it, trusting the root only: its verdict and what the file permits."""
    signature = next(
        one for one in PdfFileReader(BytesIO(document)).embedded_regular_signatures if one.field_name == field
    )
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(root)], moment=at.astimezone(UTC), allow_fetching=False
    )
    return validate_pdf_signature(signature, context, context), signature.docmdp_level


def pages(folder: Path, document: bytes, dpi: int = 50) -> list[Path]:
    """The pages as PNG, drawn by poppler."""
    (folder / "page.pdf").write_bytes(document)
    subprocess.run(["pdftoppm", "-r", str(dpi), "-png", folder / "page.pdf", folder / "page"], check=True)
    return sorted(folder.glob("page-*.png"))

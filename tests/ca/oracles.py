"""Judges nobody here wrote: the openssl command, the gmssl package, and files to feed them."""

from __future__ import annotations

import base64
import subprocess
import tempfile
from pathlib import Path

from gmssl import sm2

from ca.reading.shapes import fields
from foundation import der

DISTID = "distid:1234567812345678"


def openssl(*arguments: str | Path, data: bytes | None = None) -> str:
    """Run and return both outputs; a non-zero exit fails the test with what it said."""
    done = subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=False)
    said = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
    assert done.returncode == 0, f"openssl {' '.join(map(str, arguments))}\n{said}"
    return said


def refused_by_openssl(*arguments: str | Path) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False)
    assert done.returncode != 0
    return (done.stdout + done.stderr).decode(errors="replace")


def pem(octets: bytes, label: str = "CERTIFICATE") -> bytes:
    return f"-----BEGIN {label}-----\n".encode() + base64.encodebytes(octets) + f"-----END {label}-----\n".encode()


def write(folder: Path, name: str, octets: bytes) -> Path:
    path = folder / name
    path.write_bytes(octets)
    return path


def openssl_accepts_sm2(spki: bytes, message: bytes, signature: bytes) -> None:
    """`openssl pkeyutl` with the standard signer ID: an SM2 signature over exactly these octets."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key = write(folder, "key.pem", pem(spki, "PUBLIC KEY"))
        content, value = write(folder, "message", message), write(folder, "signature", signature)
        said = openssl(
            *("pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-digest", "sm3"),
            *("-in", content, "-sigfile", value, "-pkeyopt", DISTID),
        )
    assert "Signature Verified Successfully" in said


def gmssl_accepts_sm2(spki: bytes, message: bytes, signature: bytes) -> bool:
    """The pure Python implementation, with Z of the standard signer ID."""
    point = fields(der.parse(spki), 2, 2, "key")[1].as_bits()[1:].hex()
    judge = sm2.CryptSM2(private_key="", public_key="")
    judge.public_key = point  # its constructor strips leading digits of some keys (facts: standards 10)
    r, s = (part.as_integer() for part in fields(der.parse(signature), 2, 2, "signature"))
    return bool(judge.verify_with_sm3(f"{r:064x}{s:064x}", message))

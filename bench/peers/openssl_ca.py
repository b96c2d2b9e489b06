"""`openssl ca` in batch: parses each request, checks its signature, signs, writes its index. No HTTP, no database."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

from bench.measure import cpu

_DISTID = "distid:1234567812345678"
_CONFIG = """
[ca]
default_ca = one
[one]
dir = {folder}
new_certs_dir = {folder}/new
database = {folder}/index.txt
serial = {folder}/serial
default_days = 365
policy = any
unique_subject = no
x509_extensions = leaf
[any]
commonName = supplied
organizationName = optional
countryName = optional
[leaf]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
crlDistributionPoints = URI:http://127.0.0.1/crl/sm2-issuing.crl
"""


def batch(folder: Path, csrs: list[bytes], *, sm2: bool) -> float:
    """CPU ms for each certificate of one `openssl ca -batch` over all requests."""
    (folder / "new").mkdir(parents=True)
    (folder / "index.txt").touch()
    (folder / "serial").write_text("1000\n")
    config, key, certificate = folder / "ca.cnf", folder / "ca.key", folder / "ca.pem"
    config.write_text(_CONFIG.format(folder=folder))
    curve, digest = ("SM2", "-sm3") if sm2 else ("prime256v1", "-sha256")
    _run("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-out", str(key))
    own = ["-sigopt", _DISTID] if sm2 else []
    _run("req", "-new", "-x509", digest, "-key", str(key), "-subj", "/C=CN/CN=peer", "-out", str(certificate), *own)
    files = []
    for at, csr in enumerate(csrs):
        path = folder / f"{at}.csr"
        text = base64.encodebytes(csr).decode()
        path.write_text(f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n")
        files.append(str(path))
    options = ["-sigopt", _DISTID, "-vfyopt", _DISTID] if sm2 else []
    started = cpu()
    _run(
        *("ca", "-batch", "-config", str(config), "-cert", str(certificate), "-keyfile", str(key)),
        *("-md", digest[1:], "-notext", *options, "-infiles", *files),
    )
    spent = (cpu() - started) * 1000 / len(csrs)
    if len(list((folder / "new").iterdir())) != len(csrs):
        raise RuntimeError("openssl ca did not sign every request")
    return spent


def _run(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)

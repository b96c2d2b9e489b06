"""PEM (RFC 7468) of single keys, for files people hand over at the console."""

from __future__ import annotations

import base64
import re

from foundation.errors import InvalidInput
from foundation.text import Text

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s+([A-Za-z0-9+/=\s]+)-----END \1-----")


def octets_of(data: bytes, label: str) -> bytes:
    """The first block of that label; octets without any PEM are taken for DER."""
    if not data.lstrip().startswith(b"-----"):
        return data
    for found in _BLOCK.finditer(data):
        if found[1].decode() == label:
            return base64.b64decode(b"".join(found[2].split()))
    raise InvalidInput("hsm.pem", Text(f"文件中没有 {label}。", f"There is no {label} in this file."))


def written(label: str, octets: bytes) -> str:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(octets).decode()}-----END {label}-----\n"


def private_octets(data: bytes) -> bytes:
    return octets_of(data, "PRIVATE KEY")


def public_octets(data: bytes) -> bytes:
    return octets_of(data, "PUBLIC KEY")

"""One box that finds a certificate by anything on it (证书检索): name, serial, fingerprint, number, the file."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

from ca.reading.certificate import read_certificate
from ca.search import Query
from foundation.der import DerError
from foundation.numbers import is_uscc
from hsm.digests import sha256

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]{2,64}")
_SEPARATORS = re.compile(r"[\s:]")


def query_of(text: str, query: Query) -> Query:
    """`query` narrowed by what `text` must be. A name is looked for when it is nothing else."""
    text = text.strip()
    pem = _PEM.search(text)
    if pem is not None:
        return replace(query, fingerprint=_fingerprint(pem[1]))
    bare = _SEPARATORS.sub("", text)
    if is_uscc(bare.upper()):
        return replace(query, owner=bare.upper())
    if _HEX.fullmatch(bare) and any(one in "0123456789" for one in bare):
        digits = bare.lower().removeprefix("0x")
        if len(digits) == 64:
            return replace(query, digest=digits)
        if 8 <= len(digits) <= 40 and not _department_number(text):
            return replace(query, serial=int(digits, 16))
    return replace(query, name=text)


def _department_number(text: str) -> bool:
    """A seal's 14 digits stand as common name of its certificate and look like a short serial."""
    return bool(re.fullmatch(r"[0-9]{14}", text))


def _fingerprint(inside: str) -> str:
    try:
        return read_certificate(base64.b64decode("".join(inside.split()), validate=True)).fingerprint
    except (ValueError, DerError):
        return sha256(inside.encode()).hex()  # matches nothing; the page says so

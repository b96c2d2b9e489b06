"""Reading trust data from files (信任库文件): folders, DER, PEM, certificate bags, and the JSON beside them.

Everything is bounded, and a damaged file stops the load: a trust store with a hole would judge wrongly in silence.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ca.reading import Certificate, read_certificate, read_certificates
from foundation import der
from foundation.der import DerError
from foundation.errors import InvalidInput
from foundation.text import Text
from seal import cms
from verify.anchors import AnchorRules, Use, read_rules

_T = TypeVar("_T")
MOST_FILES = 4096
MOST_SMALL = 1024 * 1024
MOST_CRL = 128 * 1024 * 1024


def files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    if not folder.is_dir():
        return []
    found = sorted(file for file in folder.iterdir() if file.suffix.lower() in suffixes and file.is_file())
    if len(found) > MOST_FILES:
        raise _bad(folder, "too many files")
    return found


def bounded(file: Path, most: int) -> bytes:
    if file.stat().st_size > most:
        raise _bad(file, "too large")
    return file.read_bytes()


def parsed(file: Path, parse: Callable[[Path], _T]) -> _T:
    try:
        return parse(file)
    except DerError as error:
        raise _bad(file, error.detail.en) from error


def certificates(file: Path, data: bytes) -> list[Certificate]:
    """DER, PEM, bare base64 or a certificate bag (`.p7b`, PKCS#7 without signers)."""
    try:
        plain = unarmoured(data)
        if plain[:1] == b"\x30" and der.parse(plain).children(3)[0].tag == der.OID:
            return [read_certificate(item) for item in cms.read(plain).certificates]
        return read_certificates(data)
    except DerError as error:
        raise _bad(file, error.detail.en) from error


_ARMOUR = re.compile(rb"-----BEGIN (X509 CRL|PKCS7|CMS)-----([A-Za-z0-9+/=\s]+)-----END")


def unarmoured(data: bytes) -> bytes:
    found = _ARMOUR.search(data)
    if found is None:
        return data
    try:
        return base64.b64decode(b"".join(found[2].split()), validate=True)
    except binascii.Error as error:
        raise DerError("PEM armour") from error


def json_of(file: Path) -> dict[str, object]:
    try:
        document = json.loads(bounded(file, MOST_SMALL))
    except (ValueError, RecursionError) as error:
        raise _bad(file, "not JSON") from error
    if not isinstance(document, dict):
        raise _bad(file, "not a JSON object")
    return document


def purposes(file: Path) -> dict[str, frozenset[Use]]:
    if not file.is_file():
        return {}
    try:
        return {
            str(print_).lower(): frozenset(Use(str(use)) for use in uses)  # type: ignore[attr-defined]  # a non-list raises TypeError below
            for print_, uses in json_of(file).items()
        }
    except (TypeError, ValueError) as error:
        raise _bad(file, "unknown purpose") from error


def rules(file: Path) -> dict[str, AnchorRules]:
    """`anchors.json`: SHA-256 of a root → what it may vouch for."""
    if not file.is_file():
        return {}
    try:
        return {str(print_).lower(): read_rules(one) for print_, one in json_of(file).items()}  # type: ignore[arg-type]  # a non-object raises below
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _bad(file, "unknown rule") from error


def _bad(file: Path, why: str) -> InvalidInput:
    return InvalidInput(
        "verify.trust_damaged",
        Text(
            f"信任库中的 {file.name} 无法使用（{why}），请重新获取该文件。",
            f"{file.name} in the trust folder cannot be used ({why}). Get the file again.",
        ),
    )

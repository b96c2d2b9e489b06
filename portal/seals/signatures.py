"""A signature that comes from a device (证书签名): read from a form, as the tool wrote it or as pasted."""

from __future__ import annotations

import base64
import binascii
import re

from flask import request

from foundation.errors import InvalidInput
from portal.seals.words_uses import USES

MOST_SIGNATURE = 8192


def fingerprint() -> str:
    text = re.sub(r"[\s:]", "", request.form.get("certificate", "")[:200]).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise InvalidInput("seal.page_fingerprint", USES["bad_fingerprint"])
    return text


def signature() -> bytes:
    """A file as the tool wrote it, or what was pasted: Base64, with or without PEM lines."""
    file = request.files.get("file")
    data = file.read(MOST_SIGNATURE + 1) if file is not None and file.filename else b""
    pasted = data if data[:1] == b"-" else request.form.get("signature", "")[: 2 * MOST_SIGNATURE].encode()
    if data and data[:1] != b"-":
        return data[:MOST_SIGNATURE]
    try:
        lines = [line for line in pasted.split() if not line.startswith(b"-")]
        found = base64.b64decode(b"".join(lines), validate=True)
    except (ValueError, binascii.Error):
        found = b""
    if not found:
        raise InvalidInput("seal.page_signature", USES["bad_signature"])
    return found

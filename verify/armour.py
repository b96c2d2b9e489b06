"""Octets wrapped as text (文本封装): PEM blocks, S/MIME headers, bare base64, as signatures come by mail and by form.

Only the wrapping is taken off; what is inside is told by its own shape and never by the label (RFC 7468 3).
"""

from __future__ import annotations

import base64
import binascii
import re

_LABELS = rb"PKCS7|PKCS #7 SIGNED DATA|CMS|X509 CRL|OCSP RESPONSE|TIMESTAMP TOKEN|TIMESTAMP RESPONSE|SEAL"
_PEM = re.compile(rb"-----BEGIN (" + _LABELS + rb")-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END \1-----")
_MAIL = re.compile(
    rb"(?:[A-Za-z][A-Za-z0-9-]*:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*){1,40}\r?\n([A-Za-z0-9+/=\s]+)\Z",
)
_BARE = re.compile(rb"\s*MI[A-Za-z0-9+/=\s]+\Z")
_WORD = b"application/"


def unwrapped(data: bytes) -> bytes:
    """The octets inside; `data` itself when it is no such text. A certificate's PEM is left as it is."""
    head = data[:4096]
    if b"-----BEGIN " in head:
        found = _PEM.search(data)
        return _decoded(found[2]) or data if found else data
    if _WORD in head and b"pkcs7" in head and (mail := _MAIL.match(data)):
        return _decoded(mail[1]) or data
    return (_decoded(data) or data) if _BARE.match(data) else data


def _decoded(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error:
        return None

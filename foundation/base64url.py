"""Base64url without padding (RFC 7515 2), one spelling only: two texts never mean the same octets."""

from __future__ import annotations

import base64
import binascii


class NotBase64Url(ValueError):  # noqa: N818 - what the text is
    def __init__(self) -> None:
        super().__init__("not base64url in its one spelling")


def encode(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def decode(text: str | bytes) -> bytes:
    """Raises `NotBase64Url` over padding, other alphabets, white space and stray bits at the end."""
    given = text.encode("ascii", "replace") if isinstance(text, str) else text
    try:
        octets = base64.b64decode(given + b"=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotBase64Url from error
    if encode(octets).encode("ascii") != given:
        raise NotBase64Url
    return octets

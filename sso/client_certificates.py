"""Client certificates (客户端证书; RFC 8705), as our own proxy hands them on.

TLS ends at the proxy, which has seen the proof of possession. Its header is believed only beside the secret it shares
with us; without it anyone could claim any certificate by typing it.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Request

from foundation.settings import Settings
from sso.errors import OAuthError
from sso.jose import b64url

CERTIFICATE_HEADER = "X-Client-Cert"
SECRET_HEADER = "X-Proxy-Secret"  # noqa: S105 - the header's name
MOST_CHARACTERS = 16_384


def presented(request: Request, settings: Settings, now: datetime) -> str | None:
    """x5t#S256 of the certificate of this connection; None without one, or when the proxy is not ours."""
    text = request.headers.get(CERTIFICATE_HEADER, "")
    if not text or not _from_our_proxy(request, settings):
        return None
    try:
        certificate = x509.load_pem_x509_certificate(unquote(text[:MOST_CHARACTERS]).encode("ascii"))
    except ValueError as error:
        raise OAuthError("invalid_client", "the client certificate cannot be read", status=401) from error
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise OAuthError("invalid_client", "the client certificate is not valid at this time", status=401)
    return thumbprint(certificate)


def thumbprint(certificate: x509.Certificate) -> str:
    """RFC 8705 3.1."""
    return b64url(hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest())


def _from_our_proxy(request: Request, settings: Settings) -> bool:
    secret = settings.web.proxy_secret
    given = request.headers.get(SECRET_HEADER, "")
    expected = secret.get_secret_value() if secret is not None else ""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())

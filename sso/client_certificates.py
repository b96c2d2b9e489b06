"""Client certificates (客户端证书; RFC 8705) bound to tokens: the one of this connection, as a thumbprint."""

from __future__ import annotations

import hashlib
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Request

from foundation import base64url
from foundation.errors import InvalidInput
from foundation.settings import Settings
from foundation.web import client_certificate
from sso.errors import OAuthError


def presented(request: Request, settings: Settings, now: datetime) -> str | None:
    """x5t#S256 of the certificate of this connection; None without one, or when the proxy is not ours."""
    try:
        octets = client_certificate.presented(request, settings)
        certificate = x509.load_der_x509_certificate(octets) if octets is not None else None
    except (InvalidInput, ValueError) as error:
        raise OAuthError("invalid_client", "the client certificate cannot be read", status=401) from error
    if certificate is None:
        return None
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise OAuthError("invalid_client", "the client certificate is not valid at this time", status=401)
    return thumbprint(certificate)


def thumbprint(certificate: x509.Certificate) -> str:
    """RFC 8705 3.1."""
    return base64url.encode(hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest())

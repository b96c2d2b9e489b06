"""The client certificate of this connection (客户端证书), as our own proxy hands it on.

TLS ends at the proxy, which has seen the proof of possession. Its header is believed only beside the secret it shares
with us; without it anyone could claim any certificate by typing it.
"""

from __future__ import annotations

import base64
import hmac
import re
from urllib.parse import unquote

from flask import Request

from foundation.errors import InvalidInput
from foundation.settings import Settings
from foundation.text import Text

CERTIFICATE_HEADER = "X-Client-Cert"
SECRET_HEADER = "X-Proxy-Secret"  # noqa: S105 - the header's name
MOST_CHARACTERS = 16_384
_PEM = re.compile(r"\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")


def presented(request: Request, settings: Settings) -> bytes | None:
    """DER octets; None without a certificate, or when the header did not come from our proxy."""
    text = request.headers.get(CERTIFICATE_HEADER, "")
    if not text or not _from_our_proxy(request, settings):
        return None
    match = _PEM.fullmatch(unquote(text[:MOST_CHARACTERS]))
    try:
        return base64.b64decode("".join(match[1].split()), validate=True) if match else _unreadable()
    except ValueError:
        return _unreadable()


def _unreadable() -> bytes:
    raise InvalidInput(
        "web.client_certificate",
        Text("客户端证书无法读取，请检查代理设置。", "The client certificate cannot be read; check the proxy."),
    )


def _from_our_proxy(request: Request, settings: Settings) -> bool:
    secret = settings.web.proxy_secret
    given = request.headers.get(SECRET_HEADER, "")
    expected = secret.get_secret_value() if secret is not None else ""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())

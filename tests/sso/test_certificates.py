"""Clients that prove themselves by TLS certificate, through Debian's nginx (RFC 8705)."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from flask import Flask
from pydantic import SecretStr

from foundation.clock import FixedClock
from foundation.ground import Ground
from foundation.principal import SYSTEM
from hsm.keystore import LocalKeyStore
from sso import clients
from sso import room as sso_room
from sso.client_certificates import thumbprint
from sso.clients import NewClient
from tests.sso.conftest import MARKET, app_of

SECRET = "between-proxy-and-us"


@dataclass(frozen=True)
class Identity:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def write(self, folder: Path, name: str) -> tuple[str, str]:
        (folder / f"{name}.pem").write_bytes(self.pem())
        secret = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.key").write_bytes(secret)
        return str(folder / f"{name}.pem"), str(folder / f"{name}.key")


def identity(clock: FixedClock, name: str, *, days: int = 7300) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(clock.now() - timedelta(days=60)).not_valid_after(
        clock.now() + timedelta(days=days)
    )
    return Identity(builder.add_extension(names, critical=False).sign(key, hashes.SHA256()), key)


@pytest.fixture
def good(clock: FixedClock) -> Identity:
    return identity(clock, "seal-system", days=7300)


@pytest.fixture
def app(ground: Ground, keys: LocalKeyStore, good: Identity) -> Flask:
    web = ground.settings.web.model_copy(update={"proxy_secret": SecretStr(SECRET)})
    guarded = replace(ground, settings=ground.settings.model_copy(update={"web": web}))
    new = NewClient(
        "sealer",
        "用章系统",
        "Seal system",
        MARKET,
        auth_method="self_signed_tls_client_auth",
        certificate_thumbprint=thumbprint(good.certificate),
        scopes=("seal:stamp",),
    )
    clients.add_client(guarded, SYSTEM, new)
    return app_of(guarded, sso_room.build(guarded, keys))


BODY = {"grant_type": "client_credentials", "client_id": "sealer"}


def headers(who: Identity, secret: str | None = SECRET) -> dict[str, str]:
    given = {"X-Client-Cert": quote(who.pem().decode())}
    return given if secret is None else {**given, "X-Proxy-Secret": secret}


def test_the_header_counts_only_with_the_proxys_secret(app: Flask, good: Identity) -> None:
    """[S-21]"""
    http = app.test_client()
    for secret in (None, "", "wrong", SECRET + "x", SECRET.upper(), "\u00e9"):
        assert http.post("/oauth2/token", data=BODY, headers=headers(good, secret)).status_code == 401
    assert http.post("/oauth2/token", data=BODY, headers={"X-Proxy-Secret": SECRET}).status_code == 401
    assert http.post("/oauth2/token", data=BODY, headers=headers(good)).status_code == 200


def test_without_a_configured_secret_no_header_counts(
    ground: Ground, keys: LocalKeyStore, good: Identity, app: Flask
) -> None:
    bare = app_of(ground, sso_room.build(ground, keys)).test_client()
    for secret in ("", "x", None):
        assert bare.post("/oauth2/token", data=BODY, headers=headers(good, secret)).status_code == 401


def test_other_expired_and_broken_certificates(app: Flask, good: Identity, clock: FixedClock) -> None:
    http = app.test_client()
    assert http.post("/oauth2/token", data=BODY, headers=headers(identity(clock, "seal-system"))).status_code == 401
    for text in ("rubbish", "-----BEGIN CERTIFICATE-----", "%00", "%FF", "x" * 40_000):
        given = {"X-Client-Cert": text, "X-Proxy-Secret": SECRET}
        answer = http.post("/oauth2/token", data=BODY, headers=given)
        assert (answer.status_code, (answer.json or {})["error"]) == (401, "invalid_client")
    clock.advance(days=7301)
    assert http.post("/oauth2/token", data=BODY, headers=headers(good)).status_code == 401


def test_a_bound_token_is_nothing_without_its_certificate(app: Flask, good: Identity, clock: FixedClock) -> None:
    """[RFC 8705 3, T27]"""
    http = app.test_client()
    body = http.post("/oauth2/token", data=BODY, headers=headers(good)).json or {}
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    assert http.get("/api/v1/sso/me", headers={**bearer, **headers(good)}).json == {
        "kind": "client",
        "label": "client:sealer",
        "name": None,
        "department": MARKET,
        "permissions": ["seal:stamp"],
    }
    other = identity(clock, "thief")
    for stolen in (
        bearer,
        {**bearer, **headers(other)},
        {**bearer, **headers(good, None)},
        {**bearer, **headers(good, "x")},
    ):
        assert http.get("/api/v1/sso/me", headers=stolen).status_code == 401


@pytest.fixture
def proxy(served: str, tmp_path: Path, clock: FixedClock) -> Iterator[tuple[str, str]]:
    """Nginx before the app: TLS, client certificates asked for, the secret added, foreign headers overwritten."""
    certificate, key = identity(clock, "localhost").write(tmp_path, "server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "logs").mkdir()
    config = tmp_path / "nginx.conf"
    paths = "".join(
        f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config.write_text(
        f"""daemon off; pid {tmp_path}/pid; error_log {tmp_path}/logs/error.log; worker_processes 1;
        events {{ worker_connections 64; }}
        http {{ access_log off; {paths}
          server {{
            listen 127.0.0.1:{port} ssl; server_name localhost;
            ssl_certificate {certificate}; ssl_certificate_key {key};
            ssl_verify_client optional_no_ca;
            location / {{
              proxy_pass {served};
              proxy_set_header X-Client-Cert $ssl_client_escaped_cert;
              proxy_set_header X-Proxy-Secret {SECRET};
            }}
          }}
        }}"""
    )
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    assert program, "nginx is installed by `make test` (Debian package nginx-light)"
    process = subprocess.Popen(
        [program, "-e", "stderr", "-p", str(tmp_path), "-c", str(config)], stderr=subprocess.PIPE
    )
    try:
        for _ in range(100):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.05)
        yield f"https://localhost:{port}", certificate
    finally:
        process.terminate()
        process.wait(10)
        if process.stderr:
            process.stderr.close()


def test_through_nginx(proxy: tuple[str, str], good: Identity, clock: FixedClock, tmp_path: Path) -> None:
    """The private key is proved in the TLS handshake; a header typed by the client is overwritten on the way."""
    base, trusted = proxy
    mine, thief = good.write(tmp_path, "mine"), identity(clock, "thief").write(tmp_path, "thief")

    def session(pair: tuple[str, str] | None) -> requests.Session:
        made = requests.Session()
        made.trust_env = False  # a bundle named in the environment would win over ours
        made.verify = trusted
        made.cert = pair
        return made

    with session(mine) as owner, session(thief) as other, session(None) as nobody:
        issued = owner.post(f"{base}/oauth2/token", data=BODY, timeout=10)
        assert issued.status_code == 200, issued.text
        bearer = {"Authorization": f"Bearer {issued.json()['access_token']}"}
        assert owner.get(f"{base}/api/v1/sso/me", headers=bearer, timeout=10).json()["label"] == "client:sealer"
        forged = {"X-Client-Cert": quote(good.pem().decode()), "X-Proxy-Secret": "x"}
        for stranger in (other, nobody):
            assert stranger.post(f"{base}/oauth2/token", data=BODY, headers=forged, timeout=10).status_code == 401
            assert stranger.get(f"{base}/api/v1/sso/me", headers={**bearer, **forged}, timeout=10).status_code == 401

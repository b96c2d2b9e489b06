"""Full login flows (登录流程): authorise → token → UserInfo with PKCE S256, for somebody already logged in.

Ours keeps everything durably in SQLite and authenticates the client by private_key_jwt; the peer keeps everything in
memory and takes a shared secret. CPU is the server's own, read from /proc, so the driver does not count.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from bench.measure import Figure
from foundation.principal import SYSTEM
from server.house import open_house
from server.sample import MARKET
from sso.clients import NewClient, add_client
from tests.region import free_port, running_region
from tests.visitor import Visitor

BACK = "http://127.0.0.1:9/back"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
FLOWS, WARM, ROUNDS = 150, 20, 3
_HERE = Path(__file__).parent

Flow = Callable[[], None]


def figures() -> Iterator[Figure]:
    peer, _ = _peer()
    ours, wall = _ours()
    note = "durable; private_key_jwt; RS256"
    yield Figure("full login flow (session exists)", ours, wall, "npm oidc-provider, in memory", peer, note)


def _cpu(pid: int) -> float:
    """CPU milliseconds of a process, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _measure(pid: int, flow: Flow) -> tuple[float, float]:
    for _ in range(WARM):
        flow()
    best = (float("inf"), float("inf"))
    for _ in range(ROUNDS):
        began, clock = _cpu(pid), time.perf_counter()
        for _ in range(FLOWS):
            flow()
        spent = (_cpu(pid) - began) / FLOWS, (time.perf_counter() - clock) * 1000 / FLOWS
        best = min(best, spent)
    return best


def _code(http: requests.Session, url: str, client: str) -> str:
    asked = {"client_id": client, "response_type": "code", "redirect_uri": BACK, "scope": "openid", "state": "s"}
    asked |= {"nonce": "n", "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    answer = http.get(url, params=asked, allow_redirects=False, timeout=30)
    location = answer.headers.get("Location", "")
    found = parse_qs(urlsplit(location).query).get("code")
    if not location.startswith(BACK) or not found:
        raise RuntimeError(f"no code: {answer.status_code} {location[:200]}")
    return found[0]


def _finish(http: requests.Session, token: requests.Response, userinfo: str) -> None:
    if token.status_code != 200:
        raise RuntimeError(f"no token: {token.status_code} {token.text[:300]}")
    answer = token.json()
    claims = json.loads(base64.urlsafe_b64decode(answer["id_token"].split(".")[1] + "=="))
    person = http.get(userinfo, headers={"Authorization": f"Bearer {answer['access_token']}"}, timeout=30)
    if person.status_code != 200 or person.json()["sub"] != claims["sub"]:
        raise RuntimeError("UserInfo and ID token name different people")


def _ours() -> tuple[float, float]:
    key = ECKey.import_key(ec.generate_private_key(ec.SECP256R1()))
    with (
        tempfile.TemporaryDirectory() as folder,
        running_region(Path(folder) / "home", YINXIN_LOG__LEVEL="warning") as region,
    ):
        with open_house(region.settings) as house:
            public = {**key.as_dict(private=False), "kid": "bench", "alg": "ES256", "use": "sig"}
            client = NewClient(
                "bench", "测速", "bench", MARKET.uscc, [BACK], jwks=[public], scopes=["openid"], consent_free=True
            )
            add_client(house.ground, SYSTEM, client)
        visitor = Visitor(region)
        visitor.log_in("citizen")
        back = requests.Session()

        def assertion() -> str:
            now = int(time.time())
            claims = {
                "iss": "bench",
                "sub": "bench",
                "aud": region.url,
                "exp": now + 60,
                "iat": now,
                "jti": os.urandom(16).hex(),
            }
            return jwt.encode({"alg": "ES256", "kid": "bench"}, claims, key)

        def flow() -> None:
            form = {
                "grant_type": "authorization_code",
                "code": _code(visitor.http, f"{region.url}/oauth2/authorize", "bench"),
                "redirect_uri": BACK,
                "code_verifier": VERIFIER,
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": assertion(),
            }
            token = back.post(f"{region.url}/oauth2/token", data=form, timeout=30)
            _finish(back, token, f"{region.url}/oauth2/userinfo")

        return _measure(region.process.pid, flow)


def _peer() -> tuple[float, float]:
    port = free_port()
    command = ["node", str(_HERE / "peers" / "oidc_provider.mjs"), str(port), BACK]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_HERE.parent) as process:
        try:
            if process.stdout is None or b"ready" not in process.stdout.readline():
                raise RuntimeError("oidc-provider did not start; run npm ci")
            issuer = f"http://127.0.0.1:{port}"
            browser, back = requests.Session(), requests.Session()
            _peer_login(browser, issuer)

            def flow() -> None:
                form = {
                    "grant_type": "authorization_code",
                    "code": _code(browser, f"{issuer}/auth", "bench"),
                    "redirect_uri": BACK,
                    "code_verifier": VERIFIER,
                }
                token = back.post(f"{issuer}/token", data=form, auth=("bench", "bench-secret"), timeout=30)
                _finish(back, token, f"{issuer}/me")

            return _measure(process.pid, flow)
        finally:
            process.terminate()


def _peer_login(browser: requests.Session, issuer: str) -> None:
    """Through the peer's development pages: log in, consent."""
    asked = {"client_id": "bench", "response_type": "code", "redirect_uri": BACK, "scope": "openid", "state": "s"}
    asked |= {"nonce": "n", "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    page = browser.get(f"{issuer}/auth", params=asked, timeout=30)
    for values in ({"prompt": "login", "login": "someone", "password": "x"}, {"prompt": "consent"}):
        action = unescape(re.findall(r'<form[^>]*action="([^"]+)"', page.text)[0])
        answer = browser.post(action, data=values, allow_redirects=False, timeout=30)
        while answer.is_redirect and not answer.headers["Location"].startswith(BACK):
            answer = browser.get(
                requests.compat.urljoin(answer.url, answer.headers["Location"]), allow_redirects=False, timeout=30
            )
        page = answer

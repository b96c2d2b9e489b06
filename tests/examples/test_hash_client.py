"""The small client of hash-only stamping against a running region (摘要用章): what leaves the department's machine?

A listener stands between client and region and keeps every request whole.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from foundation.principal import SYSTEM
from seal.ofd.package import Package
from server.house import open_house
from server.sample import MARKET
from sso.clients import NewClient, add_client
from tests.examples.conftest import EXAMPLES, ROOT
from tests.region import Region
from tests.seal import oracles, papers

CLIENT = "hash-stamper"


@dataclass
class Listener:
    url: str
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    """Request line with headers, and body."""

    @property
    def octets(self) -> bytes:
        return b"\n".join(part for line, body in self.requests for part in (line.encode(), body))


@contextmanager
def listening(region: Region) -> Iterator[Listener]:
    """Everything is handed on to the region, and its answer back."""
    host = region.url.removeprefix("http://")
    heard = Listener("")

    class Between(BaseHTTPRequestHandler):
        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            heard.requests.append((f"{self.requestline}\n{self.headers}", body))
            link = http.client.HTTPConnection(host, timeout=60)
            headers = {**dict(self.headers), "Host": host, "Accept-Encoding": "identity"}
            link.request(self.command, self.path, body or None, headers)
            answer = link.getresponse()
            data = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.getheader("Content-Type") or "")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _pass  # noqa: N815 - the names http.server looks for

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Between) as server:
        heard.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield heard
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def token(region: Region, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The department's program logs in with its own key."""
    assertion = [sys.executable, EXAMPLES / "assertion.py", "--client-id", CLIENT, "--issuer", region.url,
                 "--key", tmp_path_factory.mktemp("keys") / "key.json"]  # fmt: skip
    public = subprocess.run([*assertion, "--public-jwks"], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    new = NewClient(
        CLIENT, "摘要用章程序", "Hash stamper", MARKET.uscc, jwks=json.loads(public)["keys"],
        scopes=["seal:stamp", "seal:read"],
    )  # fmt: skip
    with open_house(region.settings) as house:
        add_client(house.ground, SYSTEM, new)
    said = subprocess.run(assertion, check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip()
    answer = requests.post(
        f"{region.url}/oauth2/token",
        data={
            "grant_type": "client_credentials",
            "scope": "seal:stamp seal:read",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": said,
        },
        timeout=30,
    )
    return str(answer.json()["access_token"])


def stamp(url: str, token: str, seal: str, source: Path, target: Path, *options: str) -> None:
    command = [sys.executable, EXAMPLES / "hash_client.py", "--server", url, "--seal", seal, *options, source, target]
    # from an empty folder and with the token alone: no home, no database, no key of the region
    environment = {"YINXIN_TOKEN": token, "PATH": os.environ["PATH"]}
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=source.parent, env=environment)
    assert done.returncode == 0, done.stderr


def shared_pieces(one: bytes, other: bytes, size: int = 12) -> set[bytes]:
    """Runs of `size` octets that stand in both."""
    runs = {one[at : at + size] for at in range(len(one) - size + 1)}
    return {other[at : at + size] for at in range(len(other) - size + 1)} & runs


@pytest.mark.parametrize(
    ("name", "document", "options"),
    [
        ("a.pdf", papers.pdf(2), ("--keyword", "line 20:", "--suites", "sm2,rsa", "--open")),
        ("b.pdf", papers.pdf(2), ("--riding",)),
        ("c.ofd", papers.ofd("机密：处分决定草稿"), ("--at", "1,100,200")),
    ],
    ids=["pdf-dual-keyword", "pdf-riding", "ofd"],
)
def test_only_digests_leave_the_machine(
    region: Region, token: str, tmp_path: Path, name: str, document: bytes, options: tuple[str, ...]
) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    listed = requests.get(f"{region.url}/api/v1/seal/seals", headers=headers, timeout=30).json()["items"]
    seal = next(one["id"] for one in listed if one["code"] == MARKET.seal_code)
    source, target, again = tmp_path / name, tmp_path / f"out-{name}", tmp_path / f"again-{name}"
    source.write_bytes(document)
    with listening(region) as heard:
        stamp(heard.url, token, seal, source, target, *options)
        # 1. nothing of the document, of its name or of the sealed file is in any request
        # beside digests, and the path where the new signature will stand
        said = re.sub(rb"[0-9a-f]{64}|/Doc_0/Signs/Sign_0/Signature\.xml", b"", heard.octets)
        for file in (document, target.read_bytes()):
            assert not shared_pieces(file, said)
            for part in Package.read(file).entries.values() if name.endswith(".ofd") else ():
                assert not shared_pieces(part, said)
        for word in ("处分决定".encode(), b"line 20", b"quick brown", name.encode()):
            assert word not in heard.octets
        assert all(len(body) < 1000 for _, body in heard.requests)
        assert len(heard.requests) == (6 if "sm2,rsa" in options else 3)
        # 2. the same run again gives the same file
        stamp(heard.url, token, seal, source, again, *options)
    assert again.read_bytes() == target.read_bytes()
    # 3. others accept it
    verdict = requests.post(
        f"{region.url}/api/v1/verify/files", files={"file": (name, target.read_bytes())}, timeout=60
    ).json()
    assert verdict["verdict"] == "genuine", verdict
    if name.endswith(".pdf"):
        assert oracles.qpdf_clean(tmp_path, target.read_bytes())

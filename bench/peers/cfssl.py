"""`cfssl serve` (Debian's golang-cfssl): signs P-256 over HTTP, without database or journal. Server CPU only."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import subprocess
import time
from pathlib import Path

_CONFIG = {"signing": {"default": {"expiry": "8760h", "usages": ["digital signature", "client auth"]}}}
_TICKS = os.sysconf("SC_CLK_TCK")


def sign(folder: Path, csrs: list[bytes]) -> float:
    """CPU ms of the server for each certificate, one keep-alive connection."""
    folder.mkdir(parents=True)
    names = {"CN": "peer", "key": {"algo": "ecdsa", "size": 256}}
    (folder / "ca.json").write_text(json.dumps(names))
    (folder / "config.json").write_text(json.dumps(_CONFIG))
    made = subprocess.run(
        ["cfssl", "gencert", "-initca", "ca.json"], cwd=folder, check=True, capture_output=True, text=True
    )
    pair = json.loads(made.stdout)
    (folder / "ca.pem").write_text(pair["cert"])
    (folder / "ca.key").write_text(pair["key"])
    port = _free_port()
    command = ["cfssl", "serve", "-address", "127.0.0.1", "-port", str(port), "-ca", "ca.pem", "-ca-key", "ca.key"]
    server = subprocess.Popen(
        [*command, "-config", "config.json"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        return _load(server.pid, port, csrs)
    finally:
        server.terminate()
        server.wait()


def _load(pid: int, port: int, csrs: list[bytes]) -> float:
    bodies = [json.dumps({"certificate_request": _pem(csr), "hosts": ["gateway.example"]}) for csr in csrs]
    line = http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(100):
        try:
            line.connect()
            break
        except OSError:
            time.sleep(0.05)
    _post(line, bodies[0])
    started = _cpu(pid)
    for body in bodies:
        _post(line, body)
    return (_cpu(pid) - started) * 1000 / len(bodies)


def _post(line: http.client.HTTPConnection, body: str) -> None:
    line.request("POST", "/api/v1/cfssl/sign", body, {"Content-Type": "application/json"})
    answer = json.loads(line.getresponse().read())
    if not answer["success"]:
        raise RuntimeError(f"cfssl refused: {answer['errors']}")


def _pem(csr: bytes) -> str:
    text = base64.encodebytes(csr).decode()
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n"


def _cpu(pid: int) -> float:
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / _TICKS


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])

"""Debian's nginx as the region's proxy (反向代理), unprivileged, from a folder of its own.

The server section is what an installation needs: the certificate goes on escaped, beside the shared secret, and what
a visitor may have typed into either header is overwritten.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.region import free_port

_CONFIGURATION = """
daemon off;
master_process off;
pid {prefix}/nginx.pid;
error_log {prefix}/error.log warn;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {prefix}/body;
  proxy_temp_path {prefix}/proxy;
  fastcgi_temp_path {prefix}/fastcgi;
  uwsgi_temp_path {prefix}/uwsgi;
  scgi_temp_path {prefix}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_verify_client optional_no_ca;
    location / {{
      proxy_pass {upstream};
      proxy_set_header X-Client-Cert $ssl_client_escaped_cert;
      proxy_set_header X-Proxy-Secret {secret};
    }}
  }}
}}
"""


def self_signed(folder: Path, name: str) -> tuple[Path, Path]:
    """Certificate and key by openssl, good for 127.0.0.1."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
    about = ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*made, *about, *files], check=True, capture_output=True)
    return certificate, key


@contextmanager
def proxy(folder: Path, upstream: str, secret: str) -> Iterator[tuple[str, Path]]:
    """Address of the proxy, and the certificate it shows."""
    port = free_port()
    certificate, key = self_signed(folder, "proxy")
    text = _CONFIGURATION.format(
        prefix=folder, port=port, certificate=certificate, key=key, upstream=upstream, secret=secret
    )
    file = folder / "nginx.conf"
    file.write_text(text, encoding="utf-8")
    errors = folder / "error.log"
    process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(file), "-e", str(errors)])
    try:
        _wait(port, process, errors)
        yield f"https://127.0.0.1:{port}", certificate
    finally:
        process.terminate()
        process.wait(timeout=120)


def _wait(port: int, process: subprocess.Popen[bytes], errors: Path) -> None:
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("nginx did not start:\n" + errors.read_text(encoding="utf-8"))

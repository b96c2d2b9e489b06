"""Stamp a PDF or an OFD without sending it anywhere (摘要用章客户端): only digests leave this machine.

    YINXIN_TOKEN=… python examples/hash_client.py --server http://127.0.0.1:8000 --seal ID --at 1,150,240 IN OUT

Runs wherever Python has this project's code (`pip install .`) — no server, database or key of ours. Preparing and
comparing are the same code the service uses (`seal.hash_only.local_*`). Run it again after a crash: the same file with
the same options asks for the same digest and gets the same signature, so OUT is the same file.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ca.suites import Suite
from foundation.errors import YinxinError
from hsm.digests import sha256
from seal.hash_only.local import Ask, Frozen, LocalSeal, Request
from seal.hash_only.local_ofd import stamp_ofd
from seal.hash_only.local_pdf import stamp_pdf
from seal.pdf.appearance import Appearance
from seal.places import AtKeyword, Place, Placement, Riding


@dataclass
class HttpService:
    """The four messages. `key` names this job: the same key never makes a second order."""

    server: str
    token: str
    seal_id: str
    key: str

    def seal(self, suite: Suite) -> LocalSeal:
        told = json.loads(self._call("GET", f"/api/v1/seal/seals/{self.seal_id}/material?suite={suite}"))
        look = Appearance(told["width_mm"], told["height_mm"], base64.b64decode(told["operators"]))
        return LocalSeal(
            told["seal_name"],
            told["department_name"],
            told["code"],
            base64.b64decode(told["esl"]),
            look,
            base64.b64decode(told["certificate"]),
            tuple(base64.b64decode(one) for one in told["chain"]),
        )

    def open(self, ask: Ask) -> Frozen:
        body = {
            "seal": self.seal_id,
            "format": ask.format,
            "suite": ask.suite.value,
            "sha256": ask.sha256.hex(),
            "size": ask.size,
            "marks": [{"page": one.page, "left_mm": one.left, "top_mm": one.top} for one in ask.marks],
            "closing": ask.closing,
        }
        told = json.loads(self._call("POST", "/api/v1/seal/hash-orders", body, f"{self.key}-{ask.part}"))
        return Frozen(UUID(told["id"]), datetime.fromisoformat(told["signing_time"]))

    def sign(self, order_id: UUID, digest: bytes, property_info: str | None) -> bytes:
        body = {"digest": digest.hex(), "property_info": property_info}
        return self._call("POST", f"/api/v1/seal/hash-orders/{order_id}/signature", body)

    def _call(self, method: str, path: str, body: object = None, key: str | None = None) -> bytes:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        data = json.dumps(body).encode() if body is not None else None
        asked = urllib.request.Request(self.server + path, data, headers, method=method)  # noqa: S310 - the operator's own
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise SystemExit(_problem(error.read())) from error


def _problem(body: bytes) -> str:
    try:
        told = json.loads(body)
        return f"{told.get('code', '')}: {told.get('detail', '')}"
    except ValueError:
        return body[:200].decode("utf-8", "replace")


def main() -> None:
    options = _options()
    document = options.file.read_bytes()
    pdf = document.startswith(b"%PDF-")
    suites = tuple(Suite(name) for name in options.suites.split(","))
    request = Request(document, _places(options), suites, options.reason, not options.open)
    job = json.dumps([sha256(document).hex(), options.seal, repr(request.place), options.suites, options.reason,
                      options.open])  # fmt: skip
    key = options.key or f"hash-{sha256(job.encode()).hex()[:40]}"
    service = HttpService(options.server.rstrip("/"), os.environ["YINXIN_TOKEN"], options.seal, key)
    try:
        sealed = stamp_pdf(service, request) if pdf else stamp_ofd(service, request)
    except YinxinError as error:
        raise SystemExit(f"{error.code}: {error.detail.zh} / {error.detail.en}") from error
    beside = options.out.with_name(options.out.name + ".part")
    beside.write_bytes(sealed)
    beside.replace(options.out)
    print(f"{options.out}: {len(sealed)} octets; {len(document)} octets stayed here")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="摘要用章：文件不离开本机 / stamp locally, only digests travel")
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--server", default="http://127.0.0.1:8000")
    parser.add_argument("--seal", required=True, help="印章编号 / id of the seal")
    parser.add_argument("--at", action="append", help="页,横,纵（毫米） / page,x,y in millimetres; may be repeated")
    parser.add_argument("--keyword", help="盖在这个词上 / on this word (it stays here)")
    parser.add_argument("--riding", action="store_true", help="骑缝章 / over the edges of all pages")
    parser.add_argument("--suites", default="sm2", help="sm2, rsa, p256, sm2,rsa")
    parser.add_argument("--reason")
    parser.add_argument("--open", action="store_true", help="允许后续签章 / others may sign later")
    parser.add_argument("--key", help="用章编号 / order key; default: made from file and options")
    return parser.parse_args()


def _places(options: argparse.Namespace) -> tuple[Place, ...] | Place:
    found: list[Place] = []
    for text in options.at or []:
        page, x, y = text.split(",")
        found.append(Placement(int(page), float(x), float(y)))
    if options.keyword:
        found.append(AtKeyword(options.keyword))
    if options.riding:
        found.append(Riding())
    if not found:
        raise SystemExit("请给出 --at、--keyword 或 --riding / give --at, --keyword or --riding")
    return found[0] if len(found) == 1 else tuple(found)


if __name__ == "__main__":
    main()

"""Reports of a running region: the signer process lets a recorded report through, and its ledger agrees afterwards."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

from tests.commands import yinxin
from tests.region import Region
from tests.verify.reports.samples import sample

EDGE = b"yinxin-report-edge"


def ask(region: Region, data: bytes, **form: str) -> bytes:
    parts = [f'--{EDGE.decode()}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
             for name, value in form.items()]  # fmt: skip
    head = f'--{EDGE.decode()}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'.encode()
    body = b"".join((*parts, head, data, b"\r\n--", EDGE, b"--\r\n"))
    request = urllib.request.Request(f"{region.url}/api/v1/verify/files", body)  # noqa: S310 - our own server
    request.add_header("Content-Type", f"multipart/form-data; boundary={EDGE.decode()}")
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        octets: bytes = answer.read()
    return octets


def test_a_running_region_seals_its_reports(region: Region, tmp_path: Path) -> None:
    made = ask(region, sample("pdf-unknown-root").data, format="pdf")
    (tmp_path / "report.pdf").write_bytes(made)
    told = json.loads(ask(region, made))
    (signature,) = told["signatures"]
    assert (signature["indication"], signature["kind"], signature["time_source"]) == (
        "TOTAL-PASSED",
        "signature",
        "timestamp",
    ), signature
    done = yinxin(tmp_path, "signer", "reconcile", "--json", environment=region.environment)
    assert done.returncode == 0, done.stdout + done.stderr

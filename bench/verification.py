"""Verifications (核验): verdicts with reasons, beside pyHanko's validation as usually written."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from bench.licences import BOTH, _request
from bench.measure import Figure, below, measure
from ca.suites import Suite
from licence import files
from licence.files import Format
from licence.issue import issue
from server.house import House
from server.sample import MARKET


def figures(house: House) -> Iterator[Figure]:
    department = MARKET.client()
    made = {name: issue(house.licence, department, _request(suites)) for name, suites in _KINDS.items()}
    data = {name: files.file(house.licence, department, one.id, Format.PDF).data for name, one in made.items()}
    ofd = files.file(house.licence, department, made["SM2"].id, Format.OFD).data
    code = files.code_text(house.licence, department, made["SM2"].id)
    peer, _ = measure(lambda: _pyhanko(data["RSA"]), times=10)
    for name, document in (*data.items(), ("OFD", ofd)):
        report = house.verify.judge_file(document)
        if report.verdict.value != "genuine":
            raise RuntimeError(f"the {name} licence does not verify; a speed would mean nothing")
        ms, wall = measure(lambda d=document: house.verify.judge_file(d), times=50, rounds=5, cpu=_all)  # type: ignore[misc]
        note = "path, lists, time stamp, changes, seal and licence status; with its reading process"
        if name == "OFD":
            yield Figure("verify a licence OFD", ms, wall, note=note)
        else:
            yield Figure(f"verify a licence PDF, {name}", ms, wall, "pyHanko validate_pdf_signature, RSA", peer, note)
    ms, wall = measure(lambda: house.verify.judge_code(code), times=50)
    yield Figure("verify a printed code", ms, wall, note="SM2 signature, certificate, status")


def _all() -> float:
    """The processes that read the files do most of the work; of `cpu`, children count when they have ended."""
    return time.process_time() + below()


_KINDS = {"SM2": (Suite.SM2,), "RSA": (Suite.RSA,), "SM2 + RSA": BOTH}


def _pyhanko(document: bytes) -> None:
    reader = PdfFileReader(io.BytesIO(document))
    status = validate_pdf_signature(reader.embedded_signatures[0], ValidationContext(allow_fetching=False))
    if not status.intact:
        raise RuntimeError("pyHanko found the file broken")

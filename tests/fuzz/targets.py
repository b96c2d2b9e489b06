"""What is fuzzed (模糊测试目标): octets of a stranger into every reader, by one function each.

A target returns when all is well and raises when it is not: an exception that escapes, a report that cannot be written,
or a genuine verdict on something that is no seed. Used by `run.py` (atheris) and by `test_corpus.py` (replay).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO

from foundation import der
from foundation.clock import FixedClock
from seal.ofd.package import write
from tests.verify import odd_cms, odd_packages, odd_seals, pki, sealing
from tests.verify.odd_cms import CONTENT, Message
from tests.verify.pki import NOW
from tests.verify.test_signed_files import jws
from verify.detect import FileKind
from verify.judge import Context, judge, judge_code
from verify.kinds import JUDGES, File
from verify.many import tar
from verify.report import Verdict
from verify.trust import TrustStore

Target = Callable[[bytes], None]
REGION = pki.region("fuzz targets")
CONTEXT = Context(
    TrustStore.build([REGION.root.certificate], intermediates=[REGION.issuing.certificate], crls=REGION.crls()),
    FixedClock(NOW),
)
SIGNATURE = "Doc_0/Signs/Sign_0/Signature.xml"
VALUE = "Doc_0/Signs/Sign_0/SignedValue.dat"


@cache
def package() -> Mapping[str, bytes]:
    return dict(odd_packages.sealed(REGION))


@cache
def paper() -> bytes:
    return sealing.pdf(REGION.seal, chain=(REGION.issuing,), tsa=REGION.tsa)


@cache
def dictionary() -> tuple[int, int]:
    """Where the signature dictionary stands in the sealed paper."""
    data = paper()
    value = data.index(b"/Contents <")
    return data.rindex(b"obj", 0, value) + 3, data.index(b"endobj", value)


def _judged(data: bytes, content: bytes | None = None, *, may_be_genuine: bool = False) -> None:
    report = judge(data, name="fuzz", context=CONTEXT, content=content)
    json.dumps(report.to_json())
    assert report.summary.zh
    assert may_be_genuine or report.verdict is not Verdict.GENUINE


def _as(kind: FileKind, data: bytes, content: bytes | None = None) -> None:
    """Straight to the reader of this kind, whatever the octets look like."""
    judged = JUDGES[kind](File(data, "fuzz", content), CONTEXT)
    json.dumps([one.to_json() for one in (*judged.signatures, *judged.findings)])


def ofd(data: bytes) -> None:
    _as(FileKind.OFD, data)


def ofd_signature(data: bytes) -> None:
    _judged(write({**package(), _entry("Signature.xml"): data}), may_be_genuine=True)


def ofd_root(data: bytes) -> None:
    _judged(write({**package(), "OFD.xml": data}), may_be_genuine=True)


def _entry(end: str) -> str:
    return next(name for name in package() if name.endswith(end))


def ses(data: bytes) -> None:
    _as(FileKind.SEAL, data, CONTENT)


def cms(data: bytes) -> None:
    _as(FileKind.CMS, data, CONTENT)


def pdf(data: bytes) -> None:
    _as(FileKind.PDF, data)


def pdf_dictionary(data: bytes) -> None:
    """Any text where the signature dictionary stands, tables and ranges as they were."""
    begin, end = dictionary()
    whole = paper()
    _judged(whole[:begin] + data[: end - begin].ljust(end - begin) + whole[end:], may_be_genuine=True)


def pdf_contents(data: bytes) -> None:
    begin = paper().index(b"/Contents <") + 11
    room = paper().index(b">", begin) - begin
    digits = data[: room // 2].hex().encode().ljust(room, b"0")
    _judged(paper()[:begin] + digits + paper()[begin + room :], may_be_genuine=True)


def jws_(data: bytes) -> None:
    _as(FileKind.JWS, data, CONTENT)


def token(data: bytes) -> None:
    _as(FileKind.TIMESTAMP, data, CONTENT)


def certificate(data: bytes) -> None:
    _as(FileKind.CERTIFICATE, data)


def revocation(data: bytes) -> None:
    _as(FileKind.LIST, data)


def code(data: bytes) -> None:
    assert judge_code(data.decode("utf-8", "replace"), context=CONTEXT).verdict is not Verdict.GENUINE


def anything(data: bytes) -> None:
    _judged(data, may_be_genuine=True)


def stream(data: bytes) -> None:
    pipe = BytesIO(data)
    for member in tar.members(pipe, tar.filled(pipe, tar.BLOCK).ljust(tar.BLOCK, b"\0"), 1 << 20):
        assert len(member.octets) <= 1 << 20


TARGETS: Mapping[str, Target] = {
    "ofd": ofd,
    "ofd_signature": ofd_signature,
    "ofd_root": ofd_root,
    "ses": ses,
    "cms": cms,
    "pdf": pdf,
    "pdf_dictionary": pdf_dictionary,
    "pdf_contents": pdf_contents,
    "jws": jws_,
    "token": token,
    "certificate": certificate,
    "revocation": revocation,
    "code": code,
    "anything": anything,
    "stream": stream,
}


@cache
def seeds() -> Mapping[str, list[bytes]]:
    """Where each target begins."""
    begin, end = dictionary()
    seal = odd_seals.seal(REGION.maker, REGION.seal)
    signed = odd_cms.message(REGION.seal)
    stamp = sealing.token(REGION.tsa, CONTENT)
    whole = write(package())
    return {
        "ofd": [whole],
        "ofd_signature": [package()[_entry("Signature.xml")]],
        "ofd_root": [package()["OFD.xml"]],
        "ses": [seal, odd_seals.signature(REGION.seal, seal)],
        "cms": [signed, odd_cms.message(REGION.seal, how=Message(gm=True, enclosed=CONTENT))],
        "pdf": [paper()],
        "pdf_dictionary": [paper()[begin:end]],
        "pdf_contents": [signed, stamp, seal],
        "jws": [jws(REGION.seal), b'{"payload":"e30","signatures":[{"protected":"e30"}]}'],
        "token": [stamp, der.sequence(der.sequence(der.integer(0)), stamp)],
        "certificate": [REGION.seal.certificate],
        "revocation": [REGION.issuing.crl()],
        "code": [b"HTTPS://EXAMPLE.CN/V#0123456789ABCDEF"],
        "anything": [paper(), whole, signed, seal],
        "stream": [
            b"one.ofd".ljust(124, b"\0") + b"00000000001\0".ljust(133, b"\0") + b"ustar\x0000".ljust(255, b"\0")
        ],
    }

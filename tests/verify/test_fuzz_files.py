"""Hostile octets for every reader of files but that of PDF (T37): always an answer, never genuine, always bounded."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from foundation import der
from foundation.clock import FixedClock
from seal.ofd.package import write
from tests.limits import no_hang
from tests.verify import odd_cms, odd_packages, odd_seals, pki, sealing
from tests.verify.odd_cms import CONTENT, Message
from tests.verify.pki import NOW
from tests.verify.test_signed_files import jws
from verify.detect import FileKind, detect
from verify.judge import Context, judge
from verify.report import Report, Verdict
from verify.trust import TrustStore

REGION = pki.region("fuzz")
CONTEXT = Context(
    TrustStore.build([REGION.root.certificate], intermediates=[REGION.issuing.certificate], crls=REGION.crls()),
    FixedClock(NOW),
)
SEAL = odd_seals.seal(REGION.maker, REGION.seal)
SEEDS: dict[FileKind, list[bytes]] = {
    FileKind.SEAL: [SEAL, odd_seals.signature(REGION.seal, SEAL)],
    FileKind.CMS: [odd_cms.message(REGION.seal), odd_cms.message(REGION.seal, how=Message(gm=True, enclosed=CONTENT))],
    FileKind.JWS: [jws(REGION.seal), json.dumps({"payload": "e30", "signatures": [{"protected": "e30"}]}).encode()],
    FileKind.TIMESTAMP: [
        sealing.token(REGION.tsa, CONTENT),
        der.sequence(der.sequence(der.integer(0)), sealing.token(REGION.tsa, CONTENT)),
    ],
    FileKind.LIST: [REGION.issuing.crl()],
}
GOOD = odd_packages.sealed(REGION)
BUDGET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def ask(data: bytes, content: bytes | None = None) -> Report:
    with no_hang():
        report = judge(data, name="x", context=CONTEXT, content=content)
    json.dumps(report.to_json())
    assert report.summary.zh
    return report


@st.composite
def mutated(draw: st.DrawFn, seeds: list[bytes]) -> tuple[bytes, bytes]:
    """(the seed, the seed with pieces altered, cut, doubled or put in)."""
    seed = draw(st.sampled_from(seeds))
    data = bytearray(seed)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["flip", "cut", "put", "double", "length"])):
            case "flip" if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del data[at : at + draw(st.integers(1, 40))]
            case "put":
                data[at:at] = draw(st.binary(min_size=1, max_size=12))
            case "double":
                data[at:at] = data[at : at + draw(st.integers(1, 60))]
            case "length" if at < len(data):
                data[at] = draw(st.sampled_from([0x80, 0x84, 0xFF, 0x00, 0x7F]))
    return seed, bytes(data)


@pytest.mark.parametrize("kind", sorted(SEEDS))
def test_altered_files(kind: FileKind) -> None:
    @given(mutated(SEEDS[kind]))
    @BUDGET
    def run(made: tuple[bytes, bytes]) -> None:
        seed, data = made
        for content in (None, CONTENT):
            report = ask(data, content)
            # white space around a text, and a second message behind the first, change nothing that was signed
            if data != seed and report.verdict is Verdict.GENUINE:
                assert kind in (FileKind.JWS, FileKind.CMS)
                assert data.strip() == seed or report.has("cms.stacked")

    run()


@given(st.binary(max_size=300))
@BUDGET
@example(b"0\x80\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x02\xa0\x80" * 20)
@example(b"\x30\x82\xff\xff\x06\x09")
@example(b"ey" + b"A" * 40 + b".." + b"A" * 40)
@example(b'{"payload":"","signatures":' + b"[" * 900 + b"]" * 900 + b"}")
def test_any_octets(data: bytes) -> None:
    for head in (b"", b"\x30\x82\x01\x00", b"\x30\x80"):
        assert ask(head + data, CONTENT).verdict is not Verdict.GENUINE


NAMES = ["payload", "protected", "signature", "signatures", "header", "alg", "x5c", "crit"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
@BUDGET
def test_any_json(value: object) -> None:
    data = json.dumps({"payload": "e30", "signatures": value}).encode()
    assert ask(data, CONTENT).verdict is not Verdict.GENUINE


ENTRY = st.sampled_from(["OFD.xml", "Doc_0/Signs/Signatures.xml", "Doc_0/Signs/Sign_0/Signature.xml", "OFDEntries.xml"])


@given(ENTRY, st.sampled_from(["", "/", "..", "/../x", "Doc_0", "/OFD.xml", "\x00", "a" * 600]), st.integers(0, 3))
@BUDGET
def test_any_place_in_an_ofd(name: str, place: str, which: int) -> None:
    """A location, an element or a whole file of the structure replaced."""
    files = dict(GOOD)
    text = files.get(name, b"<x/>").decode()
    make: list[Callable[[], str]] = [
        lambda: text.replace("/Doc_0/Signs/Sign_0/Signature.xml", place.replace("\x00", "")),
        lambda: text.replace("<ofd:DocRoot>Doc_0/Document.xml", f"<ofd:DocRoot>{place.replace(chr(0), '')}"),
        lambda: text[: len(text) // 2],
        lambda: text.replace("ofd:", ""),
    ]
    files[name] = make[which]().encode()
    open_list = name.endswith("Signatures.xml") and which == 3  # the list is open, and read without its namespace
    if files != GOOD and not open_list:
        assert ask(write(files)).verdict is not Verdict.GENUINE


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_altered_archives(data: st.DataObject) -> None:
    packed = write(GOOD)
    seed, altered = data.draw(mutated([packed]))
    report = ask(altered)
    if altered != seed and report.verdict is Verdict.GENUINE:
        # fields of the archive that no reader shows; the files are the same octets under the same names
        assert detect(altered) is FileKind.OFD
        assert {item.code for item in report.findings} == {item.code for item in ask(packed).findings}

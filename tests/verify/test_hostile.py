"""Hostile files end within limits, with a report and no genuine verdict (security T36)."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.clock import FixedClock
from seal.ofd.package import Package, write
from tests.limits import no_hang
from tests.seal import papers
from tests.verify import pki
from tests.verify.conftest import Sealed
from verify.detect import detect
from verify.judge import Context, judge, judge_code
from verify.report import Report, Verdict
from verify.trust import TrustStore

REGION = pki.region("hostile")
CONTEXT = Context(TrustStore.build([REGION.root.certificate], crls=REGION.crls()), FixedClock(pki.NOW))


def bounded(data: bytes) -> Report:
    with no_hang():
        report = judge(data, name="hostile", context=CONTEXT)
    assert report.verdict is not Verdict.GENUINE
    json.dumps(report.to_json())
    return report


def document(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of exactly these objects, numbered from 1; the first is the catalog."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, table)
    return bytes(out)


def stream(data: bytes, more: bytes = b"/Filter/FlateDecode") -> bytes:
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(data), more, data)


def deep(brackets: int) -> bytes:
    return document(
        b"<</Type/Catalog/Pages 2 0 R/X " + b"[" * brackets + b"]" * brackets + b">>", b"<</Type/Pages/Kids[]/Count 0>>"
    )


def field_loop() -> bytes:
    return document(
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[3 0 R]>>>>",
        b"<</Type/Pages/Kids[2 0 R]/Count 1>>",
        b"<</T(a)/FT/Sig/Kids[3 0 R 3 0 R]>>",
    )


def attachment_bomb() -> bytes:
    bomb = zlib.compress(zlib.compress(bytes(100_000_000), 1), 9)
    return document(
        b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(licence.json) 3 0 R]>>>>"
        b"/AcroForm<</Fields[5 0 R]>>>>",
        b"<</Type/Pages/Kids[]/Count 0>>",
        b"<</Type/Filespec/EF<</F 4 0 R>>>>",
        stream(bomb, b"/Filter[/FlateDecode/FlateDecode]"),
        b"<</T(a)/FT/Sig/V<</ByteRange[0 1 2 3]/Contents<00>>>>>",
    )


def xref_bomb() -> bytes:
    return _xref_streams(50_000_000, 1)


def xref_bombs() -> bytes:
    """Each just below the limit of one."""
    return _xref_streams(1_000_000, 60)


def _xref_streams(size: int, count: int) -> bytes:
    table = zlib.compress(bytes(size), 9)
    body = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n"
    previous = b""
    for number in range(2, 2 + count):
        place = len(body)
        body += b"%d 0 obj\n<</Type/XRef/Size %d/W[1 2 2]/Root 1 0 R%s" % (number, size // 5, previous)
        body += b"/Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream\nendobj\n" % (len(table), table)
        body += b"startxref\n%d\n%%%%EOF\n" % place
        previous = b"/Prev %d" % place
    return body


def huge_table() -> bytes:
    body = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n"
    return (
        body
        + b"xref\n0 999999999\n"
        + b"0000000000 65535 f \n" * 9
        + b"trailer\n<</Size 999999999/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    )


def prev_loop() -> bytes:
    data = document(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>")
    table = data.rindex(b"xref\n0")
    return data.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %d" % table)


def many_revisions() -> bytes:
    data = document(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>")
    for _ in range(300):
        previous = int(data[data.rindex(b"startxref") + 10 :].split()[0])
        place = len(data)
        data += b"xref\n0 0\ntrailer\n<</Size 3/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (previous, place)
    return data


def many_ranges() -> bytes:
    lines = b"".join(b"/ByteRange [0 %d %d 5]\n" % (n, n + 9) for n in range(1, 5000))
    return document(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>", stream(lines, b""))


def many_fields() -> bytes:
    kids = b" ".join(b"%d 0 R" % n for n in range(4, 9000))
    return document(
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[3 0 R]>>>>",
        b"<</Type/Pages/Kids[]/Count 0>>",
        b"<</T(a)/Kids[" + kids + b"]>>",
        *[b"<</T(b)/FT/Sig>>"] * 8996,
    )


PDFS = [
    deep,
    field_loop,
    attachment_bomb,
    xref_bomb,
    xref_bombs,
    huge_table,
    prev_loop,
    many_revisions,
    many_ranges,
    many_fields,
]


@pytest.mark.parametrize("make", PDFS, ids=lambda make: make.__name__)
def test_hostile_pdf(make: Callable[..., bytes]) -> None:
    bounded(make(50_000) if make is deep else make())


def zip_bomb() -> bytes:
    return write({"OFD.xml": b"<x/>", "a": bytes(90_000_000)})


def xml_entities() -> bytes:
    lines = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 9}">' for n in range(1, 12))
    return write({"OFD.xml": f'<?xml version="1.0"?><!DOCTYPE o [<!ENTITY a0 "x">{lines}]><o>&a11;</o>'.encode()})


def external_entity() -> bytes:
    return write({"OFD.xml": b'<?xml version="1.0"?><!DOCTYPE o [<!ENTITY a SYSTEM "file:///etc/passwd">]><o>&a;</o>'})


def deep_xml() -> bytes:
    return write({"OFD.xml": b"<a>" * 100_000 + b"</a>" * 100_000})


def climbing() -> bytes:
    out = BytesIO()
    import zipfile

    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("OFD.xml", "<x/>")
        archive.writestr("../../etc/passwd", "x")
    return out.getvalue()


@pytest.mark.parametrize(
    "make", [zip_bomb, xml_entities, external_entity, deep_xml, climbing], ids=lambda make: make.__name__
)
def test_hostile_ofd(make: Callable[[], bytes]) -> None:
    report = bounded(make())
    assert report.has("file.damaged") or report.has("file.limits")
    assert "root:" not in json.dumps(report.to_json())


def nested(depth: int) -> bytes:
    data = b"\x05\x00"
    for _ in range(depth):
        size = len(data)
        head = bytes([size]) if size < 128 else bytes([0x80 | 4]) + size.to_bytes(4, "big") if size > 0xFFFFFF else None
        if head is None:
            width = (size.bit_length() + 7) // 8
            head = bytes([0x80 | width]) + size.to_bytes(width, "big")
        data = b"\x30" + head + data
    return data


@pytest.mark.parametrize(
    "data",
    [nested(3000), b"\x30\x80" * 5000, b"\x30\x84\xff\xff\xff\xff", b"\x30" * 9000],
    ids=["nested", "indefinite", "long", "heads"],
)
def test_hostile_asn1_as_certificate_seal_and_signature(sealed: Sealed, data: bytes) -> None:
    bounded(data)
    package = Package.read(sealed.open_ofd)
    value = next(name for name in package if name.endswith("SignedValue.dat"))
    bounded(write({**package.entries, value: data}))
    hole = sealed.sm2.index(b"/Contents <") + 11
    size = sealed.sm2.index(b">", hole) - hole
    digits = data[: size // 2].hex().encode().ljust(size, b"0")
    bounded(sealed.sm2[:hole] + digits + sealed.sm2[hole + size :])


def test_too_large_empty_and_strange_files() -> None:
    small = Context(CONTEXT.trust, CONTEXT.clock, most_octets=100)
    report = judge(bytes(101), name=None, context=small)
    assert (report.verdict, report.has("file.too_large")) == (Verdict.CANNOT_TELL, True)
    assert bounded(b"").has("file.empty")
    assert bounded(b"hello").has("file.unknown_format")
    assert bounded(b"\x89PNG\r\n").has("file.unknown_format")
    assert bounded(papers.pdf()).has("unsigned")


@given(
    st.binary(max_size=400)
    | st.binary(max_size=300).map(lambda tail: b"%PDF-1.7\n" + tail)
    | st.binary(max_size=300).map(lambda tail: b"PK\x03\x04" + tail)
)
@settings(max_examples=300, deadline=None)
def test_any_octets_get_a_report(data: bytes) -> None:
    detect(data)
    assert judge(data, name=None, context=CONTEXT).verdict is not Verdict.GENUINE


@given(st.text(max_size=300))
@settings(max_examples=200)
def test_any_text_gets_a_report(text: str) -> None:
    assert judge_code(text, context=CONTEXT).verdict is not Verdict.GENUINE


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_mangled_files_never_pass(sealed: Sealed, seed: int) -> None:
    """Blocks cut out, doubled, moved and overwritten."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    data = bytearray(chance.choice([sealed.sm2, sealed.dual, sealed.ofd, sealed.open_ofd]))
    original = bytes(data)
    for _ in range(chance.randint(1, 3)):
        at, size = chance.randrange(len(data)), chance.randint(1, 2000)
        block = bytes(data[at : at + size])
        match chance.randrange(4):
            case 0:
                del data[at : at + size]
            case 1:
                data[at:at] = block
            case 2:
                data[at : at + size] = bytes(len(block))
            case 3:
                data[at : at + size] = chance.randbytes(len(block))
    report = sealed.judge(bytes(data))
    assert bytes(data) == original or (report.verdict is not Verdict.GENUINE and not report.intact)


def test_naughty_names_cannot_speak_through_the_report(vectors: Path) -> None:
    """Names from a file end up in reports; control and direction characters do not (T37)."""
    for text in json.loads((vectors / "naughty-strings.json").read_text())[:200]:
        leaf = pki.make("n", REGION.issuing, organization=text or "-")
        shown = json.dumps(timed_allowing_genuine(leaf.certificate).to_json(), ensure_ascii=False)
        assert not any(char in shown for char in "\x1b\u202e\u2066\u200b\x00\x07")


def timed_allowing_genuine(data: bytes) -> Report:
    return judge(data, name=None, context=CONTEXT)

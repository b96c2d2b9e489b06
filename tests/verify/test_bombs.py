"""Bombs of every kind through the sandbox (T36): each ends by itself or is ended, in 5 s and 512 MiB, with a reason.

The limits are the product's own and no clock is read here; the report of the run states the figures as facts.
"""

from __future__ import annotations

import base64
import io
import json
import resource
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from time import monotonic

import pytest

from foundation import der
from seal import cms
from seal.ofd.package import write
from tests.verify import odd_cms, odd_packages, odd_seals, pki
from tests.verify import test_hostile as hostile
from tests.verify.test_hostile import document, stream
from tests.verify.test_sandbox import CONTEXT, REGION
from tests.verify.test_signed_files import jws
from verify.report import Severity, Verdict
from verify.sandbox.pool import Sandbox

PAGES = b"<</Type/Pages/Kids[]/Count 0>>"
MEBI = 1024 * 1024


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """As in production, limits and all."""
    box = Sandbox()
    yield box
    box.close()


def nested_zip() -> bytes:
    """42.zip in small: archives in archives, each of which is one more bomb."""
    data = bytes(4 * MEBI)
    for depth in range(6):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(8):
                archive.writestr(f"{depth}-{number}.zip", data)
        data = out.getvalue()
    return write({**odd_packages.sealed(REGION), "more.zip": data})


def overlapping_zip() -> bytes:
    """Thousands of names that all lead to one packed kernel."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("OFD.xml", bytes(20 * MEBI))
        first = archive.filelist[0]
        for number in range(3000):
            twin = zipfile.ZipInfo(f"x{number}")
            for name in ("CRC", "compress_size", "file_size", "header_offset", "compress_type", "flag_bits"):
                setattr(twin, name, getattr(first, name))
            archive.filelist.append(twin)
            archive.NameToInfo[twin.filename] = twin
        archive._didModify = True
    return out.getvalue()


def many_entries() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(60_000):
            archive.writestr(f"{number}", b"")
    return out.getvalue()


def huge_attributes() -> bytes:
    many = " ".join(f'a{n}="{"x" * 90}"' for n in range(60_000))
    return write({"OFD.xml": f"<o {many}/>".encode()})


def many_namespaces() -> bytes:
    return write({"OFD.xml": b"".join(b'<a xmlns:n%d="u%d">' % (n, n) for n in range(60)) + b"</a>" * 60})


def many_references() -> bytes:
    files = {**odd_packages.sealed(REGION)}
    name = next(one for one in files if one.endswith("Signature.xml"))
    start = files[name].index(b"<ofd:Reference ")
    end = files[name].index(b"</ofd:Reference>") + 16
    one = files[name][start:end]
    return write({**files, name: files[name][:start] + one * 100_000 + files[name][end:]})


def page_loop() -> bytes:
    kids = b" ".join(b"2 0 R" for _ in range(5000))
    return document(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[" + kids + b"]/Count 999999999>>")


def object_stream_loop() -> bytes:
    """An object stream that says it extends itself, and holds itself."""
    inner = b"2 0 3 4 <</A 3 0 R>> <</B 2 0 R>>"
    body = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 3 0 R>>\nendobj\n"
    place = len(body)
    body += b"2 0 obj\n" + stream(inner, b"/Type/ObjStm/N 2/First 8/Extends 2 0 R") + b"\nendobj\n"
    table = b"".join(
        bytes([kind]) + first.to_bytes(4, "big") + bytes([second])
        for kind, first, second in ((0, 0, 0), (1, 9, 0), (2, 2, 0), (2, 2, 1), (1, len(body), 0))
    )
    assert place
    where = len(body)
    head = b"/Type/XRef/Size 5/W[1 4 1]/Root 1 0 R"
    return body + b"4 0 obj\n" + stream(table, head) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % where


def stacked_filters() -> bytes:
    data = bytes(30 * MEBI)
    for _ in range(4):
        data = zlib.compress(data, 9)
    filters = b"/Filter[" + b"/FlateDecode" * 4 + b"]"
    return document(
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[3 0 R]>>"
        b"/Names<</EmbeddedFiles<</Names[(licence.json) 4 0 R]>>>>>>",
        PAGES,
        b"<</T(a)/FT/Sig/V<</ByteRange[0 1 2 3]/Contents<00>>>>>",
        b"<</Type/Filespec/EF<</F 5 0 R>>>>",
        stream(data, filters),
    )


def hundred_filters() -> bytes:
    return document(
        b"<</Type/Catalog/Pages 2 0 R/Metadata 3 0 R>>",
        PAGES,
        stream(b"00" * 1000, b"/Filter[" + b"/ASCIIHexDecode" * 50_000 + b"]"),
    )


def _seal_with(picture: bytes) -> bytes:
    seal = odd_seals.seal(REGION.maker, REGION.seal)
    at = max(seal.find(b"\x89PNG"), seal.find(b"<svg"))
    head = picture[: len(seal) - at]
    return seal[:at] + head + seal[at + len(head) :] if at > 0 else seal + picture


def png_picture() -> bytes:
    head = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + b"\x08\x06\0\0\0"
    chunk = (13).to_bytes(4, "big") + head + zlib.crc32(head).to_bytes(4, "big")
    return _seal_with(b"\x89PNG\r\n\x1a\n" + chunk)


def jbig2_picture() -> bytes:
    return _seal_with(b"\x97JB2\r\n\x1a\n\x01\0\0\0\x01" + b"\xff" * 60)


def jpx_picture() -> bytes:
    return _seal_with(b"\0\0\0\x0cjP  \r\n\x87\n" + b"\xff" * 60)


def asn1_depth() -> bytes:
    return hostile.nested(3000)


def asn1_lengths() -> bytes:
    return b"\x30\x84\xff\xff\xff\xff" + b"\x30\x84\x7f\xff\xff\xff" * 20_000


def asn1_flood() -> bytes:
    return der.sequence(der.oid(cms.SIGNED_DATA), der.explicit(0, der.sequence(*[der.null()] * 900_000)))


def many_certificates() -> bytes:
    bag = der.sequence(
        der.integer(1),
        der.tlv(der.SET, b""),
        der.sequence(der.oid(cms.DATA)),
        der.implicit(0, der.set_of([REGION.seal.certificate] * 100_000)),
        der.tlv(der.SET, b""),
    )
    return der.sequence(der.oid(cms.SIGNED_DATA), der.explicit(0, bag))


def many_signers() -> bytes:
    one = odd_cms.signer_info(REGION.seal, odd_cms.CONTENT)
    return odd_cms.message(REGION.seal, ready=(one,) * 20_000)


def path_explosion() -> bytes:
    """Many authorities of one name and one key: every one could have signed every other."""
    twins = [pki.make(f"twin {n % 2}", REGION.root, kind="ca", organization="x").certificate for n in range(60)]
    leaf = pki.make("leaf", pki.make("twin 0", REGION.root, kind="ca", organization="x"), organization="x")
    return odd_cms.message(leaf, how=odd_cms.Message(certificates=(leaf.certificate, *twins)))


def pem_flood() -> bytes:
    one = (
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(REGION.seal.certificate) + b"-----END CERTIFICATE-----\n"
    )
    return one * 40_000


def base64_flood() -> bytes:
    return base64.encodebytes(b"\x30\x80" * 8_000_000)


def jws_flood() -> bytes:
    one = {"protected": "e30", "signature": "A" * 86}
    return json.dumps({"payload": "e30", "signatures": [one] * 200_000}).encode()


def jws_deep() -> bytes:
    return b'{"payload":"","signatures":' + b"[" * 500_000 + b"]" * 500_000 + b"}"


def jws_certificates() -> bytes:
    head, _, rest = jws(REGION.seal).partition(b".")
    return head + b"A" * 20_000_000 + b"." + rest


def code_flood() -> bytes:
    return b"HTTPS://EXAMPLE.CN/V#" + b"0123456789" * 2_000_000


def white_space() -> bytes:
    return b"%PDF-1.7\n" + b" " * 40_000_000 + b"/ByteRange" * 100_000


BOMBS: list[Callable[[], bytes]] = [
    nested_zip, overlapping_zip, many_entries, hostile.zip_bomb, hostile.xml_entities, hostile.deep_xml,
    huge_attributes, many_namespaces, many_references, hostile.prev_loop, hostile.xref_bomb, hostile.xref_bombs,
    hostile.huge_table, page_loop, object_stream_loop, hostile.field_loop, hostile.many_fields, stacked_filters,
    hundred_filters, png_picture, jbig2_picture, jpx_picture, asn1_depth, asn1_lengths, asn1_flood, many_certificates,
    many_signers, path_explosion, pem_flood, base64_flood, jws_flood, jws_deep, jws_certificates, code_flood,
    white_space,
]  # fmt: skip


@pytest.mark.parametrize("make", BOMBS, ids=lambda make: make.__name__)
def test_a_bomb_ends_with_a_reason(sandbox: Sandbox, make: Callable[[], bytes], request: pytest.FixtureRequest) -> None:
    data = make()
    began = monotonic()
    report = sandbox.judge(data, name=make.__name__, context=CONTEXT)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    request.node.user_properties += [("seconds", round(monotonic() - began, 2)), ("children_peak_mib", peak)]
    sys.stdout.write(f"BOMB {make.__name__} {monotonic() - began:.2f} s {peak} MiB {report.findings[0]}\n")
    assert report.verdict is not Verdict.GENUINE
    assert not any(found.code == "file.reader_ended" for found in report.findings), report.findings
    assert {Severity.ERROR, Severity.UNKNOWN} & {found.severity for found in report.findings}
    assert sandbox.judge(b"", name=None, context=CONTEXT).has("file.empty")


def test_after_all_of_them_a_good_file_is_genuine(sandbox: Sandbox) -> None:
    good = write(odd_packages.sealed(REGION))
    assert sandbox.judge(good, name=None, context=CONTEXT).verdict is Verdict.GENUINE

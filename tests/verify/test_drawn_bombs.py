"""Drawing for a verdict, for a report and for a code (T36): what cannot be drawn says so and makes nothing genuine."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest
import zxingcpp
from PIL import Image

from foundation.apart import keeper
from foundation.apart.limits import USUAL, Why
from tests.seal import drawn_bombs
from tests.verify.pdf_papers import region_of, signed, visible
from tests.verify.test_sandbox import CONTEXT
from verify import code_pictures
from verify.context import Context
from verify.exhibits import shown
from verify.judge import judge
from verify.pdf.looking import look
from verify.report import Report, Verdict
from verify.trust import TrustStore

PATIENT = replace(USUAL, seconds=120.0, processor=60)


def asked() -> Context:
    region = region_of("sm2")
    trust = TrustStore.build([region.root.certificate], intermediates=[region.issuing.certificate], crls=region.crls())
    return replace(CONTEXT, trust=trust)


def twice(document: bytes | None) -> bytes:
    """Signed, and signed again with a picture that hides nothing."""
    return signed("sm2", signed("sm2", document), field="Seal2", shown=visible((300, 20, 340, 40)))


def test_a_later_seal_on_a_page_that_cannot_be_drawn_is_not_genuine() -> None:
    """PDFium would leave the large picture out of both states, and nobody could say what the later seal hides."""
    fine = judge(twice(None), name=None, context=asked())
    bomb = judge(twice(drawn_bombs.jpx_picture()), name=None, context=asked())
    assert fine.verdict is Verdict.GENUINE
    assert (bomb.verdict, bomb.has("pdf.cover_unknown")) == (Verdict.CANNOT_TELL, True)


def test_looking_has_its_limits_and_says_nothing_then() -> None:
    data = twice(None)
    middle = data.index(b"%%EOF", data.index(b"/ByteRange")) + 6
    assert look(data, (middle, len(data)), [1], covering=[(0, 0, 90, 90)]) is not None
    assert look(data, (middle, len(data)), [1], covering=[(0, 0, 90, 90)], wall=0.0) is None
    assert look(drawn_bombs.flate_picture(), (10, 20), [1]) is None
    scan = drawn_bombs.fine_scan()
    seen = look(scan, (len(scan), len(scan)), [1], covering=[(40, 200, 540, 700)])
    assert seen is not None
    assert (seen[0].boxes, seen[0].hidden) == ((), (0.0,))


@pytest.mark.parametrize("make", [drawn_bombs.jpx_picture, drawn_bombs.page_loop], ids=["picture", "loop"])
def test_a_report_goes_without_pictures_that_cannot_be_made(make: Callable[[], bytes]) -> None:
    found = shown.gather(make(), a_report())
    assert (found.failed, found.sheets) == (True, ())
    assert shown.gather(signed("sm2"), a_report()).sheets


def a_report() -> Report:
    report = judge(signed("sm2"), name=None, context=asked())
    assert report.signatures
    return report


def png(width: int, height: int, rows: int = 1) -> bytes:
    """A PNG that says it is that large; its rows, the longest of them cut, are all there is of it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = zlib.compress(bytes(min(4 * width + 1, 1 << 20)) * rows)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A comment that unpacks to 64 MB: what a chunk of text may be is bounded by itself."""
    plain = png(8, 8, 8)
    data = b"a\0\0" + zlib.compress(bytes(64 * 1024 * 1024))
    chunk = struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))
    return plain[:33] + chunk + plain[33:]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (png(60_000, 60_000), "size"),
        (png(2**31 - 1, 2**31 - 1), "size"),
        (png(3000, 3000), []),
        (b"\xff\xd8\xff\xc2\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00", "size"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8X\n\x00\x00\x00" + bytes(4) + b"\xff" * 6, "size"),
        (b"\x89PNG\r\n\x1a\n", "broken"),
        (text_bomb(), "broken"),
        (png(8, 8, 8), []),
        (b"", "broken"),
    ],
    ids=["large", "largest", "unfinished", "jpeg", "webp", "no-more", "text", "empty", "nothing"],
)
def test_pictures_that_are_too_large_or_none(data: bytes, said: object) -> None:
    told = keeper.ask("verify.code_pictures:work", None, [data], PATIENT)
    assert (told.why, told.parts) == (None, (said,))


def test_the_largest_picture_that_is_read_fits_into_the_limits() -> None:
    """Fifty million pixels with colours and transparency, in 512 MiB."""
    side = int(code_pictures.MOST_PIXELS**0.5)
    told = keeper.ask("verify.code_pictures:work", None, [png(side, side, side)], PATIENT)
    assert (told.why, told.parts) == (None, ([],))


def test_a_photo_of_a_code_is_read_at_any_size() -> None:
    code = zxingcpp.create_barcode("HTTPS://A.CN/V#ABC", zxingcpp.BarcodeFormat.QRCode)
    small = Image.fromarray(zxingcpp.write_barcode_to_image(code, scale=4))
    for side in (small.width, 4000):
        large = Image.new("L", (side, side), 255)
        large.paste(small.rotate(90), (0, 0))
        out = io.BytesIO()
        large.save(out, "PNG")
        told = keeper.ask("verify.code_pictures:work", None, [out.getvalue()], PATIENT)
        assert told.parts == (["HTTPS://A.CN/V#ABC"],)


def test_time_and_memory_are_reasons_of_their_own() -> None:
    told = keeper.ask("verify.code_pictures:work", None, [png(4000, 4000, 4000)], replace(PATIENT, memory=160 << 20))
    assert told.why is Why.MEMORY

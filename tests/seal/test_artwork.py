"""The emblem slot: customers' files become bare outlines, hostile ones a reason."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import InvalidInput
from seal.drawing import artwork_apart, png
from seal.drawing.artwork import MOST_OCTETS, Artwork, BadArtwork
from seal.drawing.artwork_reading import read_artwork
from seal.drawing.shapes import Drawing

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'


def svg(body: str, head: str = HEAD) -> bytes:
    return f"{head}{body}</svg>".encode()


def area(artwork: Artwork) -> float:
    """Inked share of the box, as our own painter sees it."""
    drawing = Drawing(artwork.width, artwork.height, artwork.contours)
    width, height = math.ceil(artwork.width / 10), math.ceil(artwork.height / 10)
    rows = png.coverage(drawing, 0.1, width, height)
    return sum(sum(row) for row in rows) / (png.LEVELS - 1) / (width * height)


@pytest.mark.parametrize(
    ("data", "share"),
    [
        (svg('<circle cx="5" cy="5" r="4"/>'), math.pi / 4),
        (svg('<path d="M1 5a4 4 0 1 0 8 0a4 4 0 1 0-8 0z"/>'), math.pi / 4),
        (svg('<path d="M1,5A4,4 0 0010,5.0A4,4 0 01 1,5"/>'), None),
        (svg('<path fill-rule="evenodd" d="M0 0H8V8H0ZM2 2H6V6H2Z"/>'), 0.75),
        (svg('<path d="M0 0H8V8H0ZM2 2H6V6H2Z"/>'), 1.0),
        (svg('<path d="M0 0H8V8H0ZM2 2V6H6V2Z"/>'), 0.75),
        (svg('<g transform="translate(1,2) rotate(90)"><rect width="4" height="2"/></g>'), 1.0),
        (svg('<polygon points="0,0 4,0 0,4"/><rect x="9" y="9" width="1" height="1" fill="none"/>'), 0.5),
        (svg('<path style="fill:#d00;fill-rule:evenodd" d="M0 0Q4 0 4 4T8 8L0 8z"/>'), None),
        (b"M 0 0 L 8 0 L 8 8 L 0 8 C", 1.0),
        (b"M 1 5 A 4 4 0 1 1 9 5 A 4 4 0 1 1 1 5 C", math.pi / 4),
        (b"0 0 8 8 re 2 2 4 4 re f*", 0.75),
        (b"0 0 m 8 0 l 0 8 l h f", 0.5),
    ],
)
def test_what_designers_write_is_read(data: bytes, share: float | None) -> None:
    artwork = read_artwork(data)
    assert max(artwork.width, artwork.height) == 1000
    if share is not None:
        assert area(artwork) == pytest.approx(share, abs=0.02)
    assert Artwork.from_text(artwork.text()) == artwork


def test_pdf_paths_stand_on_their_feet() -> None:
    """The triangle's right angle is at the bottom left in PDF's upward y, so at the bottom left on paper too."""
    artwork = read_artwork(b"0 0 m 8 0 l 0 8 l h f")
    assert {part[1:] for part in artwork.contours[0]} == {(0, 1000), (1000, 1000), (0, 0)}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (svg("<script>alert(1)</script>"), "script"),
        (svg('<image href="http://evil/x.png"/>'), "image"),
        (svg("<text>国徽</text>"), "text"),
        (svg('<use href="#a"/>'), "use"),
        (svg("<foreignObject/>"), "foreignObject"),
        (svg('<svg viewBox="0 0 1 1"/>'), "svg"),
        (svg("<style>*{fill:url(http://evil)}</style>"), "style"),
        (svg('<defs><path id="a" d="M0 0H8V8z"/></defs>'), "defs"),
        (svg('<path onload="x()" d="M0 0H8V8z"/>'), "onload"),
        (svg('<path fill="url(#g)" d="M0 0H8V8z"/>'), "gradient"),
        (svg('<path stroke="red" d="M0 0H8V8z"/>'), "stroke"),
        (svg('<path opacity="0.5" d="M0 0H8V8z"/>'), "translucent"),
        (svg('<path style="filter:url(#x)" d="M0 0H8V8z"/>'), "filter"),
        (svg('<path d="M0 0H8V8z"/><path fill="blue" d="M0 0H8V8z"/>'), "colour"),
        (svg('<path fill="white" d="M0 0H8V8z"/>'), "white"),
        (svg('<path transform="skewX(3)" d="M0 0H8V8z"/>'), "transform"),
        (svg('<path d="M0 0H8V8z" clip-path="url(#c)"/>'), "clip-path"),
        (svg(""), "filled"),
        (svg('<path d="L0 0"/>'), "path data"),
        (svg('<path d="M0 0H1e99V8z"/>'), "range"),
        (svg('<path d="M0 0Hnan"/>'), "path data"),
        (svg('<path d="M0 0H8"/>'), "filled"),
        (svg('<rect width="9" height="0.01"/>'), "proportion"),
        (svg("<g>" * 40 + "</g>" * 40), "deeply"),
        (svg("<g/>" * 3000), "many elements"),
        (svg('<path d="M0 0' + "h1v1" * 15_000 + '"/>'), "segments"),
        (b'<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + svg('<path d="&a;"/>'), "DOCTYPE"),
        (svg('<path d="M0 0' + "V9H8V0H7" * 900 + 'z"/>'), "dense"),
        (svg('<path fill-rule="evenodd" d="' + "M0 0H9V9H0z" * 1900 + '"/>'), "intricately"),
        (b"<svg", "XML"),
        (b"<html/>", "root"),
        (b"", "path data"),
        (b"M 0 0 L nan 0", "range"),
        (b"M 0 0 X 1", "path data"),
        (b"0 0 m (evil) Tj", "path data"),
        (b"0 0 m 1 1 l 9", "path data"),
        (b"\xff\xfe\x00" * 10, "path data"),
        (b" " * (MOST_OCTETS + 1), "KB"),
    ],
)
def test_what_is_not_plain_one_colour_outline_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(BadArtwork) as caught:
        read_artwork(data)
    assert why in caught.value.detail.en
    with pytest.raises(BadArtwork) as apart:
        artwork_apart.read(data)
    assert apart.value.detail == caught.value.detail


@pytest.mark.parametrize("work", ["aborts", "echo", "babbles", "silent", "fails", "swells"])
def test_a_process_that_breaks_or_babbles_brings_no_artwork(monkeypatch: pytest.MonkeyPatch, work: str) -> None:
    monkeypatch.setattr(artwork_apart, "WORK", f"tests.foundation.apart_works:{work}")
    with pytest.raises(BadArtwork):
        artwork_apart.read(b"0 0 m 8 0 l 0 8 l h f")


@pytest.mark.parametrize(
    "path",
    [
        [],
        [["M", 0, 0], ["X", 1, 1]],
        [["M", 0, 0], ["L", 1]],
        [["M", 0, 0], ["L", 1, float("nan")]],
        [["M", 0, 0], ["L", 1, 1e300]],
        [["M", 0, "0"]],
        "M",
    ],
    ids=["none", "operator", "short", "nan", "far", "text", "word"],
)
def test_what_comes_back_must_be_a_drawing(path: object) -> None:
    with pytest.raises(BadArtwork):
        artwork_apart._checked(json.dumps({"box": [1, 1], "path": path}))


def test_artwork_read_apart_is_the_same_artwork() -> None:
    data = svg('<path d="M0 0H9V9H0z"/><circle cx="20" cy="5" r="5"/>')
    assert artwork_apart.read(data) == read_artwork(data)


@given(
    st.binary(max_size=400)
    | st.text("MLHVCSQTAZmlhvcsqtaz0123456789.-, ", max_size=200).map(lambda d: svg(f'<path d="{d}"/>'))
)
@settings(max_examples=150, deadline=None)
def test_any_octets_are_artwork_or_a_reason(data: bytes) -> None:
    try:
        artwork = read_artwork(data)
    except InvalidInput:
        return
    assert all(math.isfinite(number) for contour in artwork.contours for part in contour for number in part[1:])

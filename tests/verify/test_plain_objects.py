"""The quick way of reading PDF objects says what pyHanko says, or nothing: there are no two opinions of a file."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.verify.conftest import paper_with_data
from tests.verify.pdf_papers import paper
from verify.pdf.plain_objects import MOST_NESTED, read_plain
from verify.pdf.structure import BoundedReader

REFERENCE = generic.Reference(7, 0)
BUDGET = settings(max_examples=1500, deadline=None)


class Reader(PdfFileReader):
    """PyHanko's own reading of one object, without a file around it."""

    def __init__(self, data: bytes) -> None:
        self.stream, self.strict = io.BytesIO(data), True

    @property
    def encrypted(self) -> bool:
        return False


def by_pyhanko(data: bytes) -> Any:
    reader = Reader(data)
    return reader._read_object(REFERENCE, 0)


def plainly(data: bytes) -> Any:
    return read_plain(data, 0, REFERENCE, SimpleNamespace())


def told(value: Any) -> Any:
    """Everything that anybody may ask of an object, types and homes included."""
    home = getattr(value, "container_ref", None)
    at = (type(value).__name__, home and (home.idnum, home.generation))
    match value:
        case generic.DictionaryObject():
            entries = [(str(key), type(key), told(value.raw_get(key))) for key in value]
            return (*at, entries, value.encoded_data if isinstance(value, generic.StreamObject) else None)
        case generic.ArrayObject():
            return (*at, [told(value.raw_get(index)) for index in range(len(value))])
        case generic.TextStringObject():
            return (*at, str(value), value.original_bytes, value.autodetected_encoding)
        case generic.NullObject():
            return at
    return (*at, repr(value), str(value))


def same(data: bytes) -> bool:
    """Whether it was read plainly; then pyHanko must say the same."""
    quick = plainly(data)
    if quick is None:
        return False
    assert told(quick) == told(by_pyhanko(data)), data
    return True


def whole(body: bytes, after: bytes = b"\nendobj\n8 0 obj") -> bytes:
    return b"7 0 obj\n" + body + after


@pytest.mark.parametrize(
    "body",
    [
        b"<< /A 1 /B -2 /C +3 /D 4.50 /E .5 /F -7. /G true /H false /I null /J /Name /K / >>",
        b"<</A(plain)/B(a\\(b\\)c\\\\)/C(\\376\\377\\001\\002\\r\\n\\t\\b\\f)/D<feff4e2d>/E<414>/F<>/G()>>",
        b"[ 1 0 R 22 0 R/A[<</B[[]]>>] 3 4 5]",
        b"<</Length 5>>\nstream\nab>>c\nendstream",
        b"<</Length 0>>stream\r\n\r\nendstream",
        b"<< /A 1 % a word\n /B % two\r [1 %three\n 2] >>",
        b"(line\r\nline)",
        b"<</A#42 /B#20c /C#e4#b8#ad /D#e4 /E#00 /F#2F#2f>>",
        b"12",
        b"12 0 R",
        b"<</A (\xfe\xffN-) /B (\xef\xbb\xbf\xe4\xb8\xad) /C (\xff\xfe) /D (\x80\x9f\xad)>>",
    ],
)
def test_usual_spellings_are_read_at_once_and_in_the_same_way(body: bytes) -> None:
    assert same(whole(body))


@pytest.mark.parametrize(
    "data",
    [
        whole(b"<</A 1 /A 2>>"),
        whole(b"<</A#4 1>>"),
        whole(b"<</A#4g 1>>"),
        whole(b"<</A /B#>>"),
        whole(b"<</A \xe4>>"),
        whole(b"<</A 1"),
        whole(b"<</A 1>]"),
        whole(b"[1 2>>"),
        whole(b"[1 0 Rx]"),
        whole(b"[0 0 R]"),
        whole(b"[1\x000\x00R]"),
        whole(b"[--1]"),
        whole(b"[1-2]"),
        whole(b"[1.2.3]"),
        whole(b"[.]"),
        whole(b"[truex]"),
        whole(b"(a(b)c)"),
        whole(b"(\\8)"),
        whole(b"(\\400)"),
        whole(b"(\\q)"),
        whole(b"<4 1>"),
        whole(b"<4g>"),
        whole(b"<</Length 3>>\nstream\nabcd\nendstream"),
        whole(b"<</Length 3 0 R>>\nstream\nabc\nendstream"),
        whole(b"<</Length -1>>\nstream\nabc\nendstream"),
        whole(b"<</Length 99999>>\nstream\nabc\nendstream"),
        whole(b"<</Length 3>>\nstream\rabc\nendstream"),
        whole(b"<</A <</Length 3>>\nstream\nabc\nendstream>>"),
        whole(b"1", b" endobx\n8"),
        whole(b"1", b" endobj"),
        whole(b"1 2"),
        b"8 0 obj\n1\nendobj\n9",
        b"7 1 obj\n1\nendobj\n9",
        b"7  0 obj\n1\nendobj\n9",
        b" 7 0 obj\n1\nendobj\n9",
        b"",
        whole(b"[" * (MOST_NESTED + 1) + b"]" * (MOST_NESTED + 1)),
    ],
)
def test_whatever_is_odd_or_wrong_is_left_to_pyhanko(data: bytes) -> None:
    assert plainly(data) is None


_SPACE = st.sampled_from([b" ", b"\n", b"\r\n", b"\t", b"", b"\x00", b"  ", b"%c\n", b"% >>\r ", b"\x0b", b"\x0c"])
_PIECE = st.one_of(
    st.sampled_from(
        [
            *(b"<< >> [ ] ( ) < > { } / % \\ R obj endobj stream endstream true false null # + - .".split()),
            *(b"/Length /A /B /A#20 /#41 /#ff 1 0 7 12 -3 +4 1.5 .5 5. 00 <41> <4> (t) (\\101) (\\n) <</A 1>>".split()),
            b"1 0 R",
            b"99999999 0 R",
            b"\nstream\n",
            b"stream\r\n12345\nendstream",
            b"(\xfe\xff\x4e)",
        ]
    ),
    st.binary(max_size=4),
)


@st.composite
def spelled(draw: st.DrawFn) -> bytes:
    """Something like an object: pieces with odd spaces between, mostly between two brackets that fit."""
    pieces = draw(st.lists(st.tuples(_PIECE, _SPACE), max_size=8))
    inner = b"".join(piece + space for piece, space in pieces)
    before, after = draw(
        st.sampled_from([(b"<<", b">>"), (b"[", b"]"), (b"", b""), (b"<</A ", b">>"), (b"<</Length 5>>", b"")])
    )
    return whole(before + inner + after, draw(st.sampled_from([b"\nendobj\n8 0 obj", b" endobj xref", b"endobj%x\n1"])))


@BUDGET
@given(spelled())
def test_no_spelling_is_read_in_two_ways(data: bytes) -> None:
    same(data)


@pytest.mark.parametrize("make", [paper, lambda: paper(linear=True), paper_with_data])
def test_the_objects_of_real_papers_are_read_at_once(make: Any) -> None:
    data = make()
    reader = BoundedReader(data)
    quick = slow = 0
    for reference in reader.xrefs.explicit_refs_in_revision(reader.xrefs.total_revisions - 1):
        place = reader.xrefs[reference]
        if not isinstance(place, int):
            continue
        found = read_plain(data, place, reference, reader)
        slow += found is None
        if found is not None:
            quick += 1
            assert told(found) == told(Reader(data)._read_object(reference, place))
    assert quick >= 5 * max(1, slow)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_altered_paper_is_read_in_two_ways(data: st.DataObject) -> None:
    original = _PAPER
    reader = _READER
    reference = data.draw(st.sampled_from(_PLACES))
    place = reader.xrefs[reference]
    altered = bytearray(original)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(place, min(place + 200, len(original) - 1)))
        altered[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    octets = bytes(altered)
    quick = read_plain(octets, place, reference, reader)
    if quick is not None:
        theirs = Reader(octets)
        assert told(quick) == told(theirs._read_object(reference, place)), octets[place : place + 200]


_PAPER = paper()
_READER = BoundedReader(_PAPER)
_PLACES = [
    one
    for one in sorted(_READER.xrefs.explicit_refs_in_revision(0), key=lambda one: one.idnum)
    if isinstance(_READER.xrefs[one], int)
]

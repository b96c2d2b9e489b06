"""Reading one appended revision (读增量): the objects behind the approved octets, every octet of them accounted for.

A second reader beside pyHanko's and narrower: the objects stand end to end, each where the cross-reference says, then
the cross-reference, then nothing. Objects not written anew are the approved ones.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.rw_common import PdfHandler

from seal.errors import SealedDiffers

_HEAD = re.compile(rb"(\d{1,10}) (\d{1,5}) obj\n")
_VALUE = re.compile(rb"\A(\d{1,10} 0 obj\n<</Contents <)[0-9A-F]+>")
"""The digits of a signature, which `seal.compare_pdf` reads."""
_END = re.compile(rb"startxref\n(\d{1,10})\n%%EOF\n\Z")
_RUN = re.compile(rb"(\d{1,10}) (\d{1,6})\n")
_ROW = 20
_SAME = ("/Root", "/Info")


class Appended(PdfHandler):
    """The file as it is now: what the revision says, and behind it the approved reader."""

    def __init__(self, old: PdfFileReader, sealed: bytes, start: int) -> None:
        self.old = old
        self.objects: dict[int, Any] = {}
        end = _END.search(sealed, len(sealed) - 40)
        _demand(end is not None and start <= int(end[1]) < end.start())
        assert end is not None  # noqa: S101 - just demanded
        table = int(end[1])
        if old.has_xref_stream:
            head = _HEAD.match(sealed, table)
            last = int(head[1]) if head is not None else 0
            body = self._object(sealed[table : end.start()], last, 0)
            _demand(isinstance(body, generic.StreamObject))
            places, trailer = _stream_rows(body), body
            _demand(places.pop(last, None) == (table, 0))
        else:
            places, trailer = self._table(sealed[table : end.start()])
        self._read(sealed, start, table, places)
        self._check_trailer(trailer, max([*places, *([last] if old.has_xref_stream else [])]))

    def get_object(self, ref: generic.Reference, as_metadata_stream: bool = False) -> Any:  # noqa: FBT001, FBT002 - pyHanko's
        if ref.idnum in self.objects:
            return self.objects[ref.idnum]
        return self.old.get_object(ref, as_metadata_stream=as_metadata_stream)

    @property
    def trailer_view(self) -> generic.DictionaryObject:
        return self.old.trailer_view

    @property
    def root_ref(self) -> generic.Reference:
        return generic.Reference(self.old.root_ref.idnum, self.old.root_ref.generation, self)

    @property
    def overwritten(self) -> frozenset[int]:
        size = int(self.old.trailer["/Size"])
        return frozenset(number for number in self.objects if number < size)

    def _read(self, sealed: bytes, start: int, table: int, places: dict[int, tuple[int, int]]) -> None:
        ordered = sorted(places.items(), key=lambda item: item[1])
        ends = [*(place for _, (place, _) in ordered[1:]), table]
        _demand(bool(ordered) and ordered[0][1][0] == start)
        for (number, (place, generation)), end in zip(ordered, ends, strict=True):
            self.objects[number] = self._object(sealed[place:end], number, generation)

    def _object(self, octets: bytes, number: int, generation: int) -> Any:
        """The object these octets are, and nothing else."""
        head = _HEAD.match(octets)
        _demand(head is not None and (int(head[1]), int(head[2])) == (number, generation))
        short = _VALUE.sub(rb"\1>", octets, count=1)
        with BytesIO(short) as stream:
            stream.seek(len(b"%d %d obj\n" % (number, generation)))
            body = generic.read_object(stream, generic.Reference(number, generation, self))
            _demand(short[stream.tell() :].lstrip(b"\n") == b"endobj\n")
        return body

    def _table(self, octets: bytes) -> tuple[dict[int, tuple[int, int]], Any]:
        _demand(octets.startswith(b"xref\n"))
        at, places = 5, {}
        while (run := _RUN.match(octets, at)) is not None:
            first, count, at = int(run[1]), int(run[2]), run.end()
            _demand(at + count * _ROW <= len(octets))
            for number in range(first, first + count):
                row = octets[at : at + _ROW]
                at += _ROW
                if number == 0:
                    _demand(row == b"0000000000 65535 f \n")
                    continue
                _demand(row[10:11] == b" " and row[16:] == b" n \n" and number not in places)
                places[number] = (int(row[:10]), int(row[11:16]))
        _demand(octets[at : at + 8] == b"trailer\n")
        with BytesIO(octets) as stream:
            stream.seek(at + 8)
            trailer = generic.read_object(stream, generic.TrailerReference(self))
            _demand(octets[stream.tell() :].strip() == b"")
        return places, trailer

    def _check_trailer(self, trailer: Any, highest: int) -> None:
        """It leads to the same catalog, and to the approved cross-reference before this one."""
        old = self.old.trailer.flatten()
        for key in _SAME:
            _demand((key in trailer) == (key in old) and (key not in old or _refers(trailer, old, key)))
        _demand(trailer["/Prev"] == self.old.last_startxref and "/Encrypt" not in trailer and "/XRefStm" not in trailer)
        _demand(int(trailer["/Size"]) == max(highest + 1, int(old["/Size"])))


def _refers(new: Any, old: Any, key: str) -> bool:
    one, other = new.raw_get(key), old.raw_get(key)
    both = isinstance(one, generic.IndirectObject) and isinstance(other, generic.IndirectObject)
    return both and (one.idnum, one.generation) == (other.idnum, other.generation)


def _stream_rows(body: Any) -> dict[int, tuple[int, int]]:
    _demand(list(body["/W"]) == [1, 5, 2] and "/Filter" not in body)
    data, index = body.data, [int(one) for one in body["/Index"]]
    places: dict[int, tuple[int, int]] = {}
    at = 0
    for first, count in zip(index[::2], index[1::2], strict=True):
        for number in range(first, first + count):
            row = data[at : at + 8]
            at += 8
            _demand(len(row) == 8 and row[0] == 1 and number not in places)
            places[number] = (int.from_bytes(row[1:6], "big"), int.from_bytes(row[6:], "big"))
    _demand(at == len(data))
    return places


def _demand(holds: bool) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise SealedDiffers("the form of what was appended")

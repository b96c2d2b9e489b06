"""Reading one appended revision (读增量): the objects behind the approved octets, every octet of them accounted for.

A reader of its own beside pyHanko's, and narrower: the objects stand end to end, each where the cross-reference says,
then the cross-reference, then nothing. Objects not written anew are the approved ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyhanko.pdf_utils.reader import PdfFileReader

from seal.pdf import values
from seal.pdf.values import NotOurs, written

_HEAD = re.compile(rb"(\d{1,10}) (\d{1,5}) obj\n")
_TAIL = b"\nendobj\n"
_END = re.compile(rb"startxref\n(\d{1,10})\n%%EOF\n\Z")
_RUN = re.compile(rb"(\d{1,10}) (\d{1,6})\n")
_ROW, _STREAM_ROW = 20, 8
_FREE = b"0000000000 65535 f \n"
_OWN = frozenset(
    (b"/Size", b"/Prev", b"/ID", b"/XRefStm", b"/Type", b"/W", b"/Index", b"/Length", b"/Filter", b"/DecodeParms")
)
"""Entries of a trailer that belong to its own cross-reference; `/ID` has a half that changes."""

_Places = dict[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Object:
    """`octets` between "obj" and "endobj", and where they begin in the file."""

    generation: int
    place: int
    octets: bytes

    def entries(self) -> dict[bytes, bytes]:
        """Of an object that is a dictionary and nothing else."""
        found, end = values.dictionary(self.octets)
        if end != len(self.octets):
            raise NotOurs
        return found

    def stream(self) -> tuple[dict[bytes, bytes], bytes]:
        found, data, end = values.stream(self.octets)
        if end != len(self.octets):
            raise NotOurs
        return found, data


def read(old: PdfFileReader, sealed: bytes, start: int) -> dict[int, Object]:
    """The objects of the only revision behind `start`, by number; `NotOurs` when that is not exactly what is there."""
    end = _END.search(sealed, max(start, len(sealed) - 40))
    if end is None or not start <= int(end[1]) < end.start():
        raise NotOurs
    table = int(end[1])
    highest = 0
    if old.has_xref_stream:
        highest = _number(sealed, table)
        found = _object(sealed, table, end.start(), highest, 0)
        trailer, rows = found.stream()
        places = _stream_rows(trailer, rows)
        if places.pop(highest, None) != (table, 0):
            raise NotOurs
    else:
        places, trailer = _table(sealed[table : end.start()])
    _check_trailer(old, trailer, max([highest, *places]))
    return _objects(sealed, start, table, places)


def _objects(sealed: bytes, start: int, table: int, places: _Places) -> dict[int, Object]:
    """End to end from `start` to the cross-reference."""
    ordered = sorted(places.items(), key=lambda item: item[1])
    ends = [*(place for _, (place, _) in ordered[1:]), table]
    if not ordered or ordered[0][1][0] != start:
        raise NotOurs
    return {
        number: _object(sealed, place, end, number, generation)
        for (number, (place, generation)), end in zip(ordered, ends, strict=True)
    }


def _number(sealed: bytes, place: int) -> int:
    head = _HEAD.match(sealed, place)
    if head is None:
        raise NotOurs
    return int(head[1])


def _object(sealed: bytes, place: int, end: int, number: int, generation: int) -> Object:
    """The object these octets are, and nothing else."""
    head = b"%d %d obj\n" % (number, generation)
    begin, last = place + len(head), end - len(_TAIL)
    if not sealed.startswith(head, place) or last < begin or sealed[last:end] != _TAIL:
        raise NotOurs
    return Object(generation, begin, sealed[begin:last])


def _table(octets: bytes) -> tuple[_Places, dict[bytes, bytes]]:
    if not octets.startswith(b"xref\n"):
        raise NotOurs
    at, places = 5, _Places()
    while (run := _RUN.match(octets, at)) is not None:
        first, count, at = int(run[1]), int(run[2]), run.end()
        if at + count * _ROW > len(octets):
            raise NotOurs
        for number in range(first, first + count):
            row = octets[at : at + _ROW]
            at += _ROW
            if number == 0 and row == _FREE:
                continue
            if not (row[:10].isdigit() and row[10:11] == b" " and row[11:16].isdigit() and row[16:] == b" n \n"):
                raise NotOurs
            if number in places or number == 0:
                raise NotOurs
            places[number] = (int(row[:10]), int(row[11:16]))
    if octets[at : at + 8] != b"trailer\n":
        raise NotOurs
    trailer, at = values.dictionary(octets, at + 8)
    if octets[at:] != b"\n":
        raise NotOurs
    return places, trailer


def _stream_rows(entries: dict[bytes, bytes], data: bytes) -> _Places:
    widths = values.numbers(entries.get(b"/W", b""))
    index = [int(one) for one in values.numbers(entries.get(b"/Index", b""))]
    if widths != [1, 5, 2] or b"/Filter" in entries or len(index) % 2 or len(data) % _STREAM_ROW:
        raise NotOurs
    if sum(index[1::2]) * _STREAM_ROW != len(data):
        raise NotOurs
    places, at = _Places(), 0
    for first, count in zip(index[::2], index[1::2], strict=True):
        for number in range(first, first + count):
            row = data[at : at + _STREAM_ROW]
            at += _STREAM_ROW
            if row[0] != 1 or number in places:
                raise NotOurs
            places[number] = (int.from_bytes(row[1:6], "big"), int.from_bytes(row[6:], "big"))
    return places


def _check_trailer(reader: PdfFileReader, trailer: dict[bytes, bytes], highest: int) -> None:
    """It leads to the same catalog, and to the approved cross-reference before this one; all else is as it was."""
    old = reader.trailer.flatten()
    before = {key.encode(): written(old.raw_get(key)) for key in old if key.encode() not in _OWN}
    if before != {key: value for key, value in trailer.items() if key not in _OWN}:
        raise NotOurs
    size = max(highest + 1, int(old["/Size"]))
    last = int(reader.last_startxref or 0)
    if (trailer.get(b"/Prev"), trailer.get(b"/Size")) != (b"%d" % last, b"%d" % size) or b"/XRefStm" in trailer:
        raise NotOurs

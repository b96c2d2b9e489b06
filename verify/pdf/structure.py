"""Which signatures a PDF has (签名域枚举): fields of every revision, found by us. ISO 32000-2 12.7.5.5, 12.8.

pyHanko reads the objects; it must not list the signatures, for it skips what it does not know (facts: sealing 2.4).
Everything foreign code may raise over a hostile file is turned into `Damaged` in one place, `reading`.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pyhanko.pdf_utils.decode_limits import (
    DEFAULT_PURPOSE_LIMITS,
    DecodeLimits,
    DecodePurpose,
    DocumentDecodeBudget,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.reader import PdfFileReader

from verify.pdf.plain_objects import read_plain
from verify.pdf.ranges import MOST_SIGNATURES, shortened
from verify.pdf.resolver import Shown

MOST_REVISIONS = 64
MOST_FIELDS = 4000
MOST_DEPTH = 24
MOST_READS = 400_000
SECONDS = 3.0
_MIB = 1024 * 1024


class PdfTrouble(Exception):  # noqa: N818 - caught inside `verify.pdf`, becomes a finding
    """The file cannot be read as a PDF. `limit` when it is not broken but abnormal beyond our bounds."""

    def __init__(self, why: str, *, limit: bool = False) -> None:
        super().__init__(why)
        self.limit = limit


_LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=64 * _MIB),
    per_purpose={
        **DEFAULT_PURPOSE_LIMITS,
        # 200,000 entries; each costs microseconds, and nothing looks at the clock between them
        DecodePurpose.XREF_STREAM: StreamDecodeLimits(max_output_size=_MIB),
        DecodePurpose.OBJECT_STREAM: StreamDecodeLimits(max_ratio=100, ratio_floor=_MIB, max_output_size=16 * _MIB),
    },
    document_budget=DocumentDecodeBudget(base_allowance=128 * _MIB, max_ratio=20),
)


class _Watched(io.BytesIO):
    """Looks at the clock whenever the parser jumps: between cross-reference sections nothing else of ours is called.

    `skips` leads over long comments, which the parser would read octet by octet (`ranges.shortened`); only once the
    trailer is read, for that is read backwards.
    """

    def __init__(self, data: bytes, deadline: float) -> None:
        super().__init__(data)
        self.deadline = deadline
        self.skips: dict[int, int] = {}

    def seek(self, offset: int, whence: int = 0, /) -> int:
        place = super().seek(offset, whence)
        jumps = whence == 1 and place in self.skips
        if (whence == 0 or jumps) and time.monotonic() > self.deadline:
            raise PdfTrouble("too much work", limit=True)
        return super().seek(self.skips[place]) if jumps else place


class BoundedReader(PdfFileReader):
    """A reader that stops: decoded octets, object reads and seconds are all counted (T36)."""

    def __init__(self, data: bytes, seconds: float = SECONDS) -> None:
        self._reads = 0
        view, skips = shortened(data)
        self._left = seconds
        self._watched = _Watched(view, time.monotonic() + seconds)
        self._view, self._plain = view, False
        self._shown: dict[int, Shown] = {}
        super().__init__(self._watched, strict=True, decode_limits=_LIMITS)
        self._watched.skips = skips
        self._plain = not self.encrypted
        self._left = self._watched.deadline - time.monotonic()

    @property
    def late(self) -> bool:
        return time.monotonic() > self._watched.deadline

    @contextmanager
    def working(self) -> Iterator[None]:
        """Only time spent reading counts: hashing a large file in between is no sign of a hostile one."""
        self._watched.deadline = time.monotonic() + self._left
        try:
            yield
        finally:
            self._left = self._watched.deadline - time.monotonic()

    def get_object(self, *args: Any, **named: Any) -> Any:
        self._reads += 1
        if self._reads > MOST_READS or (self._reads % 64 == 0 and self.late):
            raise PdfTrouble("too much work", limit=True)
        return super().get_object(*args, **named)

    def get_historical_resolver(self, revision: int) -> Shown:
        if revision not in self._shown:
            self._shown[revision] = Shown(self, revision)
        return self._shown[revision]

    def _read_object(self, ref: Any, marker: Any, *args: Any, **named: Any) -> Any:
        """PyHanko's one place of reading an object from its octets; most are spelled plainly."""
        if self._plain and type(marker) is int and not named.get("as_metadata_stream"):
            if self.late:
                raise PdfTrouble("too much work", limit=True)
            found = read_plain(self._view, marker, ref, self)
            if found is not None:
                return found
        return super()._read_object(ref, marker, *args, **named)


@contextmanager
def reading() -> Iterator[None]:
    """The one guarded place: pyHanko raises nearly anything over a hostile file (facts: sealing 2.4, last row)."""
    try:
        yield
    except PdfTrouble:
        raise
    except (RecursionError, MemoryError) as error:
        raise PdfTrouble(type(error).__name__, limit=True) from error
    except Exception as error:
        raise PdfTrouble(f"{type(error).__name__}: {error}"[:200]) from error


def at(dictionary: Any, key: str, default: Any = None) -> Any:
    """The value of `key`, followed when it is a reference (a plain `get` would hand over the reference itself)."""
    if key in dictionary:
        return dictionary[key]
    return default


@dataclass(frozen=True, slots=True)
class Signature:
    """One filled signature field, as some revision shows it."""

    field: str
    filter: str
    subfilter: str
    byte_range: tuple[int, ...]
    contents: bytes
    """As `ranges.shortened` shows them: the marker of a hole, or the octets themselves where there is none."""
    claimed: str | None
    """/M, uninterpreted."""
    doc_mdp: int | None
    field_mdp: Any


@dataclass(slots=True)
class Structure:
    """`fields[r]`: names of signature fields in revision r → whether they are filled."""

    reader: BoundedReader
    signatures: dict[tuple[str, tuple[int, ...]], Signature] = field(default_factory=dict)
    fields: list[dict[str, bool]] = field(default_factory=list)

    @property
    def revisions(self) -> int:
        return int(self.reader.xrefs.total_revisions)

    def shown(self, revision: int) -> Any:
        """The file as of `revision`; None for the hind part of a linearised file, which is no revision of its own."""
        if "/Root" not in self.reader.trailer.flatten(revision):
            return None
        return self.reader if revision == self.revisions - 1 else self.reader.get_historical_resolver(revision)

    def startxref(self, revision: int) -> int:
        return int(self.reader.xrefs.get_startxref_for_revision(revision))

    def sections_end(self, revision: int) -> int:
        """Where the last cross-reference octet of revisions up to `revision` lies."""
        infos = (self.reader.xrefs.get_xref_container_info(r) for r in range(revision + 1))
        return max(int(info.end_location) for info in infos)

    def revision_of(self, startxref: int) -> int | None:
        """The revision whose cross-reference section stands at `startxref`."""
        found = [r for r in range(self.revisions) if self.startxref(r) == startxref]
        return found[-1] if found else None


def read_structure(data: bytes) -> Structure:
    """Open the file and list its signature fields; raises `PdfTrouble`."""
    with reading():
        structure = Structure(BoundedReader(data))
        with structure.reader.working():
            _look_over(structure)
        return structure


def _look_over(structure: Structure) -> None:
    if structure.reader.encrypted:
        raise PdfTrouble("encrypted")
    if structure.revisions > MOST_REVISIONS:
        raise PdfTrouble("too many revisions", limit=True)
    for revision in range(structure.revisions):
        handler = structure.shown(revision)
        structure.fields.append(_fields(handler, structure.signatures) if handler is not None else {})


def _fields(handler: Any, signatures: dict[tuple[str, tuple[int, ...]], Signature]) -> dict[str, bool]:
    found: dict[str, bool] = {}
    form = at(handler.root, "/AcroForm")
    if form is None:
        return found
    waiting = [(item.get_object(), "", None, 0) for item in at(form, "/Fields", [])]
    visited = 0
    while waiting:
        node, parent, kind, depth = waiting.pop()
        visited += 1
        if visited > MOST_FIELDS or depth > MOST_DEPTH:
            raise PdfTrouble("too many form fields", limit=True)
        own = str(node["/T"]) if "/T" in node else ""
        name = f"{parent}.{own}" if parent and own else parent or own
        kind = at(node, "/FT", kind)
        kids = [kid.get_object() for kid in at(node, "/Kids", [])]
        waiting += [(kid, name, kind, depth + 1) for kid in kids if "/T" in kid or "/FT" in kid or "/Kids" in kid]
        value = at(node, "/V")
        signed = isinstance(value, dict) and "/ByteRange" in value
        if kind != "/Sig" and not signed:
            continue
        found[name] = value is not None
        if value is not None:
            _collect(name, value, signatures)
    return found


def _collect(name: str, value: Any, signatures: dict[tuple[str, tuple[int, ...]], Signature]) -> None:
    numbers = tuple(int(number) for number in at(value, "/ByteRange", []))
    key = (name, numbers)
    if key in signatures:
        return
    if len(signatures) >= MOST_SIGNATURES:
        raise PdfTrouble("too many signatures", limit=True)
    contents = at(value, "/Contents", b"")
    octets = contents.original_bytes if hasattr(contents, "original_bytes") else bytes(contents)
    signatures[key] = Signature(
        field=name,
        filter=str(at(value, "/Filter", "")),
        subfilter=str(at(value, "/SubFilter", "")),
        byte_range=numbers,
        contents=octets,
        claimed=str(value["/M"]) if "/M" in value else None,
        doc_mdp=_doc_mdp(value),
        field_mdp=_reference(value, "/FieldMDP"),
    )


def _doc_mdp(value: Any) -> int | None:
    parameters = _reference(value, "/DocMDP")
    return int(at(parameters, "/P", 2)) if parameters is not None else None


def _reference(value: Any, method: str) -> Any:
    for item in at(value, "/Reference", []):
        reference = item.get_object()
        if at(reference, "/TransformMethod") == method:
            return at(reference, "/TransformParams", {})
    return None

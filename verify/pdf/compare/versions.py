"""Objects as each revision shows them (历史版本). An object not rewritten since is read once and shared."""

from __future__ import annotations

from typing import Any

from pyhanko.pdf_utils import generic

from verify.pdf.structure import PdfTrouble, Structure

MOST_NODES = 3_000_000
_NULL = generic.NullObject()
Key = tuple[int, int]


def key_of(value: Any) -> Key | None:
    return (value.idnum, value.generation) if isinstance(value, generic.IndirectObject) else None


def raw(holder: Any, key: str) -> Any:
    """The entry itself, a reference when it is one; null when there is none."""
    return holder.raw_get(key) if isinstance(holder, generic.DictionaryObject) and key in holder else _NULL


def is_null(value: Any) -> bool:
    return value is None or isinstance(value, generic.NullObject)


class Versions:
    """All revisions of one file."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self._xrefs: Any = structure.reader.xrefs
        self._known: dict[tuple[Key, Any], Any] = {}
        self._shown: dict[tuple[Key, int], Any] = {}
        self._nodes = 0

    def spend(self) -> None:
        """Called for every value compared; shared work is done once, but a file can still be built to explode."""
        self._nodes += 1
        late = self._nodes % 1024 == 0 and self.structure.reader.late
        if self._nodes > MOST_NODES or late:
            raise PdfTrouble("too much work", limit=True)

    def get(self, value: Any, revision: int) -> Any:
        """`value`, followed as `revision` would follow it. What does not exist there is null."""
        for _ in range(8):
            key = key_of(value)
            if key is None:
                return value
            value = self._read(key, revision)
        raise PdfTrouble("references in a circle")

    def entry(self, holder: Any, key: str, revision: int) -> Any:
        return self.get(raw(holder, key), revision)

    def root(self, revision: int) -> Any:
        return self.entry(self.trailer(revision), "/Root", revision)

    def trailer(self, revision: int) -> Any:
        return self.structure.reader.trailer.flatten(revision)

    def replaced_streams(self, before: int, after: int) -> bool:
        """An object stream of an earlier revision was written anew: its objects changed without being named."""
        used = {number for r in range(before + 1) for number in self._xrefs.get_xref_data(r).obj_streams_used}
        return any(ref.idnum in used for ref in self._xrefs.explicit_refs_in_revision(after))

    def _read(self, key: Key, revision: int) -> Any:
        asked = (key, revision)
        if asked not in self._shown:
            self._shown[asked] = self._sought(key, revision)
        return self._shown[asked]

    def _sought(self, key: Key, revision: int) -> Any:
        reference = generic.Reference(*key, pdf=self.structure.reader)
        place = self._xrefs.get_historical_ref(reference, revision)
        if place is None:
            return _NULL
        known = (key, place)
        if known not in self._known:
            newest = self._xrefs[reference] == place  # the reader keeps only these
            self._known[known] = self.structure.reader.get_object(reference, None if newest else revision)
        return self._known[known]

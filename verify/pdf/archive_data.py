"""The document security store as the verifier sees it (文档安全存储), in every revision: ISO 32000-2 12.8.4.3."""

from __future__ import annotations

from typing import Any

from verify.pdf.structure import PdfTrouble, Structure, at, reading
from verify.times.evidence import MOST_ITEMS
from verify.times.items import Item, Sort

_ARRAYS = {"/Certs": Sort.CERTIFICATE, "/CRLs": Sort.LIST, "/OCSPs": Sort.ANSWER}


def archive_items(structure: Structure | None) -> tuple[Item, ...]:
    """Each stream with the end of the first revision that shows it. A broken store is an empty one."""
    if structure is None:
        return ()
    found: dict[tuple[Sort, bytes], Item] = {}
    try:
        with reading(), structure.reader.working():
            before: Any = None
            for revision in range(structure.revisions):
                handler = structure.shown(revision)
                store = at(handler.root, "/DSS") if handler is not None else None
                if store is None or store == before:
                    continue
                before = store
                _collect(store, structure.sections_end(revision), found)
    except PdfTrouble:
        return tuple(found.values())
    return tuple(found.values())


def _collect(store: Any, end: int, found: dict[tuple[Sort, bytes], Item]) -> None:
    for name, sort in _ARRAYS.items():
        for one in list(at(store, name, []))[:MOST_ITEMS]:
            octets = one.get_object().data
            if len(found) < MOST_ITEMS:
                found.setdefault((sort, octets), Item(sort, octets, end))

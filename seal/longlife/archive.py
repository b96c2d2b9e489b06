"""The document security store (文档安全存储, DSS), ISO 32000-2 12.8.4.3: certificates, lists and answers beside a seal.

Added to, never taken from: what an earlier extension put there stays where it is, and the same octets stand once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from seal.pdf.pages import entry, items

MOST_STREAMS = 2000
KINDS = {"/Certs": "/Cert", "/CRLs": "/CRL", "/OCSPs": "/OCSP"}
"""Array of the store → array of a VRI entry."""


@dataclass(frozen=True, slots=True)
class Material:
    """What vouches for one signature or time stamp."""

    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    answers: tuple[bytes, ...] = ()

    def of(self, kind: str) -> tuple[bytes, ...]:
        return {"/Certs": self.certificates, "/CRLs": self.crls, "/OCSPs": self.answers}[kind]


def joined(parts: Iterable[Material]) -> Material:
    """Each octet string once, in order."""
    known = tuple(parts)
    return Material(
        tuple(dict.fromkeys(item for part in known for item in part.certificates)),
        tuple(dict.fromkeys(item for part in known for item in part.crls)),
        tuple(dict.fromkeys(item for part in known for item in part.answers)),
    )


@dataclass(slots=True)
class Store:
    """The store of a file: octets → reference, by array."""

    dictionary: Any
    streams: dict[str, dict[bytes, Any]] = field(default_factory=dict)

    @property
    def material(self) -> Material:
        return Material(*(tuple(self.streams[kind]) for kind in KINDS))


def read(root: Any) -> Store:
    """What the catalogue `root` names; may raise anything over a damaged file, call it inside `reading()`."""
    dictionary = entry(root, "/DSS")
    found = Store(dictionary)
    for kind in KINDS:
        array = entry(dictionary, kind, []) if dictionary is not None else []
        if len(array) > MOST_STREAMS:
            raise ValueError("too many streams in the DSS")
        raw = [array.raw_get(at) for at in range(len(array))] if isinstance(array, generic.ArrayObject) else []
        found.streams[kind] = {stream.data: one for one, stream in zip(raw, items(array), strict=True)}
    return found


def vri_key(contents: bytes) -> str:
    """SHA-1 of /Contents as it stands, the zeros of the reserved place too (EN 319 142-1 5.4.2.3)."""
    return "/" + hashlib.sha1(contents, usedforsecurity=False).hexdigest().upper()


def add(writer: IncrementalPdfFileWriter, material: Material, by_signature: Sequence[tuple[bytes, Material]]) -> bool:
    """Put `material` into the store of the file and index it per signature; False when all of it was there."""
    store = read(writer.root)
    fresh = any(item not in store.streams[kind] for kind in KINDS for item in material.of(kind))
    known = entry(store.dictionary, "/VRI") if store.dictionary is not None else None
    keys = [vri_key(contents) for contents, _ in by_signature]
    if not fresh and known is not None and all(key in known for key in keys):
        return False
    new = generic.DictionaryObject({pdf_name("/Type"): pdf_name("/DSS")})
    for kind in KINDS:
        for item in material.of(kind):
            if item not in store.streams[kind]:
                stream = generic.StreamObject(stream_data=item)
                stream.compress()
                store.streams[kind][item] = writer.add_object(stream)
        if store.streams[kind]:
            new[pdf_name(kind)] = generic.ArrayObject(list(store.streams[kind].values()))
    vri = generic.DictionaryObject({pdf_name(key): known.raw_get(key) for key in known} if known is not None else {})
    for key, (_, part) in zip(keys, by_signature, strict=True):
        if key not in vri:  # later data stands in the store alone: an entry that changed would be a change of the file
            vri[pdf_name(key)] = writer.add_object(_index(store, part))
    if vri:
        new[pdf_name("/VRI")] = vri
    writer.root[pdf_name("/DSS")] = writer.add_object(new)
    writer.update_root()
    return True


def _index(store: Store, part: Material) -> generic.DictionaryObject:
    found = generic.DictionaryObject({pdf_name("/Type"): pdf_name("/VRI")})
    for kind, short in KINDS.items():
        if part.of(kind):
            found[pdf_name(short)] = generic.ArrayObject([store.streams[kind][item] for item in part.of(kind)])
    return found

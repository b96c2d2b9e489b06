"""One signature as one incremental revision of a PDF (增量签名), through pyHanko's `PdfCMSEmbedder`.

The approved bytes stay the beginning of the file. The CMS comes from our own writer: `prepare` gives the digest of the
byte ranges, `fill` puts the finished structure into its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import IO, Any, cast

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
    append_signature_field,
)
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest, SignatureObject

from hsm.digests import Digest
from seal.pdf import direct
from seal.pdf.octets import FileOctets, Octets
from seal.pdf.prepared import CmsTooLargeError, Hole
from seal.pdf.showing import Shows, Visible
from seal.pdf.writer import Writer
from seal.pdf_forms import PdfForm

EVERYTHING = FieldMDPSpec(FieldMDPAction.ALL)


__all__ = ["Closing", "CmsTooLargeError", "Prepared", "Revision", "Visible", "prepare"]


class Closing(Enum):
    """What may follow this signature."""

    CERTIFY_FINAL = "certify-final"
    """First and only one: certified, no changes (DocMDP P=1)."""
    CERTIFY_ONE_MORE = "certify-one-more"
    """First of two: certified at P=2, a second prepared field waits and will lock (facts: sealing 2.6)."""
    CERTIFY_FILL = "certify-fill"
    """First: forms may be filled in and existing fields signed (P=2)."""
    CERTIFY_ANNOTATE = "certify-annotate"
    """First: comments too (P=3)."""
    LOCK = "lock"
    """A later signature that locks all fields and the document (FieldMDP all, P=1)."""
    OPEN = "open"
    """An approval signature; others may follow."""


@dataclass(frozen=True, slots=True)
class Revision:
    """What one signature dictionary says."""

    field: str
    label: str
    """For people and screen readers (/TU)."""
    digest: Digest
    closing: Closing
    time: datetime
    name: str
    reason: str | None
    reserved: int
    """Octets kept for the structure in /Contents."""
    form: PdfForm = PdfForm.PADES
    lock: tuple[str, ...] = ()
    """Names of fields to lock, when `closing` does not lock everything."""
    visible: Visible | None = None
    shows: Shows | None = None
    """Marks beyond `visible`, a slice, a field that exists: all of them here, and `visible` stays None."""
    waiting_field: str | None = None
    """A second, empty field to create in the same revision; it locks when this is `CERTIFY_ONE_MORE`."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file with a hole: `digest` covers all of it but the hole."""

    digest: bytes
    byte_range: tuple[int, int, int, int]
    _reserved: int
    _hole: Hole | _Embedded

    @property
    def covered(self) -> bytes:
        """Every octet but the hole; the signer reads them where the order was approved."""
        return self._hole.covered()

    def fill_in_memory(self, cms: bytes) -> bytes:
        """`fill` for a writer that does not append to a file."""
        filled = self.fill(cms)
        assert isinstance(filled, bytes)  # noqa: S101 - said above
        return filled

    def fill(self, cms: bytes) -> Octets:
        if len(cms) > self._reserved:
            raise CmsTooLargeError(len(cms), self._reserved)
        return self._hole.fill(cms)


@dataclass(frozen=True, slots=True)
class _Embedded:
    """The hole in what pyHanko wrote."""

    _prepared: PreparedByteRangeDigest
    _output: IO[bytes]
    byte_range: tuple[int, int, int, int]
    _file: Path | None = None

    def covered(self) -> bytes:
        self._output.seek(0)
        first = self._output.read(self.byte_range[1])
        self._output.seek(self.byte_range[2])
        return first + self._output.read()

    def fill(self, cms: bytes) -> Octets:
        self._prepared.fill_with_cms(self._output, cms)
        if self._file is not None:
            self._output.close()
            return FileOctets.of(self._file)
        self._output.seek(0)
        return self._output.read()


def prepare(writer: IncrementalPdfFileWriter, revision: Revision) -> Prepared:
    """Write the revision with a placeholder for the signature and hash what it will cover."""
    level = _LEVELS.get(revision.closing)
    if isinstance(writer, Writer) and revision.closing in _LEVELS and direct.suits(writer, revision, level):
        return _directly(writer, revision, level)
    shows = revision.shows
    existing = shows is not None and shows.existing
    embedder = PdfCMSEmbedder(None if existing else _new_field(revision))
    coroutine = embedder.write_cms(revision.field, writer, existing_fields_only=existing)
    reference = next(coroutine)
    if revision.visible is not None:
        _show(writer, reference.get_object(), revision.visible)
    if shows is not None:
        shows.put(writer, reference)
    if revision.waiting_field:
        locks = revision.closing is Closing.CERTIFY_ONE_MORE
        append_signature_field(
            writer,
            SigFieldSpec(
                revision.waiting_field,
                readable_field_name=revision.label,
                field_mdp_spec=EVERYTHING if locks else None,
                doc_mdp_update_value=MDPPerm.NO_CHANGES if locks else None,
            ),
        )
    value = coroutine.send(
        SigObjSetup(sig_placeholder=_dictionary(revision), mdp_setup=_mdp(revision, reference.get_object()))
    )
    if shows is not None:
        shows.value(reference, value)
    in_place = isinstance(writer, Writer) and writer.in_place
    prepared, output = coroutine.send(SigIOSetup(md_algorithm=revision.digest.value, in_place=in_place))
    begin, end = prepared.reserved_region_start, prepared.reserved_region_end
    byte_range = (0, begin, end, output.seek(0, 2) - end)
    file = Path(output.name) if in_place else None
    hole = _Embedded(prepared, output, byte_range, file)
    return Prepared(prepared.document_digest, byte_range, revision.reserved, hole)


_LEVELS = {
    Closing.OPEN: None,
    Closing.CERTIFY_FINAL: 1,
    Closing.CERTIFY_FILL: 2,
    Closing.CERTIFY_ANNOTATE: 3,
}


def _directly(writer: Writer, revision: Revision, level: int | None) -> Prepared:
    number = revision.visible.page if revision.visible is not None else 1
    page = writer.prev.find_page_for_modification(number - 1)[0].reference
    hole = direct.write(writer, revision, _dictionary(revision), level, page)
    running = revision.digest.stream()
    with memoryview(hole.octets) as octets:
        running.update(octets[: hole.begin])
        running.update(octets[hole.end :])
    byte_range = (0, hole.begin, hole.end, len(hole.octets) - hole.end)
    return Prepared(running.finalize(), byte_range, revision.reserved, hole)


def _new_field(revision: Revision) -> SigFieldSpec:
    several = revision.shows is not None and bool(revision.shows.widgets)
    visible = revision.shows.widgets[0] if revision.shows is not None and several else revision.visible
    locks = revision.closing is Closing.LOCK
    return SigFieldSpec(
        revision.field,
        on_page=visible.page - 1 if visible else 0,
        # pyHanko says int and rounds to two decimals
        box=cast("tuple[int, int, int, int]", visible.rectangle) if visible else None,
        readable_field_name=revision.label,
        field_mdp_spec=EVERYTHING if locks else None,
        doc_mdp_update_value=MDPPerm.NO_CHANGES if locks else None,
        combine_annotation=not several,
    )


def _show(writer: IncrementalPdfFileWriter, field: Any, visible: Visible) -> None:
    stream = writer.add_object(visible.appearance.xobject(visible.rotation))
    field[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): stream})
    writer.update_container(field)


def _dictionary(revision: Revision) -> SignatureObject:
    made = SignatureObject(
        timestamp=revision.time,
        subfilter=SigSeedSubFilter.PADES,
        name=revision.name,
        reason=revision.reason,
        bytes_reserved=2 * revision.reserved,
    )
    made[pdf_name("/Filter")] = pdf_name(revision.form.filter)
    made[pdf_name("/SubFilter")] = pdf_name(revision.form.subfilter)
    return made


_SETUPS: dict[Closing, Callable[[str], SigMDPSetup | None]] = {
    Closing.CERTIFY_FILL: lambda md: SigMDPSetup(md, certify=True, docmdp_perms=MDPPerm.FILL_FORMS),
    Closing.CERTIFY_ANNOTATE: lambda md: SigMDPSetup(md, certify=True, docmdp_perms=MDPPerm.ANNOTATE),
    Closing.CERTIFY_FINAL: lambda md: SigMDPSetup(md, certify=True, docmdp_perms=MDPPerm.NO_CHANGES),
    Closing.CERTIFY_ONE_MORE: lambda md: SigMDPSetup(md, certify=True, docmdp_perms=MDPPerm.FILL_FORMS),
    Closing.LOCK: lambda md: SigMDPSetup(md, field_lock=EVERYTHING, docmdp_perms=MDPPerm.NO_CHANGES),
    Closing.OPEN: lambda _: None,
}


def _mdp(revision: Revision, field: Any) -> SigMDPSetup | None:
    """A lock somebody prepared in an existing field is carried out (ISO 32000-2 12.7.5.5), unless ours locks more."""
    setup = _SETUPS[revision.closing](revision.digest.value)
    if revision.lock:
        named = FieldMDPSpec(FieldMDPAction.INCLUDE, list(revision.lock))
        setup = replace(setup or SigMDPSetup(revision.digest.value), field_lock=named)
    if revision.shows is None or not revision.shows.existing or "/Lock" not in field:
        return setup
    lock = field["/Lock"]
    prepared = FieldMDPSpec.from_pdf_object(lock)
    if setup is None:
        level = MDPPerm(int(lock["/P"])) if "/P" in lock else None
        return SigMDPSetup(revision.digest.value, field_lock=prepared, docmdp_perms=level)
    return setup if setup.field_lock is not None else replace(setup, field_lock=prepared)

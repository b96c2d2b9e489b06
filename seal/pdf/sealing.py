"""Sealing one inspected PDF (PDF 用章): which revisions, which locks, and what is in each."""

from __future__ import annotations

from dataclasses import dataclass

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from foundation.clock import SHANGHAI
from hsm.digests import sha256
from seal.held import Held
from seal.models import SealOrder, SealRow
from seal.orders import PdfOrder
from seal.pdf import contents
from seal.pdf.appearance import Appearance
from seal.pdf.document import Inspected
from seal.pdf.octets import Octets
from seal.pdf.revision import Closing, Revision, prepare
from seal.pdf.showing import Shows, Visible
from seal.pdf.writer import Writer, open_writer, open_writer_on
from seal.pdf_forms import Certification
from seal.places import InField, Places, Riding, Way, listed
from seal.placing import Mark
from seal.room import SealRoom


@dataclass(frozen=True, slots=True)
class Work:
    """Everything a sealing needs to know; `look` is the seal as it shows in this order."""

    room: SealRoom
    held: Held
    row: SealRow
    order: PdfOrder
    inspected: Inspected
    marks: tuple[Mark, ...]
    look: Appearance

    @property
    def layout(self) -> Layout:
        return Layout(self.order, self.inspected, self.marks, self.look, self.row.name, self.row.department_name)


@dataclass(frozen=True, slots=True)
class Layout:
    """All that shows: with the order's row it fixes every octet of a revision but the signature's value."""

    order: PdfOrder
    inspected: Inspected
    marks: tuple[Mark, ...]
    look: Appearance
    label: str
    signer: str


def revision_of(layout: Layout, index: int, record: SealOrder, reserved: int) -> Revision:
    """The revision of one suite of the order; the first shows the seal, wherever it was ordered."""
    order, inspected = layout.order, layout.inspected
    names = field_names(order, inspected)
    suite, first, last = order.suites[index], index == 0, index == len(order.suites) - 1
    shown = tuple(visible(mark, layout.look, inspected) for mark in layout.marks) if first else ()
    shows = shows_of(order, inspected, shown) if first else None
    closing = closing_of(order, inspected, index)
    return Revision(
        field=names[index],
        label=layout.label,
        digest=suite.digest,
        closing=closing,
        time=record.signing_time.astimezone(SHANGHAI),
        name=layout.signer,
        reason=order.reason,
        reserved=reserved,
        form=contents.form_of(order, suite),
        lock=order.lock if last else (),
        visible=shown[0] if first and shows is None else None,
        shows=shows,
        waiting_field=names[1] if first and not last and certifies(closing) else None,
    )


def name_revision(writer: IncrementalPdfFileWriter, record: SealOrder, index: int) -> None:
    """The same order prepared twice gives the same octets: the signer compares its own with ours."""
    if isinstance(writer, Writer):
        writer.name_after(sha256(record.id.bytes + bytes([index])))


def seal_document(work: Work, writer: IncrementalPdfFileWriter, record: SealOrder) -> Octets:
    """One revision per suite."""
    order, layout = work.order, work.layout
    sealed: Octets = b""
    for index, suite in enumerate(order.suites):
        name_revision(writer, record, index)
        reserved = contents.most(work.room, work.held, order, suite)
        prepared = prepare(writer, revision_of(layout, index, record, reserved))
        sealed = prepared.fill(contents.make(work.room, work.held, order, suite, prepared, record))
        if index < len(order.suites) - 1:
            writer = open_writer(sealed) if isinstance(sealed, bytes) else open_writer_on(sealed.path)
    return sealed


_CERTIFIES = {
    Certification.FILL_AND_SIGN: Closing.CERTIFY_FILL,
    Certification.ANNOTATE: Closing.CERTIFY_ANNOTATE,
}


def certifies(closing: Closing) -> bool:
    """A certified file takes no new field, so the second signature's is made with the first."""
    return closing is Closing.CERTIFY_ONE_MORE or closing in _CERTIFIES.values()


def closing_of(order: PdfOrder, inspected: Inspected, index: int) -> Closing:
    """Certify when first, lock when later; leave open when the order says so."""
    last = index == len(order.suites) - 1
    if order.certify in _CERTIFIES:
        return _CERTIFIES[order.certify] if index == 0 else Closing.OPEN
    if not order.closing and order.certify is None:
        return Closing.OPEN
    if inspected.signed or index > 0:
        return Closing.LOCK if last else Closing.OPEN
    return Closing.CERTIFY_FINAL if last else Closing.CERTIFY_ONE_MORE


def visible(mark: Mark, look: Appearance, inspected: Inspected) -> Visible:
    """The mark in the page's own points."""
    page = inspected.page(mark.page)
    middle = mark.left + mark.part_left + mark.part_width / 2
    rectangle = page.rectangle(middle, mark.top + look.height / 2, mark.part_width, look.height)
    part = None if mark.part_width == look.width else (mark.part_left, mark.part_width)
    return Visible(mark.page, rectangle, page.rotation, look.inked(inspected.ink), part)


def drawn(order: PdfOrder) -> bool:
    """Whether the seal is drawn into the pages."""
    return any(isinstance(place, Riding) and place.way is Way.CONTENT for place in listed(order.place))


def existing_field(places: Places) -> str | None:
    first = listed(places)[0] if listed(places) else None
    return first.name if isinstance(first, InField) else None


def shows_of(order: PdfOrder, inspected: Inspected, shown: tuple[Visible, ...]) -> Shows | None:
    """None for one whole seal at one point, which is a plain field with its own widget."""
    if existing_field(order.place) is not None:
        return Shows(inspected.references, shown, existing=True)
    if drawn(order):
        return Shows(inspected.references, drawn=shown)
    if len(shown) > 1 or shown[0].part is not None:
        return Shows(inspected.references, shown)
    return None


def field_names(order: PdfOrder, inspected: Inspected) -> list[str]:
    """New names of our own, after the existing field if the seal goes into one."""
    existing = existing_field(order.place)
    names = [existing] if existing is not None else []
    number = 1
    while len(names) < len(order.suites):
        if f"Seal{number}" not in inspected.field_names:
            names.append(f"Seal{number}")
        number += 1
    return names

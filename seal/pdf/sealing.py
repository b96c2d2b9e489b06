"""Sealing one inspected PDF (PDF 用章): which revisions, which locks, and the CMS of each. PAdES B-T."""

from __future__ import annotations

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from ca import timestamps
from ca.suites import Suite
from foundation.clock import SHANGHAI
from hsm.keys import Purpose
from hsm.signing import ToBeSigned
from seal.held import Held, key_name
from seal.models import SealOrder, SealRow
from seal.orders import PdfOrder
from seal.pdf.document import Inspected
from seal.pdf.revision import Closing, Revision, prepare
from seal.pdf.showing import Shows, Visible
from seal.pdf.writer import open_writer
from seal.places import InField, Places, Riding, Way, listed
from seal.placing import Mark
from seal.room import SealRoom

_TOKEN_ROOM = {Suite.SM2: 1000, Suite.RSA: 1350}
"""Octets of a time stamp beside its two certificates, which are about as long as the issuing CA's.

Reserved room is dear: every later reader of the file goes through its hexadecimal digits (facts: sealing 3.5).
"""


def seal_document(
    room: SealRoom,
    held: Held,
    row: SealRow,
    order: PdfOrder,
    inspected: Inspected,
    writer: IncrementalPdfFileWriter,
    marks: tuple[Mark, ...],
    record: SealOrder,
) -> bytes:
    """One revision per suite; the first shows the seal, wherever it was ordered."""
    names = _field_names(order, inspected)
    shown = tuple(visible(mark, held, inspected) for mark in marks)
    shows = _shows(order, inspected, shown)
    sealed = b""
    for index, suite in enumerate(order.suites):
        closing = _closing(order, inspected, index)
        template = held.templates[suite]
        prepared = prepare(
            writer,
            Revision(
                field=names[index],
                label=row.name,
                digest=suite.digest,
                closing=closing,
                time=record.signing_time.astimezone(SHANGHAI),
                name=row.department_name,
                reason=order.reason,
                reserved=template.size_with(_TOKEN_ROOM[suite] + 2 * template.chain_size),
                visible=shown[0] if index == 0 and shows is None else None,
                shows=shows if index == 0 else None,
                waiting_field=names[1] if closing is Closing.CERTIFY_ONE_MORE else None,
            ),
        )
        sealed = prepared.fill(_cms(room, held, suite, prepared.digest, record))
        if index + 1 < len(order.suites):
            writer = open_writer(sealed)
    return sealed


def _closing(order: PdfOrder, inspected: Inspected, index: int) -> Closing:
    """Certify when first, lock when later; leave open when the order says so."""
    last = index == len(order.suites) - 1
    if not order.closing:
        return Closing.OPEN
    if inspected.signed or index > 0:
        return Closing.LOCK if last else Closing.OPEN
    return Closing.CERTIFY_FINAL if last else Closing.CERTIFY_ONE_MORE


def visible(mark: Mark, held: Held, inspected: Inspected) -> Visible:
    """The mark in the page's own points."""
    page, look = inspected.page(mark.page), held.appearance
    middle = mark.left + mark.part_left + mark.part_width / 2
    rectangle = page.rectangle(middle, mark.top + look.height / 2, mark.part_width, look.height)
    part = None if mark.part_width == look.width else (mark.part_left, mark.part_width)
    return Visible(mark.page, rectangle, page.rotation, look, part)


def drawn(order: PdfOrder) -> bool:
    """Whether the seal is drawn into the pages."""
    return any(isinstance(place, Riding) and place.way is Way.CONTENT for place in listed(order.place))


def existing_field(places: Places) -> str | None:
    first = listed(places)[0] if listed(places) else None
    return first.name if isinstance(first, InField) else None


def _shows(order: PdfOrder, inspected: Inspected, shown: tuple[Visible, ...]) -> Shows | None:
    """None for one whole seal at one point, which is a plain field with its own widget."""
    if existing_field(order.place) is not None:
        return Shows(inspected.references, shown, existing=True)
    if drawn(order):
        return Shows(inspected.references, drawn=shown)
    if len(shown) > 1 or shown[0].part is not None:
        return Shows(inspected.references, shown)
    return None


def _field_names(order: PdfOrder, inspected: Inspected) -> list[str]:
    """New names of our own, after the existing field if the seal goes into one."""
    existing = existing_field(order.place)
    names = [existing] if existing is not None else []
    number = 1
    while len(names) < len(order.suites):
        if f"Seal{number}" not in inspected.field_names:
            names.append(f"Seal{number}")
        number += 1
    return names


def _cms(room: SealRoom, held: Held, suite: Suite, digest: bytes, record: SealOrder) -> bytes:
    template = held.templates[suite]
    attributes = template.signed_attributes(digest)
    signer = room.keys.signer(key_name(held.code, suite))
    value = signer.sign(ToBeSigned(Purpose.SEALING, attributes, f"seal-order:{record.id}:{suite}"))
    token = timestamps.token(room.ca, suite, suite.digest, suite.digest.of(value))
    return template.assemble(attributes, value, token)

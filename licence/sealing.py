"""From frozen data to sealed files (证照制作与用章): render, order the seals, compare.

Order keys follow from the intent, so an order repeated after a crash gives back the file already made.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from foundation.errors import Damaged
from foundation.principal import Kind, Permission, Principal
from foundation.text import Text
from hsm.digests import sha256, sm3
from licence import intents
from licence.catalogue import LicenceType, licence_type
from licence.face import Issue, make_face
from licence.intents import Frozen
from licence.models import LicenceIntent
from licence.render.ofd import write_ofd
from licence.render.page import lay_out
from licence.render.pdf import write_pdf
from licence.room import LicenceRoom
from seal import register
from seal.ofd.package import ROOT, Package
from seal.orders import OfdOrder, PdfOrder, Placement, Stamped
from seal.stamp import stamp_ofd, stamp_pdf

ISSUER = Principal(Kind.SYSTEM, "system:licence", frozenset({Permission.SEAL_STAMP}))
"""Orders seals on behalf of whoever was allowed to issue; the audit row of the licence says who that was."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Rendered, not yet sealed."""

    pdf: bytes = field(repr=False)
    ofd: bytes = field(repr=False)
    place: Placement


@dataclass(frozen=True, slots=True)
class Files:
    """Where the sealed files lie, and what they are."""

    pdf_key: str
    pdf_sm3: str
    pdf_order: str
    ofd_key: str
    ofd_sm3: str
    ofd_order: str


def face_terms(intent: LicenceIntent, frozen: Frozen) -> tuple[LicenceType, Issue]:
    """The type and what the issuing side adds, for face and code alike."""
    issue = Issue(
        identifier=intent.identifier,
        number=frozen.number,
        issuer_name=frozen.department_name,
        issuer_code=intent.department,
        issued_on=intent.issued_on,
    )
    return licence_type(intent.type_slug), issue


def render(intent: LicenceIntent, frozen: Frozen, code_text: str) -> Pages:
    """Both files of a licence; the same intent always gives the same bytes."""
    kind, issue = face_terms(intent, frozen)
    face = make_face(kind, frozen.data, issue, code_text)
    page, place = lay_out(face), kind.layout.seal_place
    return Pages(write_pdf(page, face), write_ofd(page, face), Placement(place.page, place.x_mm, place.y_mm))


def seal_pdf(room: LicenceRoom, intent: LicenceIntent, pages: Pages) -> Stamped:
    order = PdfOrder(
        document=pages.pdf,
        seal_id=intent.seal_id,
        place=pages.place,
        order_key=f"licence/{intent.id}",
        suites=intents.suites_of(intent),
        reason="电子证照签发",
    )
    return stamp_pdf(room.seal, ISSUER, order)


def seal_ofd(room: LicenceRoom, intent: LicenceIntent, pages: Pages) -> Stamped:
    order = OfdOrder(pages.ofd, intent.seal_id, pages.place, f"licence/{intent.id}/ofd")
    return stamp_ofd(room.seal, ISSUER, order)


def compare(intent: LicenceIntent, pages: Pages, pdf: Stamped, ofd: Stamped) -> None:
    """What was sealed is what was rendered. The seal room checked the signatures; this checks the pages."""
    if not pdf.document.startswith(pages.pdf) or len(pdf.document) == len(pages.pdf):
        raise _swapped(intent, "PDF")
    before, after = Package.read(pages.ofd).entries, Package.read(ofd.document).entries
    if len(after) <= len(before) or any(after.get(name) != before[name] for name in before.keys() - {ROOT}):
        raise _swapped(intent, "OFD")


def files_of(pdf: Stamped, ofd: Stamped) -> Files:
    """The seal room stored both, create-only, under their own hashes; a row written now points at what is there."""
    return Files(
        pdf_key=register.key("pdf", sha256(pdf.document).hex()),
        pdf_sm3=sm3(pdf.document).hex(),
        pdf_order=str(pdf.order_id),
        ofd_key=register.key("ofd", sha256(ofd.document).hex()),
        ofd_sm3=sm3(ofd.document).hex(),
        ofd_order=str(ofd.order_id),
    )


def _swapped(intent: LicenceIntent, what: str) -> Damaged:
    return Damaged(
        "licence.sealed_differs",
        Text(
            f"盖章后的 {what} 与送签内容不一致，已中止签发（签发意图 {intent.id}），请联系安全审计员。",
            f"The sealed {what} is not what was rendered. Issuing stopped (intent {intent.id}); call the auditor.",
        ),
    )

"""The stamping desk (盖章台): keep an uploaded document for its owner, show its pages, hand out what was stamped.

A draft is looked up by its owner only and lasts a day; the picture of a page is made from the very octets that will be
stamped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import undefer

from foundation.errors import InvalidInput, NotFound, TooLarge
from foundation.principal import Permission, Principal
from foundation.text import Text
from hsm.digests import sha256
from seal import register
from seal.approval.models import SealCase
from seal.dateline import Dated
from seal.drafts.models import SealDraft
from seal.models import OrderState, SealOrder
from seal.ofd import drawn
from seal.ofd.document import bodies
from seal.ofd.package import Package
from seal.ofd.sheets import OfdSheets
from seal.pdf import painted
from seal.pdf.document import Inspected, inspect
from seal.pdf.sheets import PdfSheets
from seal.places import InField, Places, listed
from seal.placing import Mark, resolve
from seal.room import SealRoom

LASTS = timedelta(days=1)
MOST_OCTETS, MOST_KEPT = 32 * 1024 * 1024, 20


class Sizes(Protocol):
    """As much of a document as a page view needs; millimetres as seen, pages from 1."""

    @property
    def count(self) -> int: ...

    def size(self, page: int) -> tuple[float, float]: ...


@dataclass(frozen=True, slots=True)
class PdfSizes:
    """A PDF as stamping reads it; what stamping refuses is refused here, with the same reason."""

    inspected: Inspected

    @property
    def count(self) -> int:
        return self.inspected.count

    def size(self, page: int) -> tuple[float, float]:
        return self.inspected.page(page).seen_mm


def format_of(octets: bytes) -> str:
    if octets.startswith(b"%PDF-"):
        return "pdf"
    if octets.startswith(b"PK\x03\x04"):
        return "ofd"
    raise InvalidInput(
        "seal.desk_format",
        Text("只能对 PDF 和 OFD 文件盖章，请另选文件。", "Only PDF and OFD files can be stamped. Choose another file."),
    )


def keep(room: SealRoom, principal: Principal, octets: bytes) -> SealDraft:
    """A document on the caller's desk; what cannot be opened for stamping is refused with its reason."""
    principal.require(Permission.SEAL_STAMP)
    if len(octets) > MOST_OCTETS:
        most = MOST_OCTETS // 1024 // 1024
        raise TooLarge(
            "seal.desk_size",
            Text(
                f"页面上盖章的文件不能超过 {most} MB，更大的文件请用接口或命令行。",
                f"A file stamped on this page has at most {most} MB. Use the API or the command for larger ones.",
            ),
        )
    kind = format_of(octets)
    sizes(octets, kind, None if documents(octets, kind) < 2 else "1").size(1)
    now = room.ground.clock.now()
    row = SealDraft(
        id=room.ground.ids.uuid7(),
        owner=principal.label,
        format=kind,
        sha256=sha256(octets).hex(),
        size=len(octets),
        octets=octets,
        created_at=now,
    )
    with room.ground.db.begin() as session:
        session.execute(delete(SealDraft).where(SealDraft.created_at < now - LASTS))
        held = session.scalar(select(func.count()).where(SealDraft.owner == principal.label)) or 0
        if held >= MOST_KEPT:
            oldest = select(SealDraft.id).where(SealDraft.owner == principal.label).order_by(SealDraft.id).limit(1)
            session.execute(delete(SealDraft).where(SealDraft.id.in_(list(session.scalars(oldest)))))
        session.add(row)
        session.flush()
        session.expunge(row)
    return row


def draft(room: SealRoom, principal: Principal, draft_id: UUID) -> SealDraft:
    """With its octets; somebody else's, or one older than a day, is not found."""
    principal.require(Permission.SEAL_STAMP)
    with room.ground.db.read() as session:
        query = select(SealDraft).where(SealDraft.id == draft_id, SealDraft.owner == principal.label)
        row = session.scalars(query.options(undefer(SealDraft.octets))).one_or_none()
    if row is None or row.created_at < room.ground.clock.now() - LASTS:
        raise NotFound(
            "seal.no_draft",
            Text(
                "没有找到这份待盖文件，或已超过一天被清除，请重新上传。",
                "There is no such document on your desk, or its day is over. Upload it again.",
            ),
        )
    return row


def drop(room: SealRoom, principal: Principal, draft_id: UUID) -> None:
    with room.ground.db.begin() as session:
        session.execute(delete(SealDraft).where(SealDraft.id == draft_id, SealDraft.owner == principal.label))


def documents(octets: bytes, kind: str) -> int:
    """How many documents the file holds: an OFD package may hold several, each with pages of its own."""
    return 1 if kind == "pdf" else len(bodies(Package.read(octets)))


def sizes(octets: bytes, kind: str, which: str | None = None) -> Sizes:
    """`which`: the document of an OFD package with several."""
    return PdfSizes(inspect(octets)[0]) if kind == "pdf" else OfdSheets.of(Package.read(octets), which)


def picture(octets: bytes, kind: str, number: int, which: str | None = None) -> tuple[bytes, str]:
    """One page and its media type: a PDF as painted, of an OFD its words, lines and areas as SVG."""
    if kind == "pdf":
        return painted.page(octets, number).png, "image/png"
    return drawn.svg(OfdSheets.of(Package.read(octets), which), number), "image/svg+xml"


def marks(
    octets: bytes,
    kind: str,
    places: Places,
    width: float,
    height: float,
    *,
    dated: Dated | None = None,
    which: str | None = None,
) -> tuple[Mark, ...]:
    """Where a seal of this size would show, exactly as stamping will put it; raises what stamping would.

    With a date the ordered point is the middle of both; told is where the seal itself lies.
    """
    wide, high = (dated.width, dated.height) if dated is not None else (width, height)
    if kind == "pdf":
        first = next((place.name for place in listed(places) if isinstance(place, InField)), None)
        inspected, writer = inspect(octets, first)
        found = resolve(places, PdfSheets(inspected, writer, wide, high), wide, high)
    else:
        found = resolve(places, OfdSheets.of(Package.read(octets), which), wide, high)
    if dated is None:
        return found
    return tuple(
        replace(one, left=one.left + dated.seal_left, top=one.top + dated.seal_top, part_width=width) for one in found
    )


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an order given on the desk."""

    order_id: UUID
    seal_id: UUID
    state: str
    format: str
    case_id: UUID | None
    result_sha256: str | None


def done(room: SealRoom, principal: Principal, order_id: UUID) -> Done:
    """An order the caller gave himself."""
    row, case_id = _order(room, principal, order_id)
    return Done(row.id, row.seal_id, row.state, row.format, case_id, row.result_sha256)


def result(room: SealRoom, principal: Principal, order_id: UUID) -> tuple[bytes, str]:
    """The stamped file and its format."""
    row, _ = _order(room, principal, order_id)
    if row.state != OrderState.SEALED:
        raise _no_order()
    return register.result(room, row), row.format


def _order(room: SealRoom, principal: Principal, order_id: UUID) -> tuple[SealOrder, UUID | None]:
    principal.require(Permission.SEAL_STAMP)
    with room.ground.db.read() as session:
        row = session.get(SealOrder, order_id)
        case_id = session.scalar(select(SealCase.id).where(SealCase.subject_id == order_id))
    if row is None or row.department != principal.department or row.principal != principal.label:
        raise _no_order()
    return row, case_id


def _no_order() -> NotFound:
    return NotFound(
        "seal.no_order", Text("没有找到这次盖章，或还没有结果。", "There is no such stamping, or no result of it yet.")
    )

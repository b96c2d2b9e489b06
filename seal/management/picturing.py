"""The picture of a seal file (印模), for everybody who handles it: of the seal as made, or as it would be made.

A name seal shows a person's name, so it is for those who may read names; for others it is not found.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from foundation.principal import Principal
from seal import keeping
from seal.designing import PictureFormat, render
from seal.drawing.design import Design
from seal.kinds import SealKind
from seal.management import access, counters
from seal.management.apply import opened
from seal.management.errors import FileUnknown
from seal.management.models import SealFile
from seal.models import SealRow
from seal.orders import round_design
from seal.room import SealRoom


def svg(room: SealRoom, principal: Principal, file_id: UUID) -> bytes:
    with room.ground.db.read() as session:
        row = access.load(session, principal, file_id)
        made = session.scalars(select(SealRow).where(SealRow.code == row.code)).one_or_none() if row.code else None
    if SealKind(row.kind).personal and not access.sees_names(principal, row):
        raise FileUnknown
    if made is not None and made.esl_sha256 is not None:
        return keeping.file(room, made, "svg")
    return render(room, _design(room, row), PictureFormat.SVG).data


def _design(room: SealRoom, row: SealFile) -> Design:
    """As approved, or as applied for: then with the region and a serial of noughts."""
    terms = opened(room, row, "design")
    if terms is not None:
        return Design.of(terms)
    code = row.code or f"{counters.region_of(row.department)}00000000"
    return round_design(row.ring_text, row.line_text, code, row.diameter)

"""The record of a making (制章记录): committed before any key is touched, and the only source of what is signed.

The design may show a natural person's name, so it is kept encrypted; the plain columns of such a seal are masked.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from foundation.masking import mask_name
from foundation.principal import Principal
from seal.drawing.design import Design
from seal.errors import CodeTaken
from seal.kinds import KINDS, SealKind
from seal.models import SealRow, SealState
from seal.orders import SealRequest, round_design
from seal.preparing import Prepared
from seal.room import SealRoom
from seal.ses import CertificateList
from seal.ses_writing import VERSION

_TABLE, _COLUMN = "seal", "picture"


def find(room: SealRoom, prepared: Prepared) -> SealRow | None:
    """The row of this request, if it is on record; raises `CodeTaken` when the code stands for something else."""
    with room.ground.db.read() as session:
        row = session.scalars(select(SealRow).where(SealRow.code == prepared.request.code14)).one_or_none()
    if row is not None and not _same(room, row, prepared):
        raise CodeTaken(prepared.request.code14)
    return row


def design_of(room: SealRoom, row: SealRow) -> Design:
    """What the seal shows, as recorded."""
    if row.picture is None:
        return round_design(row.ring_text, row.line_text, row.code, row.diameter)
    return Design.of(room.ground.cipher.decrypt(_TABLE, _COLUMN, row.id, row.picture))


def list_type_of(row: SealRow) -> CertificateList:
    return CertificateList(row.cert_list or CertificateList.CERTIFICATES)


def version_of(row: SealRow) -> int:
    return row.ses_version or VERSION


def _same(room: SealRoom, row: SealRow, prepared: Prepared) -> bool:
    wanted, recorded = prepared.design, design_of(room, row)
    if prepared.request.design().artwork is None:  # it came from the setting, which may have changed since
        wanted, recorded = replace(wanted, artwork=None), replace(recorded, artwork=None)
    request = prepared.request
    return (
        (row.department, row.department_name, row.kind)
        == (request.department_uscc, request.department_name, request.kind.value)
        and recorded.terms() == wanted.terms()
        and request.ses_version in (None, version_of(row))
        and request.cert_list in (None, list_type_of(row))
        and row.token_key == (prepared.token.spki if prepared.token else None)
    )


def record(room: SealRoom, principal: Principal, prepared: Prepared) -> SealRow:
    now = room.ground.clock.now().replace(microsecond=0)
    request, design, token = prepared.request, prepared.design, prepared.token
    identifier = room.ground.ids.uuid7()
    row = SealRow(
        id=identifier,
        code=request.code14,
        department=request.department_uscc,
        name=seal_name(request),
        department_name=request.department_name,
        kind=request.kind.value,
        ring_text=mask_name(design.text) if shows_person(request.kind, design) else design.text,
        line_text=design.line,
        diameter=design.size[0],
        state=SealState.RECORDED,
        created_at=now,
        made_by=principal.label,
        changed_at=now,
        picture=room.ground.cipher.encrypt(_TABLE, _COLUMN, identifier, design.terms()),
        ses_version=prepared.ses_version,
        cert_list=prepared.cert_list.value,
        token_key=token.spki if token else None,
        sm2_certificate=token.certificate if token else None,
    )
    try:
        with room.ground.db.begin() as session:
            session.add(row)
            room.ground.audit.record(
                session,
                principal,
                action="seal.make.record",
                object=f"seal:{row.id}",
                payload={
                    "code": row.code,
                    "department": row.department,
                    "kind": row.kind,
                    "ring": row.ring_text,
                    "picture": design.kind,
                    "version": prepared.ses_version,
                },
            )
    except IntegrityError:
        found = find(room, prepared)  # another process was first
        if found is None:
            raise
        return found
    return row


def shows_person(kind: SealKind, design: Design) -> bool:
    return kind.personal or design.shape == "square"


def seal_name(request: SealRequest) -> str:
    """SES_ESPropertyInfo.name: the department and the purpose, never a person's name."""
    design = request.design()
    if shows_person(request.kind, design):
        kind = request.kind if request.kind.personal else SealKind.PERSONAL
        return f"{request.department_name}（{KINDS[kind].words.zh}）"
    return request.department_name + (f"（{design.line}）" if design.line else "")

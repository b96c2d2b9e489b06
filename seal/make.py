"""Making an electronic seal (制作电子印章): prepare, record, sign, compare, store. GB/T 38540-2020, GM/T 0031-2025.

The intent (code, texts, making time) is committed before the maker's key is touched. Everything signed follows from
the row, so a run after a crash makes the same seal; the code names it and never serves for a second one.
"""

from __future__ import annotations

import re

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from ca.issue import IssuedCertificate, Subject, issue
from ca.suites import USUAL, Suite
from foundation import fonts
from foundation.errors import InvalidInput
from foundation.failpoints import reach
from foundation.numbers import is_uscc
from foundation.principal import Permission, Principal
from foundation.text import Text
from hsm.digests import sha256
from hsm.keys import Purpose
from hsm.signing import ToBeSigned
from seal import keeping
from seal.drawing import png, svg
from seal.drawing.round import RoundSeal, draw
from seal.drawing.shapes import Drawing
from seal.errors import CodeTaken, SealedDiffers
from seal.find import record
from seal.held import key_name
from seal.keeping import Files
from seal.maker import Maker, maker
from seal.maker_check import check_maker_certificate
from seal.models import SealRow, SealState
from seal.ofd.picture import vector_picture
from seal.orders import SealKind, SealRecord, SealRequest
from seal.pdf.appearance import Appearance
from seal.room import SealRoom
from seal.ses import Picture, read_seal
from seal.ses_check import check_maker
from seal.ses_writing import SealContent, seal, seal_info

_MOST_NAME = 60


def make_seal(
    room: SealRoom, principal: Principal, request: SealRequest, *, leave: SealState = SealState.IN_USE
) -> SealRecord:
    """The seal of `request`, made now or before; other terms for the same code are `CodeTaken`.

    `leave`: its state afterwards. `seal.management` leaves it made, for filing and issuing are yet to come.
    """
    principal.require(Permission.SEAL_MAKE)
    # 1. prepare: what cannot be drawn or named must fail before anything is on record
    drawing = _prepare(request)
    with room.lock(f"make|{request.code14}"):
        # the maker's certificate must be valid at the making time (GM/T 0031-2025), so it comes first
        by = maker(room)
        check_maker_certificate(room, by.certificate, by.signer.ref.spki, room.ground.clock.now())
        # 2. record
        row = _find(room, request) or _record(room, principal, request)
        if row.state != SealState.RECORDED:
            return record(row)
        reach("seal.make_recorded")
        # 3. sign
        certificates = {suite: _certificate(room, principal, row, suite) for suite in USUAL}
        content = _content(row, certificates, drawing)
        info = seal_info(content)
        value = by.signer.sign(ToBeSigned(Purpose.SEAL_MAKING, info, f"seal:{row.id}"))
        esl = seal(info, by.certificate, Suite.SM2.scheme.oid, value)
        reach("seal.make_signed")
        # 4. compare
        _compare(esl, content, by)
        # 5. store
        name = keeping.store(room, row.code, _files(row, drawing, esl))
        reach("seal.make_stored")
        return _finish(room, principal, row, name, certificates, content, leave)


# --- prepare ---------------------------------------------------------------------------------------------------------


def _prepare(request: SealRequest) -> Drawing:
    if not re.fullmatch(r"[0-9]{14}", request.code14):
        raise InvalidInput(
            "seal.code",
            Text("印章编码须为 14 位数字（6 位区划 + 8 位序号）。", "A seal code has 14 digits: region 6, serial 8."),
        )
    if not is_uscc(request.department_uscc):
        raise InvalidInput(
            "seal.department", Text("统一社会信用代码有误，请核对。", "The unified social credit code is not valid.")
        )
    if not 2 <= len(request.department_name) <= _MOST_NAME or fonts.missing(request.department_name):
        raise InvalidInput(
            "seal.department_name",
            Text(f"单位名称须为 2 至 {_MOST_NAME} 字。", f"The name takes 2 to {_MOST_NAME} printable characters."),
        )
    return draw(RoundSeal(request.ring_text, request.line_text, request.code14, request.diameter))


# --- record ----------------------------------------------------------------------------------------------------------


def _find(room: SealRoom, request: SealRequest) -> SealRow | None:
    with room.ground.db.read() as session:
        row = session.scalars(select(SealRow).where(SealRow.code == request.code14)).one_or_none()
    if row is not None and _terms(row) != _request_terms(request):
        raise CodeTaken(request.code14)
    return row


def _terms(row: SealRow) -> tuple[object, ...]:
    return (row.department, row.department_name, row.kind, row.ring_text, row.line_text, row.diameter)


def _request_terms(request: SealRequest) -> tuple[object, ...]:
    return (
        request.department_uscc,
        request.department_name,
        request.kind.value,
        request.ring_text,
        request.line_text,
        request.diameter,
    )


def _record(room: SealRoom, principal: Principal, request: SealRequest) -> SealRow:
    now = room.ground.clock.now().replace(microsecond=0)
    row = SealRow(
        id=room.ground.ids.uuid7(),
        code=request.code14,
        department=request.department_uscc,
        name=request.department_name + (f"（{request.line_text}）" if request.line_text else ""),
        department_name=request.department_name,
        kind=request.kind.value,
        ring_text=request.ring_text,
        line_text=request.line_text,
        diameter=request.diameter,
        state=SealState.RECORDED,
        created_at=now,
        made_by=principal.label,
        changed_at=now,
    )
    try:
        with room.ground.db.begin() as session:
            session.add(row)
            room.ground.audit.record(
                session,
                principal,
                action="seal.make.record",
                object=f"seal:{row.id}",
                payload={"code": row.code, "department": row.department, "kind": row.kind, "ring": row.ring_text},
            )
    except IntegrityError:
        found = _find(room, request)  # another process was first
        if found is None:
            raise
        return found
    return row


# --- sign, compare, store --------------------------------------------------------------------------------------------


def _certificate(room: SealRoom, principal: Principal, row: SealRow, suite: Suite) -> IssuedCertificate:
    """The department's seal certificate: O is the credit code and the name, CN the seal code (facts: standards 2.7)."""
    key = room.keys.ensure(key_name(row.code, suite), suite.leaf_algorithm, {Purpose.SEALING})
    return issue(
        room.ca,
        principal,
        suite=suite,
        profile="department-seal",
        subject=Subject(row.code, organization=f"{row.department}{row.department_name}"),
        spki=key.spki,
        request_key=f"seal.certificate:{row.code}:{suite.value}",
    )


def _content(row: SealRow, certificates: dict[Suite, IssuedCertificate], drawing: Drawing) -> SealContent:
    return SealContent(
        es_id=row.code,
        type=SealKind(row.kind).number,
        name=row.name,
        certificates=tuple(certificate.der for certificate in certificates.values()),
        created=row.created_at,
        valid_from=max(row.created_at, *(certificate.not_before for certificate in certificates.values())),
        valid_until=min(certificate.not_after for certificate in certificates.values()),
        picture=Picture("PNG", png.write(drawing), round(drawing.width), round(drawing.height)),
    )


def _compare(esl: bytes, content: SealContent, by: Maker) -> None:
    """Read back what was made: every field as approved, the maker's signature over the original octets."""
    made = read_seal(esl)
    same = (
        made.info == seal_info(content)
        and (made.es_id, made.type, made.name) == (content.es_id, content.type, content.name)
        and made.certificates == content.certificates
        and (made.created, made.valid_from, made.valid_until)
        == (content.created, content.valid_from, content.valid_until)
        and made.picture == content.picture
        and made.maker_certificate == by.certificate
        and not made.deviations
    )
    if not same:
        raise SealedDiffers("SESeal")
    check_maker(made)


def _files(row: SealRow, drawing: Drawing, esl: bytes) -> Files:
    return Files(
        esl=esl,
        svg=svg.write(drawing, row.name).encode(),
        ofd=vector_picture(drawing, sha256(row.id.bytes)[:16].hex()),
        appearance=Appearance.of(drawing),
    )


def _finish(
    room: SealRoom,
    principal: Principal,
    row: SealRow,
    name: str,
    certificates: dict[Suite, IssuedCertificate],
    content: SealContent,
    leave: SealState,
) -> SealRecord:
    """Only the first to finish wins; a second finisher answers what the first stored."""
    with room.ground.db.begin() as session:
        stored = session.execute(
            update(SealRow)
            .where(SealRow.id == row.id, SealRow.state == SealState.RECORDED)
            .values(
                state=leave,
                esl_sha256=name,
                sm2_certificate=certificates[Suite.SM2].der,
                rsa_certificate=certificates[Suite.RSA].der,
                valid_from=content.valid_from,
                valid_until=content.valid_until,
                changed_at=room.ground.clock.now(),
            )
            .returning(SealRow.id)
        ).first()
        if stored is not None:
            room.ground.audit.record(
                session,
                principal,
                action="seal.make",
                object=f"seal:{row.id}",
                payload={"code": row.code, "department": row.department, "esl_sha256": name},
            )
    with room.ground.db.read() as session:
        return record(session.get_one(SealRow, row.id))

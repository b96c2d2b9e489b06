"""Making an electronic seal (制作电子印章): prepare, record, sign, compare, store. GB/T 38540-2020, GM/T 0031-2025.

The intent (code, design, making time) is committed before the maker's key is touched. Everything signed follows from
the row, so a run after a crash makes the same seal; the code names it and never serves for a second one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import update

from ca import timestamps
from ca.issue import Subject, issue
from ca.reading import Certificate, read_certificate
from ca.suites import USUAL, Suite
from foundation.failpoints import reach
from foundation.principal import Permission, Principal
from hsm.digests import sha256
from hsm.keys import Purpose
from hsm.signing import ToBeSigned
from seal import keeping, preparing, recording
from seal.drawing import png, svg
from seal.drawing.design import draw
from seal.drawing.shapes import Drawing
from seal.errors import SealedDiffers
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
from seal.ses import CertificateList, Picture, read_seal
from seal.ses_check import check_maker
from seal.ses_writing import VERSION_2025, SealContent, seal, seal_info

__all__ = ["make_seal"]


@dataclass(frozen=True, slots=True)
class _Made:
    """What is about to be stored."""

    esl: bytes
    drawing: Drawing
    content: SealContent
    certificates: Mapping[Suite, Certificate]


def make_seal(
    room: SealRoom, principal: Principal, request: SealRequest, *, leave: SealState = SealState.IN_USE
) -> SealRecord:
    """The seal of `request`, made now or before; other terms for the same code are `CodeTaken`.

    `leave`: its state afterwards. `seal.management` leaves it made, for filing and issuing are yet to come.
    """
    principal.require(Permission.SEAL_MAKE)
    # 1. prepare: what cannot be drawn or named must fail before anything is on record
    prepared = preparing.prepare(room, request)
    with room.lock(f"make|{request.code14}"):
        # the maker's certificate must be valid at the making time (GM/T 0031-2025), so it comes first
        by = maker(room)
        check_maker_certificate(room, by.certificate, by.signer.ref.spki, room.ground.clock.now())
        # 2. record
        row = recording.find(room, prepared) or recording.record(room, principal, prepared)
        if row.state != SealState.RECORDED:
            return record(row)
        reach("seal.make_recorded")
        # 3. sign, from the row alone
        certificates = _certificates(room, principal, row)
        drawing = draw(recording.design_of(room, row))
        content = _content(row, certificates, drawing)
        esl = _sign(room, row, content, by)
        reach("seal.make_signed")
        # 4. compare
        _compare(esl, content, by)
        # 5. store
        made = _Made(esl, drawing, content, certificates)
        name = keeping.store(room, row.code, _files(row, made))
        reach("seal.make_stored")
        return _finish(room, principal, row, name, made, leave)


# --- sign ------------------------------------------------------------------------------------------------------------


def _certificates(room: SealRoom, principal: Principal, row: SealRow) -> dict[Suite, Certificate]:
    """SM2 and RSA for keys of ours; SM2 alone for a key on a token, issued now unless the token came with one."""
    if row.token_key is not None and row.sm2_certificate is not None:
        return {Suite.SM2: read_certificate(row.sm2_certificate)}
    suites = USUAL if row.token_key is None else (Suite.SM2,)
    return {suite: _certificate(room, principal, row, suite) for suite in suites}


def _certificate(room: SealRoom, principal: Principal, row: SealRow, suite: Suite) -> Certificate:
    """The department's seal certificate: O is the credit code and the name, CN the seal code (facts: standards 2.7)."""
    spki = row.token_key
    if spki is None:
        spki = room.keys.ensure(key_name(row.code, suite), suite.leaf_algorithm, {Purpose.SEALING}).spki
    issued = issue(
        room.ca,
        principal,
        suite=suite,
        profile="department-seal",
        subject=Subject(row.code, organization=f"{row.department}{row.department_name}"),
        spki=spki,
        request_key=f"seal.certificate:{row.code}:{suite.value}",
    )
    return read_certificate(issued.der)


def _content(row: SealRow, certificates: Mapping[Suite, Certificate], drawing: Drawing) -> SealContent:
    return SealContent(
        es_id=row.code,
        type=SealKind(row.kind).number,
        name=row.name,
        certificates=tuple(certificate.der for certificate in certificates.values()),
        created=row.created_at,
        valid_from=max(row.created_at, *(certificate.not_before for certificate in certificates.values())),
        valid_until=min(certificate.not_after for certificate in certificates.values()),
        picture=Picture("PNG", png.write(drawing), round(drawing.width), round(drawing.height)),
        version=recording.version_of(row),
        list_type=recording.list_type_of(row),
    )


def _sign(room: SealRoom, row: SealRow, content: SealContent, by: Maker) -> bytes:
    """The SESeal. A seal of 2025 proves its making time: our time stamp over the maker's signature value."""
    info = seal_info(content)
    value = by.signer.sign(ToBeSigned(Purpose.SEAL_MAKING, info, f"seal:{row.id}"))
    token = None
    if content.version == VERSION_2025:
        token = timestamps.token(room.ca, Suite.SM2, Suite.SM2.digest, Suite.SM2.digest.of(value))
    return seal(info, by.certificate, Suite.SM2.scheme.oid, value, token)


# --- compare, store --------------------------------------------------------------------------------------------------


def _compare(esl: bytes, content: SealContent, by: Maker) -> None:
    """Read back what was made: every field as approved, the maker's signature over the original octets."""
    made = read_seal(esl)
    listed = made.certificates, made.digests
    wanted = (content.certificates, ()) if made.list_type is CertificateList.CERTIFICATES else ((), content.digests)
    same = (
        made.info == seal_info(content)
        and (made.es_id, made.type, made.name) == (content.es_id, content.type, content.name)
        and (made.standard, made.version) == (content.standard, content.version)
        and (made.list_type, listed) == (content.list_type, wanted)
        and (made.created, made.valid_from, made.valid_until)
        == (content.created, content.valid_from, content.valid_until)
        and made.picture == content.picture
        and made.maker_certificate == by.certificate
        and (made.time_stamp is not None) == (content.version == VERSION_2025)
        and not made.deviations
    )
    if not same:
        raise SealedDiffers("SESeal")
    check_maker(made)


def _files(row: SealRow, made: _Made) -> Files:
    return Files(
        esl=made.esl,
        svg=svg.write(made.drawing, row.name).encode(),
        ofd=vector_picture(made.drawing, sha256(row.id.bytes)[:16].hex()),
        appearance=Appearance.of(made.drawing),
    )


def _finish(room: SealRoom, principal: Principal, row: SealRow, name: str, made: _Made, leave: SealState) -> SealRecord:
    """Only the first to finish wins; a second finisher answers what the first stored."""
    rsa = made.certificates.get(Suite.RSA)
    with room.ground.db.begin() as session:
        stored = session.execute(
            update(SealRow)
            .where(SealRow.id == row.id, SealRow.state == SealState.RECORDED)
            .values(
                state=leave,
                esl_sha256=name,
                sm2_certificate=made.certificates[Suite.SM2].der,
                rsa_certificate=rsa.der if rsa is not None else None,
                valid_from=made.content.valid_from,
                valid_until=made.content.valid_until,
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

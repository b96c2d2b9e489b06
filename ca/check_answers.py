"""Stored OCSP answers against rows (核对预签应答)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from ca.findings import Findings
from ca.ocsp_request import forms
from ca.reading.certificate import read_certificate
from ca.reading.crl import Reason
from ca.reading.ocsp import CertStatus, OcspResponse, read_ocsp_response
from ca.revocation_models import CaOcspAnswer
from ca.room import Authority, CaRoom
from ca.signatures import check_certificate, check_ocsp
from ca.status import Status, statuses_in
from foundation.der import DerError
from hsm.errors import BadSignature

_AT_ONCE = 500
_GRACE = 3600
"""Seconds an answer may lie there after its end: it is not served, but somebody should have renewed it."""


def check_answers(room: CaRoom, authority: Authority, findings: Findings, *, thorough: bool) -> None:
    after = ("", "")
    while True:
        with room.ground.db.read() as session:
            rows = session.scalars(
                select(CaOcspAnswer)
                .where(
                    CaOcspAnswer.authority == authority.slug,
                    (CaOcspAnswer.serial > after[0])
                    | ((CaOcspAnswer.serial == after[0]) & (CaOcspAnswer.form > after[1])),
                )
                .order_by(CaOcspAnswer.serial, CaOcspAnswer.form)
                .limit(_AT_ONCE)
            ).all()
            said = statuses_in(session, authority.slug, [row.serial for row in rows])
        _check_all(room, authority, rows, said, findings, thorough=thorough)
        if len(rows) < _AT_ONCE:
            return
        after = (rows[-1].serial, rows[-1].form)


def _check_all(
    room: CaRoom,
    authority: Authority,
    rows: Sequence[CaOcspAnswer],
    said: dict[str, Status],
    findings: Findings,
    *,
    thorough: bool,
) -> None:
    now = room.ground.clock.now().timestamp()
    for row in rows:
        status = said[row.serial]
        if status.status is CertStatus.UNKNOWN:
            findings.add("answer_unissued", authority.slug, row.serial)
            continue
        answer = _read(authority, row.answer, thorough=thorough)
        if answer is None or not _about(room, authority, row, answer):
            findings.add("answer_damaged", authority.slug, row.serial)
        elif _stated(answer) != _expected(status):
            findings.add("answer_differs", authority.slug, row.serial)
        if row.until + _GRACE < now:
            findings.add("answer_late", authority.slug, row.serial)


def _read(authority: Authority, octets: bytes, *, thorough: bool) -> OcspResponse | None:
    try:
        answer = read_ocsp_response(octets)
        if thorough:
            responder = read_certificate(answer.certificates[0])
            check_certificate(responder, authority.certificate.spki)
            check_ocsp(answer, responder.spki)
    except (DerError, BadSignature, IndexError):
        return None
    return answer if answer.status == 0 and len(answer.answers) == 1 else None


def _about(room: CaRoom, authority: Authority, row: CaOcspAnswer, answer: OcspResponse) -> bool:
    """The certificate and the times its row has it under: that is what the fast path looks at."""
    single = answer.answers[0]
    named = forms(room, authority)
    if row.form not in named.by_name or single.about.raw != named.cert_id(row.form, int(row.serial, 16)):
        return False
    until = single.next_update
    return until is not None and (int(single.this_update.timestamp()), int(until.timestamp())) == (row.made, row.until)


def _stated(answer: OcspResponse) -> Status:
    single = answer.answers[0]
    return Status(single.status, single.revoked_at, single.reason)


def _expected(status: Status) -> Status:
    """`unspecified` is said by leaving the reason out."""
    return Status(status.status, status.revoked_at, None if status.reason is Reason.UNSPECIFIED else status.reason)

"""Changing whom we believe (信任变更): one person proposes, another agrees; what was agreed is bound by a keyed digest.

A row edited in the database to `agreed` is not agreed: reading the book checks the digest and refuses the whole book,
because a trust store with a hole, or with a guest, would judge wrongly in silence.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ca.reading import read_certificate
from foundation.der import DerError
from foundation.errors import Conflict, Damaged, Forbidden, NotFound
from foundation.ground import Ground
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import same
from verify.regions.models import ChangeKind, ChangeState, TrustChange
from verify.regions.room import RegionsRoom
from verify.regions.shapes import BadEntry, Region, read_region, spelled
from verify.regions.signed import Pins

_MOST_SIGNERS = 16


@dataclass(frozen=True, slots=True)
class Change:
    id: UUID
    kind: ChangeKind
    subject: str
    document: str
    reason: str
    state: ChangeState
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None


def propose_region(room: RegionsRoom, principal: Principal, entry: Mapping[str, object], reason: str) -> Change:
    region = read_region(dict(entry))
    return _propose(room, principal, ChangeKind.REGION, region.code, region.to_json(), reason)


def propose_removal(room: RegionsRoom, principal: Principal, code: str, reason: str) -> Change:
    return _propose(room, principal, ChangeKind.REMOVE, code, {"code": code}, reason)


def propose_signers(
    room: RegionsRoom, principal: Principal, scheme: str, certificates: list[str], threshold: int, reason: str
) -> Change:
    document = {
        "scheme": scheme,
        "threshold": threshold,
        "certificates": list(certificates),
    }
    read_pins(document)
    return _propose(room, principal, ChangeKind.SIGNERS, scheme, document, reason)


def _propose(
    room: RegionsRoom, principal: Principal, kind: ChangeKind, subject: str, document: dict[str, object], reason: str
) -> Change:
    ground = room.ground
    row = TrustChange(
        id=ground.ids.uuid7(),
        kind=kind,
        subject=subject,
        document=spelled(document).decode(),
        reason=reason,
        state=ChangeState.PROPOSED,
        proposed_by=principal.label,
        proposed_at=ground.clock.now(),
    )
    with ground.db.begin() as session:
        session.add(row)
        _note(ground, session, principal, "verify.trust.propose", row)
        return _told(row)


def decide(room: RegionsRoom, principal: Principal, identifier: UUID, *, agree: bool) -> Change:
    """Agree or refuse as the second person; the proposer never."""
    try:
        with room.ground.db.begin() as session:
            return _decided(room.ground, session, principal, identifier, agree=agree)
    except IntegrityError as error:  # another change took this turn in the same moment
        raise Conflict(
            "verify.change_busy",
            Text("另一项变更正在处理，请重试。", "Another change was decided in this moment. Try again."),
        ) from error


def _decided(ground: Ground, session: Session, principal: Principal, identifier: UUID, *, agree: bool) -> Change:
    row = session.scalar(select(TrustChange).where(TrustChange.id == identifier).with_for_update())
    if row is None:
        raise _unknown()
    if row.state != ChangeState.PROPOSED:
        raise Conflict(
            "verify.change_decided",
            Text("这项变更已经处理，请刷新页面。", "The change was decided already. Look at it again."),
        )
    if row.proposed_by == principal.label:
        raise Forbidden(
            "verify.own_change",
            Text("不能审批自己提出的变更，请由另一人办理。", "Nobody agrees to their own change. Ask another person."),
        )
    row.state = ChangeState.AGREED if agree else ChangeState.REFUSED
    row.decided_by, row.decided_at = principal.label, ground.clock.now()
    if agree:
        row.turn = 1 + (session.scalar(select(func.max(TrustChange.turn))) or 0)
        row.mac = _mac(ground, row)
    _note(ground, session, principal, "verify.trust.agree" if agree else "verify.trust.refuse", row)
    return _told(row)


def listed(room: RegionsRoom, *, limit: int = 100) -> list[Change]:
    """Newest first."""
    query = select(TrustChange).order_by(TrustChange.proposed_at.desc(), TrustChange.id.desc()).limit(limit)
    with room.ground.db.read() as session:
        return [_told(row) for row in session.scalars(query)]


def find(room: RegionsRoom, identifier: UUID) -> Change:
    with room.ground.db.read() as session:
        row = session.get(TrustChange, identifier)
        if row is None:
            raise _unknown()
        return _told(row)


def pinned(room: RegionsRoom) -> dict[str, Pins]:
    """Whose signatures count on the lists of each scheme."""
    with room.ground.db.read() as session:
        return agreed(room.ground, session)[1]


def _unknown() -> NotFound:
    return NotFound("verify.no_change", Text("没有这项信任变更。", "There is no such change."))


def agreed(ground: Ground, session: Session) -> tuple[tuple[Region, ...], dict[str, Pins]]:
    """The regions entered by hand, and the pins of each scheme; the latest decision about each prevails."""
    regions: dict[str, Region] = {}
    pins: dict[str, Pins] = {}
    query = select(TrustChange).where(TrustChange.state == ChangeState.AGREED)
    for row in session.scalars(query.order_by(TrustChange.turn)):
        if row.mac is None or row.decided_by in (None, row.proposed_by) or not same(row.mac, _mac(ground, row)):
            raise Damaged(
                "verify.change_forged",
                Text(
                    "信任变更记录被改动，核验已停止，请立即检查数据库和审计记录。",
                    "A change of trust was altered in the database. Verification has stopped: look into it at once.",
                ),
            )
        document = _json(row.document)
        if row.kind == ChangeKind.REGION:
            regions[row.subject] = read_region(document)
        elif row.kind == ChangeKind.REMOVE:
            regions.pop(row.subject, None)
        else:
            pins[row.subject] = read_pins(document)
    return tuple(regions.values()), pins


def read_pins(document: Mapping[str, object]) -> Pins:
    texts, threshold = document["certificates"], document["threshold"]
    if not isinstance(texts, list) or not 0 < len(texts) <= _MOST_SIGNERS:
        raise BadEntry("签署者证书数量有误", "the number of signers")
    if type(threshold) is not int or not 0 < threshold <= len(texts):
        raise BadEntry("签名数须在 1 与签署者人数之间", "the threshold is between one and the number of signers")
    try:
        found = tuple(read_certificate(base64.b64decode(str(text), validate=True)) for text in texts)
    except (DerError, ValueError) as error:
        raise BadEntry("签署者证书无法读取", "a signer's certificate cannot be read") from error
    if len({one.fingerprint for one in found}) != len(found):
        raise BadEntry("签署者重复", "a signer stands twice")
    return Pins(found, threshold)


def _json(text: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(text)
    return found


def _mac(ground: Ground, row: TrustChange) -> bytes:
    terms = {
        "id": str(row.id),
        "kind": row.kind,
        "subject": row.subject,
        "document": row.document,
        "proposed_by": row.proposed_by,
        "decided_by": row.decided_by,
        "turn": row.turn,
        "decided_at": row.decided_at.isoformat() if row.decided_at else None,
    }
    return ground.mac.mac("trust-change", spelled(terms))


def _note(ground: Ground, session: Session, principal: Principal, action: str, row: TrustChange) -> None:
    payload = {"kind": row.kind, "subject": row.subject}
    ground.audit.record(session, principal, action=action, object=f"trust-change:{row.id}", payload=payload)


def _told(row: TrustChange) -> Change:
    return Change(
        row.id,
        ChangeKind(row.kind),
        row.subject,
        row.document,
        row.reason,
        ChangeState(row.state),
        row.proposed_by,
        row.proposed_at,
        row.decided_by,
        row.decided_at,
    )

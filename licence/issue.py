"""Issuing a licence (证照签发): prepare → record → sign → compare → store, safe to stop at any point.

The long function of this room. Before step 3 nothing is signed; after step 2 the same licence comes out however often
the process dies, because every later step either repeats to the same bytes or finds what it did before.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from foundation.errors import Conflict, Forbidden, InvalidInput, NotFound
from foundation.failpoints import reach
from foundation.principal import Permission, Principal
from licence import allocation, code, integrity, intents, register, sealing
from licence.catalogue import licence_type
from licence.errors import undone
from licence.intents import IssueRequest
from licence.models import IntentState, LicenceIntent, LicenceRow, LicenceVersionRow, Status
from licence.register import Licence
from licence.room import LicenceRoom

_FINAL = (InvalidInput, Conflict, Forbidden, NotFound)
"""Errors that will be the same tomorrow: the intent is undone. Anything else leaves it for `recover`."""


@dataclass(frozen=True, slots=True)
class Issued:
    licence: Licence
    new: bool
    """False when this request key had led to the licence before."""


def issue(room: LicenceRoom, principal: Principal, request: IssueRequest) -> Licence:
    """Issue a licence, finish one begun earlier, or answer with the one this request key already led to."""
    return issue_once(room, principal, request).licence


def issue_once(room: LicenceRoom, principal: Principal, request: IssueRequest) -> Issued:
    """`issue`, telling whether the licence is new; the import counts with it."""
    principal.require(Permission.LICENCE_ISSUE)
    # 1. validate and 2. record: one transaction freezes number, identifier, dates, status index and data
    intent_id = intents.accept(room, principal, request)
    reach("licence.accepted")
    return carry_on(room, principal, intent_id)


def carry_on(room: LicenceRoom, principal: Principal, intent_id: UUID) -> Issued:
    """Steps 3 to 8 of one intent; an intent done before answers with its licence."""
    with room.turnstiles.of(intent_id):
        with room.ground.db.read() as session:
            intent = intents.load(session, room.ground, intent_id)
        if intent.state == IntentState.UNDONE:
            raise undone(intent.reason or "?")
        if intent.state == IntentState.DONE:
            return Issued(_issued(room, intent), new=False)
        try:
            return Issued(_finish(room, principal, intent), new=True)
        except _FINAL as error:
            undo(room, principal, intent_id, error.code)
            raise


def _finish(room: LicenceRoom, principal: Principal, intent: LicenceIntent) -> Licence:
    frozen = intents.thaw(room.ground, intent)
    # 3. the printed code: signed once and kept, because an SM2 signature differs each time and the page shows it
    code_text = code.signed(room, intent, frozen)
    # 4. the page: the same intent always renders to the same bytes
    pages = sealing.render(intent, frozen, code_text)
    reach("licence.rendered")
    # 5. and 6. seal both files; an order already carried out gives back the file it made
    pdf = sealing.seal_pdf(room, intent, pages)
    reach("licence.pdf_sealed")
    ofd = sealing.seal_ofd(room, intent, pages)
    reach("licence.ofd_sealed")
    # 7. compare: what was sealed is what was rendered, and the signatures hold
    sealing.compare(intent, pages, pdf, ofd)
    # 8. store: the files are, so that the row never points at nothing; now the row, and the intent is done
    licence = _register(room, principal, intent.id, frozen, code_text, sealing.files_of(pdf, ofd))
    reach("licence.registered")
    return licence


def _register(
    room: LicenceRoom,
    principal: Principal,
    intent_id: UUID,
    frozen: intents.Frozen,
    code_text: str,
    files: sealing.Files,
) -> Licence:
    """One transaction: licence, version, audit, and the intent is done. The second of two finishers finds it done."""
    ground = room.ground
    with ground.db.begin() as session:
        intent = intents.load(session, ground, intent_id, lock=True)
        if intent.state == IntentState.UNDONE:
            raise undone(intent.reason or "?")
        if intent.state == IntentState.DONE:
            return register.view(room, session.get_one(LicenceRow, intent.licence_id))
        row = _licence_row(room, intent, frozen)
        session.add(row)
        session.flush()  # the version points at it
        session.add(_version_row(room, intent, frozen, code_text, files))
        intent.state, intent.finished_at = IntentState.DONE.value, ground.clock.now()
        integrity.protect(ground.mac, intent)
        ground.audit.record(
            session,
            principal,
            action="licence.issue",
            object=f"licence:{row.id}",
            payload={
                "type": row.type_slug,
                "identifier": row.identifier,
                "requested_by": intent.requested_by,
                "suites": intent.suites.split(","),
                "pdf_sm3": files.pdf_sm3,
                "ofd_sm3": files.ofd_sm3,
            },
        )
        return register.view(room, row)


def _licence_row(room: LicenceRoom, intent: LicenceIntent, frozen: intents.Frozen) -> LicenceRow:
    cipher, licence_id = room.ground.cipher, intent.licence_id

    def sealed(column: str, value: str) -> str:
        return cipher.encrypt("licence", column, licence_id, value)

    row = LicenceRow(
        id=licence_id,
        intent_id=intent.id,
        department=intent.department,
        department_name=frozen.department_name,
        type_slug=intent.type_slug,
        type_code=licence_type(intent.type_slug).code21,
        identifier=intent.identifier,
        status_index=intent.status_index,
        number_sealed=sealed("number", frozen.number),
        number_index=cipher.blind("licence", "number", frozen.number),
        holder_name_sealed=sealed("holder_name", frozen.holder_name),
        holder_code_sealed=sealed("holder_code", frozen.holder_code),
        holder_index=register.holder_blind(room, frozen.holder_code),
        natural_person=frozen.natural_person,
        issued_on=intent.issued_on,
        valid_from=intent.valid_from,
        valid_to=intent.valid_to,
        status=Status.VALID.value,
        version=1,
        created_at=room.ground.clock.now(),
    )
    integrity.protect(room.ground.mac, row)
    return row


def _version_row(
    room: LicenceRoom, intent: LicenceIntent, frozen: intents.Frozen, code_text: str, files: sealing.Files
) -> LicenceVersionRow:
    ground, version_id = room.ground, room.ground.ids.uuid7()
    data = json.dumps(frozen.data, ensure_ascii=False, sort_keys=True)
    row = LicenceVersionRow(
        id=version_id,
        licence_id=intent.licence_id,
        version=1,
        data_sealed=ground.cipher.encrypt("licence_version", "data", version_id, data),
        code_sealed=ground.cipher.encrypt("licence_version", "code", version_id, code_text),
        suites=intent.suites,
        pdf_key=files.pdf_key,
        pdf_sm3=files.pdf_sm3,
        pdf_order=files.pdf_order,
        ofd_key=files.ofd_key,
        ofd_sm3=files.ofd_sm3,
        ofd_order=files.ofd_order,
        created_at=ground.clock.now(),
    )
    integrity.protect(ground.mac, row)
    return row


def _issued(room: LicenceRoom, intent: LicenceIntent) -> Licence:
    with room.ground.db.read() as session:
        return register.view(room, session.get_one(LicenceRow, intent.licence_id))


def undo(room: LicenceRoom, principal: Principal, intent_id: UUID, reason: str) -> bool:
    """Give up an intent that can never be finished: its number carries nothing, its request key is free again."""
    ground = room.ground
    with ground.db.begin() as session:
        intent = intents.load(session, ground, intent_id, lock=True)
        if intent.state != IntentState.ACCEPTED:
            return False  # another process finished or undid it first
        intent.state, intent.reason = IntentState.UNDONE.value, reason[:60]
        intent.request_slot, intent.finished_at = None, ground.clock.now()
        integrity.protect(ground.mac, intent)
        allocation.release(session, intent_id, f"undone:{reason}"[:60])
        ground.audit.record(
            session,
            principal,
            action="licence.undo",
            object=f"licence:{intent.licence_id}",
            payload={"identifier": intent.identifier, "reason": reason[:60]},
        )
    return True

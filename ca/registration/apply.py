"""Applying (申请): for oneself, for a company, for a department's officials, at a counter; or about a certificate.

What is filed is complete and linted when it is submitted; a draft may still lack evidence. Changing an application
voids what was agreed to before, because approvals stand for a text (facts: pki 1.1).
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from ca.enrol import proven_key
from ca.models import CaCertificate
from ca.reading.alternative import names_of
from ca.reading.crl import Reason
from ca.registration import about, access, content, filing, machine, policy
from ca.registration.about import About
from ca.registration.content import Content
from ca.registration.filing import Application
from ca.registration.models import CaRegistration
from ca.registration.policy import Channel, Delivery
from ca.registration.room import RegistrationRoom
from ca.registration.states import ISSUING, Kind, State, Step
from ca.suites import Suite
from foundation.errors import Conflict, FieldFault, InvalidInput
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import sha256


def file(room: RegistrationRoom, principal: Principal, wanted: Application) -> UUID:
    """A new draft; submit it when its evidence is attached."""
    own = access.own_index(room, principal)
    return _file_new(room, principal, wanted) if wanted.kind is Kind.NEW else _request(room, principal, own, wanted)


def _file_new(room: RegistrationRoom, principal: Principal, wanted: Application) -> UUID:
    profile = policy.open_profile(room.ca, wanted.profile)
    filing.check_channel(principal, profile, wanted.channel)
    if wanted.delivery is Delivery.NONE or wanted.certificate_id is not None:
        raise _misused()
    said = filing.completed(room, principal, wanted)
    filing.check(room, profile, wanted, said, room.ground.clock.now())
    row = new_row(room, principal.label, principal.person_id, wanted, said, policy.approvals(profile))
    with room.ground.db.begin() as session:
        add(room, session, principal, row)
    return row.id


def _request(room: RegistrationRoom, principal: Principal, own: str | None, wanted: Application) -> UUID:
    """About a certificate: profile, suite, names and numbers are the certificate's own."""
    ground, now = room.ground, room.ground.clock.now()
    if wanted.certificate_id is None:
        raise _misused()
    with ground.db.read() as session:
        found = about.find(room, session, principal, own, wanted.certificate_id)
    profile = room.ca.profile(found.profile)
    said = _carried(found, wanted)
    settled = replace(
        wanted,
        profile=found.profile,
        suite=Suite(found.suite),
        channel=(found.registered or Channel.DEPARTMENT) if found.subscriber else Channel.COUNTER,
        delivery=_delivery(wanted),
        content=said,
        reason=_reason(wanted, found),
    )
    if wanted.kind in ISSUING:
        policy.open_profile(room.ca, found.profile)
        filing.check(room, profile, settled, said, now)
        _check_key(found, wanted, said)
    row = new_row(
        room,
        principal.label,
        principal.person_id,
        settled,
        said,
        policy.needed(wanted.kind, profile, subscriber=found.subscriber),
    )
    row.owner = found.owner
    life = policy.deadline(wanted.kind, settled.reason, subscriber=found.subscriber)
    row.due_at = now + life if life is not None else None
    with ground.db.begin() as session:
        about.check(session, found, wanted.kind, now)
        add(room, session, principal, row)
    return row.id


def _carried(found: About, wanted: Application) -> Content:
    """Only a change changes what the certificate says, and then never whose it is."""
    said, identity = wanted.content, found.identity()
    if wanted.kind is not Kind.CHANGE:
        return replace(said, subject=found.subject(), identity=identity, names=names_of(found.certificate))
    if said.identity != identity:
        changed = [name for name in IDENTIFYING if getattr(said.identity, name) not in (None, getattr(identity, name))]
        if changed:
            raise InvalidInput(
                "ca.registration.other_holder",
                Text(
                    "变更不能更换持有者；如持有者不同，请新申请并撤销旧证书。",
                    "A change cannot change whose certificate it is. Apply anew and revoke the old one.",
                ),
                faults=tuple(
                    FieldFault(f"/identity/{name}", Text("与原证书不同。", "Differs from the certificate."))
                    for name in changed
                ),
            )
    return replace(said, identity=identity)


IDENTIFYING = ("citizen_number", "passport_number", "military_number", "organization_code")


def _delivery(wanted: Application) -> Delivery:
    if wanted.kind in (Kind.REKEY, Kind.CHANGE):
        return wanted.delivery if wanted.delivery is not Delivery.NONE else Delivery.TOKEN
    return Delivery.NONE


def _reason(wanted: Application, found: About) -> Reason | None:
    may = policy.reasons(wanted.kind, subscriber=found.subscriber)
    if not may:
        return None
    if wanted.reason is None and (len(may) == 1 or wanted.kind is Kind.REKEY):
        return may[0]
    if wanted.reason not in may:
        raise InvalidInput(
            "ca.registration.revocation_reason",
            Text("请从可用的原因中选择一项。", "Choose one of the reasons that may be given."),
            faults=(
                FieldFault(
                    "/reason",
                    Text(
                        "可用：" + "、".join(one.name.lower().replace("_", "-") for one in may),
                        "One of " + ", ".join(one.name.lower().replace("_", "-") for one in may),
                    ),
                ),
            ),
        )
    return wanted.reason


def _check_key(found: About, wanted: Application, said: Content) -> None:
    """A new key must be new."""
    if wanted.kind is Kind.REKEY and said.csr is not None and sha256(proven_key(said.csr)).hex() == found.key_hash:
        raise same_key()


def check_key(room: RegistrationRoom, row: CaRegistration, spki: bytes) -> None:
    """The same, of a key that comes with the code."""
    if Kind(row.kind) is Kind.REKEY and row.certificate_id is not None:
        with room.ground.db.read() as session:
            old = session.get_one(CaCertificate, row.certificate_id)
        if sha256(spki).hex() == old.key_hash:
            raise same_key()


def same_key() -> InvalidInput:
    return InvalidInput(
        "ca.registration.same_key",
        Text("请求中的密钥与原证书相同，请生成新密钥。", "The request holds the old key. Make a new one."),
        faults=(FieldFault("/csr", Text("密钥未更换。", "The key is the old one.")),),
    )


def new_row(
    room: RegistrationRoom, filer: str, person: UUID | None, wanted: Application, said: Content, needed: int
) -> CaRegistration:
    now = room.ground.clock.now()
    row = CaRegistration(
        id=room.ground.ids.uuid7(),
        kind=wanted.kind,
        state=State.DRAFT,
        channel=wanted.channel,
        profile=wanted.profile,
        suite=wanted.suite,
        delivery=wanted.delivery,
        filer=filer,
        filer_person=person,
        owner=filing.owner(wanted, said),
        moves=0,
        round=1,
        needed=needed,
        certificate_id=wanted.certificate_id,
        reason=int(wanted.reason) if wanted.reason is not None else None,
        attempt=0,
        created_at=now,
        changed_at=now,
        ends_at=now + policy.LIVES[State.DRAFT],
    )
    content.close(room.ground, row, said)
    return row


def add(room: RegistrationRoom, session: Session, principal: Principal, row: CaRegistration) -> None:
    session.add(row)
    session.flush()
    machine.note(room.ground, session, row, principal, Step.CHANGE, None, asker=True)


def change(room: RegistrationRoom, principal: Principal, registration_id: UUID, said: Content) -> None:
    """Other words for the same application. Whatever was agreed to before is void."""
    own, ground = access.own_index(room, principal), room.ground
    with ground.db.read() as session:
        row = access.load(session, principal, own, registration_id)
        if Kind(row.kind) not in (Kind.NEW, Kind.CHANGE, Kind.REKEY):
            raise Conflict(
                "ca.registration.fixed",
                Text("这类申请的内容不能修改，请撤回后重新申请。", "This cannot be changed; withdraw it and ask anew."),
            )
        access.check(session, row, principal, own, machine.way(row, Step.CHANGE))
        before = content.opened(ground, row)
        found = about.find(room, session, principal, own, row.certificate_id) if row.certificate_id else None
    wanted = application(row, said)
    settled = _carried(found, wanted) if found is not None else _completed(room, principal, wanted, before)
    profile = room.ca.profile(row.profile)
    filing.check(room, profile, wanted, settled, ground.clock.now())
    with ground.db.begin() as session:
        row = access.load(session, principal, own, registration_id, lock=True)
        way = machine.way(row, Step.CHANGE)
        access.check(session, row, principal, own, way)
        content.close(ground, row, settled)
        row.owner = filing.owner(wanted, settled) if found is None else row.owner
        machine.move(ground, session, row, principal, way, asker=True)


def _completed(room: RegistrationRoom, principal: Principal, wanted: Application, before: Content) -> Content:
    """As at filing; what the login vouched for then stays, also when a colleague writes now."""
    if wanted.channel is Channel.SELF:
        return replace(wanted.content, subject=before.subject, identity=before.identity)
    return filing.completed(room, principal, wanted)


def application(row: CaRegistration, said: Content) -> Application:
    """The order a stored application stands for."""
    return Application(
        Kind(row.kind),
        row.profile,
        Suite(row.suite),
        Channel(row.channel),
        Delivery(row.delivery),
        said,
        row.certificate_id,
        Reason(row.reason) if row.reason is not None else None,
    )


def _misused() -> InvalidInput:
    return InvalidInput(
        "ca.registration.kind",
        Text(
            "新申请不针对已有证书且须说明交付方式；其他申请须指明证书。",
            "A new application names no certificate and says how to deliver; every other request names a certificate.",
        ),
    )

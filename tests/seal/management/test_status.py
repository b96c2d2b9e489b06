"""The published states of seals: signed, numbered, fresh, free of names; and verified by others' programs."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from ca.chain import authorities
from ca.crl import freshest
from ca.profiles import Role
from foundation.clock import FixedClock
from foundation.errors import InvalidInput
from hsm import signature_value
from hsm.keys import Purpose
from hsm.service.errors import IntentUnknown, PolicyRefused
from hsm.service.policies import Asked
from hsm.signing import ToBeSigned
from seal.management.policy import check_file
from seal.management.reasons import Reason
from seal.management.states import Public, State, Step
from seal.models import SealRow, SealState
from seal.orders import PdfOrder, Placement, SealKind
from seal.stamp import stamp_pdf
from seal.status_service import answers, policy, publishing, signing, wire
from seal.status_service.answers import NoSuchSeal
from seal.status_service.models import SealStatusList
from seal.status_service.wire import Period, Statement
from server.seal_states import RegionSeals
from tests.seal import oracles, papers
from tests.seal.conftest import MARKET, clerk
from tests.seal.management.office import CLERK, Office
from verify.judge import Context, judge
from verify.moments import Moment
from verify.report import Report, Verdict
from verify.seal_status import check_statement
from verify.trust import TrustStore


def trust(office: Office, *lists: bytes) -> TrustStore:
    known = authorities(office.room.ca)
    return TrustStore(
        **{
            **vars(
                TrustStore.build(
                    [one.certificate.der for one in known if one.role is Role.ROOT],
                    intermediates=[one.certificate.der for one in known if one.role is not Role.ROOT],
                    crls=[octets for one in known for octets in freshest(office.room.ca, one.slug)],
                )
            ),
            "seal_lists": lists,
        }
    )


def stamped(office: Office, file: object) -> bytes:
    order = PdfOrder(papers.pdf(), office.seal(file).id, Placement(1, 100, 100), office.region.key())  # type: ignore[arg-type]
    return stamp_pdf(office.room, clerk(MARKET), order).document


def verdict(office: Office, document: bytes, *, lists: tuple[bytes, ...] = (), online: bool = True) -> Report:
    context = Context(
        trust(office, *lists),
        office.region.clock,
        seals=RegionSeals(office.room) if online else None,
        offline=not online,
    )
    return judge(document, name="document", context=context)


def later(office: Office, **more: float) -> None:
    office.region.clock.advance(**more)


def test_a_list_says_what_the_files_say_and_openssl_and_gmssl_agree(office: Office, tmp_path: Path) -> None:
    file = office.at(State.SUSPENDED)
    octets = publishing.current(office.room)
    signed, said = wire.read(octets)
    code = office.row(file).code
    assert code is not None
    assert [one.state for one in said.seals[code]] == [Public.NOT_IN_USE, Public.IN_USE, Public.SUSPENDED]
    assert said.seals[code][-1].reason == Reason.LOSS_SUSPECTED
    assert publishing.current(office.room) == octets, "nothing changed"
    # independently of our own readers: the JSON by itself, the value by two other programs
    outer = json.loads(octets)
    message = f"{outer['protected']}.{outer['payload']}".encode()
    value = base64.urlsafe_b64decode(outer["signature"] + "==")
    der = signature_value.write(int.from_bytes(value[:32]), int.from_bytes(value[32:]))
    head = json.loads(base64.urlsafe_b64decode(outer["protected"] + "=="))
    certificate = base64.b64decode(head["x5c"][0])
    assert oracles.openssl_sm2(tmp_path, certificate, message, der)
    assert oracles.gmssl_verifies(certificate, message, der)
    assert not oracles.openssl_sm2(tmp_path, certificate, message + b"x", der)
    assert signed.signing_input == message
    entry = next(
        one for one in json.loads(base64.urlsafe_b64decode(outer["payload"] + "=="))["seals"] if one["code"] == code
    )
    assert entry["state"] == "suspended"
    assert entry.keys() == {"code", "state", "since", "reason", "before"}


def test_numbers_grow_with_every_change_and_with_time(office: Office) -> None:
    before = wire.read(publishing.current(office.room))[1]
    file = office.at(State.APPROVED)
    after = wire.read(publishing.current(office.room))[1]
    assert before.number is not None
    assert after.number is not None
    assert after.number > before.number
    assert office.row(file).code in after.seals
    later(office, hours=13)
    assert publishing.refresh(office.room)
    renewed = wire.read(publishing.current(office.room))[1]
    assert renewed.this_update > after.this_update
    assert renewed.number == after.number + 1
    with office.room.ground.db.read() as session:
        rows = session.scalars(select(SealStatusList)).all()
    assert len({row.number for row in rows}) == len(rows)


def test_an_answer_is_fresh_and_repeated_only_while_it_is_true(office: Office) -> None:
    file = office.at(State.IN_USE)
    code = office.row(file).code
    assert code is not None
    first = answers.answer(office.room, code)
    assert answers.answer(office.room, code) == first
    said = check_statement(first, trust(office), Moment(office.region.clock.now()))
    assert said.seals[code][-1].state is Public.IN_USE
    assert said.next_update - said.this_update == answers.LIFE
    office.take(file, Step.SUSPEND)
    assert wire.read(answers.answer(office.room, code))[1].seals[code][-1].state is Public.SUSPENDED
    later(office, minutes=6)
    assert answers.answer(office.room, code) != first
    with pytest.raises(NoSuchSeal):
        answers.answer(office.room, "99999900000001")


def test_a_file_is_judged_by_the_seal_s_state_when_it_was_used_and_now(one_office: Office) -> None:
    file = one_office.at(State.IN_USE)
    later(one_office, minutes=1)
    early = stamped(one_office, file)  # with a time stamp, as stamping does
    report = verdict(one_office, early)
    assert report.verdict is Verdict.GENUINE
    assert report.has("seal.state_good")
    later(one_office, minutes=1)
    one_office.take(file, Step.SUSPEND)
    report = verdict(one_office, early)
    assert report.verdict is Verdict.GENUINE, [one.code for one in report.findings]
    assert report.has("seal.state_later")
    # somebody stamps although it is suspended: as a key on a lost UKey could
    seal = one_office.seal(file)
    with one_office.room.ground.db.begin() as session:
        session.get_one(type(seal), seal.id).state = SealState.IN_USE
    late = stamped(one_office, file)
    with one_office.room.ground.db.begin() as session:
        session.get_one(type(seal), seal.id).state = SealState.SUSPENDED
    report = verdict(one_office, late)
    assert report.verdict is Verdict.NOT_GENUINE
    assert report.has("seal.state_suspended")
    assert not report.signatures[0].trusted
    later(one_office, minutes=1)
    one_office.take(file, Step.RESUME)
    assert verdict(one_office, late).has("seal.state_suspended"), "resuming heals nothing that was done meanwhile"
    assert verdict(one_office, early).has("seal.state_good")
    # offline, by a list file alone
    octets = publishing.current(one_office.room)
    assert verdict(one_office, late, lists=(octets,), online=False).has("seal.state_suspended")
    assert verdict(one_office, early, lists=(octets,), online=False).has("seal.state_good")
    assert not verdict(one_office, late, online=False).has("seal.state_suspended"), "nobody was asked"
    later(one_office, days=2)
    assert verdict(one_office, early, lists=(octets,), online=False).has("seal.status_old")


def test_a_revoked_seal_s_older_stamps_stand_by_their_time_stamp(one_office: Office) -> None:
    file = one_office.at(State.IN_USE)
    later(one_office, minutes=1)
    document = stamped(one_office, file)
    later(one_office, minutes=1)
    one_office.take(file, Step.REVOKE)
    later(one_office, minutes=1)
    report = verdict(one_office, document)
    assert report.has("seal.state_later")
    assert report.verdict is Verdict.GENUINE, [one.code for one in report.findings]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.replace(b'"payload":"', b'"payload":"A', 1),
        lambda data: data[:-1] + b',"more":1}',
        lambda data: data[:-1] + b',"payload":""}',
        lambda _: b"[" * 100_000,
        lambda data: data.replace(b'"signature":"', b'"signature":"=', 1),
        lambda _: b"{}",
        lambda _: b"\xff",
    ],
    ids=["payload", "field", "twice", "deep", "base64", "empty", "binary"],
)
def test_a_spoilt_list_is_refused(one_office: Office, spoil: object) -> None:
    octets = spoil(publishing.current(one_office.room))  # type: ignore[operator]
    with pytest.raises(InvalidInput):
        check_statement(octets, trust(one_office), Moment(one_office.region.clock.now()))


def test_a_list_by_somebody_else_s_key_is_not_believed(one_office: Office) -> None:
    """Altered in its content, or signed with a certificate of ours that is no publisher's."""
    room, now = one_office.room, one_office.region.clock.now()
    signed, said = wire.read(publishing.current(room))
    other = wire.signing_input(
        wire.LIST, signed.certificates, wire.payload(Statement(9, said.this_update, said.next_update, {}))
    )
    with pytest.raises(InvalidInput):
        check_statement(wire.assemble(other, signed.signature), trust(one_office), Moment(now))
    file = one_office.at(State.IN_USE)
    seal = one_office.seal(file)
    assert seal.sm2_certificate is not None
    chain = (seal.sm2_certificate, *signed.certificates[1:])
    forged = wire.signing_input(wire.LIST, chain, wire.payload(said))
    value = room.keys.signer(f"seal/{seal.code}/sm2").sign(_token(forged))
    with pytest.raises(InvalidInput, match="publisher"):
        check_statement(wire.assemble(forged, value), trust(one_office), Moment(now))
    report = verdict(one_office, stamped(one_office, file), lists=(wire.assemble(forged, value),), online=False)
    assert report.has("seal.list_refused")


def _token(data: bytes) -> ToBeSigned:
    return ToBeSigned(Purpose.SEALING, data, "a test's")


# --- the signer's own look -------------------------------------------------------------------------------------------


def asked(office: Office, content: bytes, intent: str, kind: str = wire.LIST) -> Asked:
    by = signing.publisher(office.room)
    return Asked(by.signer.ref, Purpose.SEAL_STATUS, intent, wire.signing_input(kind, by.certificates, content))


def test_the_signer_signs_no_lie_about_a_seal(one_office: Office) -> None:
    file = one_office.at(State.REVOKED)
    code = one_office.row(file).code
    assert code is not None
    ground, now = one_office.room.ground, one_office.region.clock.now().replace(microsecond=0)
    standing = answers.standing(one_office.room, code)
    assert standing is not None
    true = wire.payload(Statement(None, now, now + answers.LIFE, {code: standing.periods}))
    intent = f"seal-status:{code}:{int(now.timestamp())}"
    assert policy.check(ground, asked(one_office, true, intent, wire.ANSWER)).at == now
    good = Period(Public.IN_USE, standing.periods[0].since, Reason.RECEIVED.value)
    for periods in ((good,), standing.periods[:-1]):
        lie = wire.payload(Statement(None, now, now + answers.LIFE, {code: periods}))
        with pytest.raises(PolicyRefused):
            policy.check(ground, asked(one_office, lie, intent, wire.ANSWER))
    long = wire.payload(Statement(None, now, now + timedelta(days=30), {code: standing.periods}))
    with pytest.raises(PolicyRefused):
        policy.check(ground, asked(one_office, long, intent, wire.ANSWER))
    with pytest.raises(IntentUnknown):
        policy.check(ground, asked(one_office, true, "seal-status:0:0", wire.ANSWER))
    unrecorded = wire.payload(Statement(900_000, now, now + publishing.LIFE, {code: standing.periods}))
    with pytest.raises(IntentUnknown):
        policy.check(ground, asked(one_office, unrecorded, "seal-status:list:900000"))
    with pytest.raises(PolicyRefused):
        policy.check(ground, Asked(asked(one_office, true, intent).ref, Purpose.SEAL_STATUS, intent, b"not JSON"))


def test_no_name_of_a_person_is_published(one_office: Office) -> None:
    one_office.at(State.IN_USE, kind=SealKind.PERSONAL, ring_text="欧阳修文", custodian="司马相如")
    text = publishing.current(one_office.room)
    payload = base64.urlsafe_b64decode(json.loads(text)["payload"] + "==")
    assert payload.isascii()
    assert b"person" not in payload
    assert CLERK.label.encode() not in payload
    assert isinstance(one_office.region.clock, FixedClock)


def test_the_maker_s_key_signs_only_what_was_applied_for_and_approved(one_office: Office) -> None:
    """By the signer's own look at the database: a row written there by hand makes no seal."""
    ground = one_office.room.ground
    file = one_office.at(State.MADE)
    row = one_office.seal(file)
    with ground.db.read() as session:
        check_file(ground, session, row)
    for forged in (
        {"approval_mac": b"0" * 32},
        {"approver": "person:1"},
        {"line_text": "财务专用章"},
        {"state": "applied"},
    ):
        before = {name: getattr(one_office.row(file), name) for name in forged}
        one_office.forge(file, **forged)
        with ground.db.read() as session, pytest.raises(PolicyRefused):
            check_file(ground, session, row)
        one_office.forge(file, **before)
    with ground.db.read() as session:
        bare = session.scalars(select(SealRow).where(SealRow.code == "21990000000002")).one()
        with pytest.raises(PolicyRefused, match="no approved application"):
            check_file(ground, session, bare)

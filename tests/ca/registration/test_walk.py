"""Whole walks through the machine, from the application to the certificate in hand and its end."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from ca.models import CaCertificate, CaRevocation
from ca.names import Subject
from ca.reading import identity_of, read_certificate
from ca.reading.alternative import AlternativeNames, names_of
from ca.reading.crl import Reason
from ca.registration import codes, collect, holdings, search
from ca.registration.content import Content
from ca.registration.errors import AskersOnly, CodeRefused
from ca.registration.policy import Channel, Delivery
from ca.registration.states import Kind, State, Step
from ca.signatures import check_certificate
from ca.storing import opened
from ca.suites import Suite
from foundation.errors import Conflict, InvalidInput
from hsm.sm2 import Sm2PrivateKey
from tests.ca.registration.desk import (
    APPROVER,
    CITIZEN,
    NEIGHBOUR,
    OFFICER,
    PEOPLE,
    PROGRAM,
    REGISTRAR,
    Desk,
    application,
    csr,
)

PASSWORD = "sample-Pass-12"


def certificate_of(desk: Desk, identifier: UUID) -> CaCertificate:
    with desk.room.ground.db.read() as session:
        return session.get_one(CaCertificate, identifier)


def revocation_of(desk: Desk, identifier: UUID) -> CaRevocation | None:
    row = certificate_of(desk, identifier)
    with desk.room.ground.db.read() as session:
        return session.get(CaRevocation, (row.authority, row.serial))


def test_a_citizen_gets_a_certificate_of_the_account_s_own_name(desk: Desk) -> None:
    key = Sm2PrivateKey.generate()
    identifier = desk.submitted(CITIZEN, desk.own(csr=csr(key)))
    assert desk.state(identifier) == State.SUBMITTED
    assert desk.take(OFFICER, identifier, Step.REVIEW) is State.ISSUED
    handed = collect.download(desk.room, CITIZEN, identifier)
    made = read_certificate(handed.certificate)
    known = PEOPLE[UUID(int=1)]
    assert made.subject.common_name == known.name
    assert identity_of(made).citizen_number == known.citizen_number
    assert made.spki == key.spki
    check_certificate(made, read_certificate(handed.chain[0]).spki)
    assert desk.state(identifier) == State.DELIVERED
    acted = [action.removeprefix("ca.registration.") for action in desk.audited(identifier)]
    assert sorted(one for one in acted if one != "look") == ["begin", "deliver", "file", "issue", "review", "submit"]


def test_a_department_s_official_takes_two_persons_and_a_code_on_his_phone(desk: Desk) -> None:
    identifier = desk.submitted(REGISTRAR, desk.official())
    assert desk.take(OFFICER, identifier, Step.REVIEW) is State.REVIEWED
    assert desk.take(APPROVER, identifier, Step.APPROVE) is State.APPROVED
    assert desk.inbox.messages[-1][0] == "13900000002"
    code = desk.inbox.code(identifier)
    request = csr()
    first = collect.collect(desk.room, identifier, code.lower().replace("-", " "), csr=request)
    again = collect.collect(desk.room, identifier, code)  # a lost answer: the certificate is no secret
    assert first.certificate == again.certificate
    assert desk.state(identifier) == State.DELIVERED


@pytest.mark.parametrize("suite", [Suite.SM2, Suite.RSA])
def test_a_file_leaves_once_and_openssl_opens_it(desk: Desk, suite: Suite, tmp_path: Path) -> None:
    identifier = desk.approved(REGISTRAR, desk.official(delivery=Delivery.PKCS12, suite=suite))
    code = desk.inbox.code(identifier)
    with pytest.raises(InvalidInput):
        collect.collect(desk.room, identifier, code, password="short")
    handed = collect.collect(desk.room, identifier, code, password=PASSWORD, rounds=1000)
    assert handed.pkcs12 is not None
    path = tmp_path / "own.p12"
    path.write_bytes(handed.pkcs12)
    shown = openssl("pkcs12", "-in", str(path), "-passin", f"pass:{PASSWORD}", "-nodes", "-info")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("BEGIN CERTIFICATE") == 3
    key = openssl("pkey", "-pubout", "-outform", "DER", stdin=shown.stdout.encode(), raw=True)
    assert key.stdout == read_certificate(handed.certificate).spki
    wrong = openssl("pkcs12", "-in", str(path), "-passin", "pass:another-Pass-1", "-nodes")
    assert wrong.returncode != 0
    with pytest.raises(CodeRefused):
        collect.collect(desk.room, identifier, code, password=PASSWORD, rounds=1000)


def openssl(*arguments: str, stdin: bytes | None = None, raw: bool = False) -> subprocess.CompletedProcess:
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=False)
    if raw:
        return done
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    )


def test_renewal_keeps_the_key_and_is_for_the_last_ninety_days(own_desk: Desk) -> None:
    desk = own_desk
    old = desk.certificate(CITIZEN, desk.own())
    with pytest.raises(Conflict, match="standing"):
        desk.file(CITIZEN, desk.about(Kind.RENEW, old))
    desk.region.clock.advance(days=1095 - 60)
    new = desk.certificate(CITIZEN, desk.about(Kind.RENEW, old))
    assert certificate_of(desk, new).key_hash == certificate_of(desk, old).key_hash
    assert certificate_of(desk, new).not_after > certificate_of(desk, old).not_after
    assert revocation_of(desk, old) is None
    desk.region.clock.advance(days=1095 - 60)
    with pytest.raises(Conflict, match="key_used_up"):
        desk.file(CITIZEN, desk.about(Kind.RENEW, new))


@pytest.mark.parametrize("reason", [None, Reason.KEY_COMPROMISE])
def test_a_new_key_ends_the_old_certificate(desk: Desk, reason: Reason | None) -> None:
    key = Sm2PrivateKey.generate()
    old = desk.certificate(CITIZEN, desk.own(csr=csr(key)))
    with pytest.raises(InvalidInput, match="same_key"):
        desk.file(CITIZEN, desk.about(Kind.REKEY, old, csr=csr(key), reason=reason))
    new = desk.certificate(CITIZEN, desk.about(Kind.REKEY, old, csr=csr(), reason=reason))
    ended = revocation_of(desk, old)
    assert ended is not None
    assert ended.reason == (reason or Reason.SUPERSEDED)
    assert revocation_of(desk, new) is None


def test_a_change_of_details_ends_the_old_one_as_affiliation_changed(desk: Desk) -> None:
    old = desk.approved(REGISTRAR, desk.official(csr=csr()))
    certificate = desk.row(old).issued_id
    assert certificate is not None
    before = read_certificate(opened(desk.room.ground.cipher, certificate_of(desk, certificate), "der"))
    moved = Content(Subject("欧阳修文", "印川市市场监督管理局", "执法科"), identity_of(before), csr=csr())
    other = replace(moved, identity=replace(moved.identity, citizen_number=PEOPLE[UUID(int=1)].citizen_number))
    with pytest.raises(InvalidInput, match="other_holder"):
        desk.file(REGISTRAR, desk.about(Kind.CHANGE, certificate, content=other))
    new = desk.certificate(REGISTRAR, desk.about(Kind.CHANGE, certificate, content=moved))
    after = read_certificate(opened(desk.room.ground.cipher, certificate_of(desk, new), "der"))
    assert after.subject.organizational_unit == "执法科"
    ended = revocation_of(desk, certificate)
    assert ended is not None
    assert ended.reason == Reason.AFFILIATION_CHANGED


def test_the_holder_holds_at_once_and_a_release_takes_an_officer(desk: Desk) -> None:
    held = desk.certificate(CITIZEN, desk.own())
    hold = desk.file(CITIZEN, desk.about(Kind.HOLD, held))
    assert desk.take(CITIZEN, hold, Step.SUBMIT) is State.DONE
    ended = revocation_of(desk, held)
    assert ended is not None
    assert ended.reason == Reason.CERTIFICATE_HOLD
    release = desk.submitted(CITIZEN, desk.about(Kind.RELEASE, held))
    assert desk.state(release) == State.SUBMITTED
    assert desk.take(OFFICER, release, Step.REVIEW) is State.DONE
    assert revocation_of(desk, held) is None


def test_the_holder_s_word_revokes_at_once_an_officer_s_takes_another_officer(desk: Desk) -> None:
    mine, theirs = desk.certificate(CITIZEN, desk.own()), desk.certificate(CITIZEN, desk.own())
    with pytest.raises(InvalidInput, match="revocation_reason"):
        desk.file(CITIZEN, desk.about(Kind.REVOKE, mine, reason=Reason.PRIVILEGE_WITHDRAWN))
    request = desk.file(CITIZEN, desk.about(Kind.REVOKE, mine, reason=Reason.KEY_COMPROMISE))
    assert desk.take(CITIZEN, request, Step.SUBMIT) is State.DONE
    ended = revocation_of(desk, mine)
    assert ended is not None
    assert ended.reason == Reason.KEY_COMPROMISE
    with pytest.raises(InvalidInput, match="revocation_reason"):
        desk.file(OFFICER, desk.about(Kind.REVOKE, theirs, reason=Reason.UNSPECIFIED))
    request = desk.submitted(OFFICER, desk.about(Kind.REVOKE, theirs, reason=Reason.PRIVILEGE_WITHDRAWN))
    assert desk.state(request) == State.SUBMITTED


def test_a_personal_code_is_shown_to_nobody_but_the_holder(desk: Desk) -> None:
    filed = desk.approved(REGISTRAR, desk.official())
    assert codes.make(desk.room, REGISTRAR, filed).shown is None
    shown = codes.make(desk.room, NEIGHBOUR, filed).shown  # 欧阳修文 himself
    assert shown is not None
    collect.collect(desk.room, filed, shown, csr=csr())
    seal = desk.approved(PROGRAM, desk.seal_maker(csr=None))
    assert codes.make(desk.room, PROGRAM, seal).shown is not None
    with pytest.raises(AskersOnly):
        codes.make(desk.room, OFFICER, seal)


def test_my_certificates_say_what_may_be_asked(desk: Desk) -> None:
    held = desk.certificate(CITIZEN, desk.own())
    mine = {one.id: one for one in holdings.holdings(desk.room, CITIZEN, limit=100)[0]}
    assert mine[held].may == (Kind.REKEY, Kind.CHANGE, Kind.HOLD, Kind.REVOKE)
    assert mine[held].name == "林**"
    assert held not in {one.id for one in holdings.holdings(desk.room, NEIGHBOUR, limit=100)[0]}


def test_lists_mask_and_queues_show_what_waits(own_desk: Desk) -> None:
    desk = own_desk  # the shared one has more waiting than a page
    identifier = desk.submitted(CITIZEN, desk.own())
    waiting = search.search(desk.room, OFFICER, search.Query(queue=search.Queue.REVIEW, limit=100)).items
    one = next(entry for entry in waiting if entry.id == identifier)
    assert one.name == "林**"
    assert search.find(desk.room, OFFICER, identifier).may == (Step.REVIEW, Step.RETURN, Step.REJECT)
    assert search.find(desk.room, CITIZEN, identifier).may == (Step.CHANGE, Step.WITHDRAW)
    named = search.search(desk.room, OFFICER, search.Query(name=PEOPLE[UUID(int=1)].name, limit=100)).items
    assert identifier in {entry.id for entry in named}


def test_a_server_gets_the_names_that_were_approved(desk: Desk) -> None:
    named = AlternativeNames(dns=("zwfw.yinchuan-sample.cn",))
    said = Content(Subject("zwfw.yinchuan-sample.cn"), names=named, csr=csr())
    made = desk.certificate(PROGRAM, application("tls-server", Channel.DEPARTMENT, said))
    first = read_certificate(opened(desk.room.ground.cipher, certificate_of(desk, made), "der"))
    assert names_of(first) == named
    again = desk.certificate(PROGRAM, desk.about(Kind.REKEY, made, csr=csr()))
    assert names_of(read_certificate(opened(desk.room.ground.cipher, certificate_of(desk, again), "der"))) == named

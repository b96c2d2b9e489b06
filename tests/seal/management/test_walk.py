"""A seal from its application to its destruction, and what it is allowed to on the way."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ca.crl import current
from ca.reading import read_certificate, read_crl
from ca.reading.crl import Reason as Revocation
from foundation.audit.models import AuditRow
from hsm.models import HsmKey
from seal.errors import SealNotInUse
from seal.management import destroying, finding, making
from seal.management.errors import KeysRemain, NoSuchChange, NotNow
from seal.management.reasons import Reason
from seal.management.states import State, Step
from seal.models import SealState
from seal.orders import PdfOrder, Placement, SealKind
from seal.stamp import stamp_pdf
from tests.seal import papers
from tests.seal.conftest import MARKET, clerk
from tests.seal.management.office import CLERK, MAKER, NAME, TO_USE, Office


def stamp(office: Office, file: object) -> bytes:
    seal = office.seal(file)  # type: ignore[arg-type]
    order = PdfOrder(papers.pdf(), seal.id, Placement(1, 100, 100), office.region.key())
    return stamp_pdf(office.room, clerk(MARKET), order).document


def serials(office: Office, file: object) -> list[tuple[str, int]]:
    row = office.seal(file)  # type: ignore[arg-type]
    pair = (("sm2", row.sm2_certificate), ("rsa", row.rsa_certificate))
    return [(suite, read_certificate(octets).serial) for suite, octets in pair if octets is not None]


def test_a_whole_life(office: Office) -> None:
    file = office.apply()
    assert office.row(file).code is None, "a code is taken when it is approved"
    states = [office.take(file, step) for step in TO_USE]
    assert states == [State.APPROVED, State.MADE, State.FILED, State.ISSUED, State.IN_USE]
    row = office.row(file)
    assert row.code is not None
    assert row.code.startswith(MARKET[2:8])
    assert row.filing_number == f"YZBA-{row.code}"
    assert stamp(office, file)
    office.take(file, Step.SUSPEND)
    with pytest.raises(SealNotInUse):
        stamp(office, file)
    office.take(file, Step.RESUME)
    assert stamp(office, file)
    office.take(file, Step.REVOKE)
    with pytest.raises(SealNotInUse):
        stamp(office, file)
    for suite, serial in serials(office, file):
        assert read_crl(current(office.room.ca, f"{suite}-issuing")).find(serial) is not None
    lines = finding.history(office.room, CLERK, file)
    assert [line.step for line in lines] == [
        "apply", "approve", "begin", "make", "file", "issue", "accept", "suspend", "resume", "revoke",
    ]  # fmt: skip
    assert [line.number for line in lines] == list(range(1, 11))
    assert lines[7].words == "介质找不到"
    with office.room.ground.db.read() as session:
        audited = session.scalars(select(AuditRow).where(AuditRow.object == f"seal-file:{file}")).all()
    assert [one.action.removeprefix("seal.manage.") for one in audited].count("make") == 1
    assert len(audited) == len(lines)
    assert all("介质" not in one.payload for one in audited)


def test_before_it_is_taken_into_use_a_seal_stamps_nothing(one_office: Office) -> None:
    file = one_office.apply()
    for step in TO_USE[:-1]:
        one_office.take(file, step)
        if step is not Step.APPROVE:
            assert one_office.seal(file).state == SealState.MADE
            with pytest.raises(SealNotInUse):
                stamp(one_office, file)


def test_destroying_retires_the_keys_at_once_and_ends_when_the_custodians_have_destroyed_them(office: Office) -> None:
    file = office.at(State.REVOKED)
    assert destroying.destroy(office.room, MAKER, file) == State.DESTROYING
    keys = finding.keys(office.room, MAKER, file)
    assert {key.state for key in keys} == {"retired"}
    assert len(keys) == 2
    with pytest.raises(KeysRemain):
        destroying.destroy(office.room, MAKER, file)
    assert destroying.conclude_all(office.room) == []
    with office.room.ground.db.begin() as session:  # what `hsm.life` leaves after dual control
        for key in session.scalars(select(HsmKey).where(HsmKey.name.startswith(f"seal/{office.row(file).code}/"))):
            key.state = "destroyed"
    assert destroying.conclude_all(office.room) == [file]
    assert office.row(file).state == State.DESTROYED
    assert office.seal(file).state == SealState.DESTROYED
    with pytest.raises(SealNotInUse):
        stamp(office, file)
    with pytest.raises(NotNow):
        destroying.destroy(office.room, MAKER, file)


def test_a_change_makes_a_new_seal_and_replaces_the_old_one_when_it_is_taken_into_use(office: Office) -> None:
    old = office.at(State.IN_USE, kind=SealKind.BUSINESS, line_text="行政审批专用章")
    wanted: dict[str, Any] = {
        "replaces": old,
        "reason": Reason.PICTURE_CHANGED,
        "words": "更换印模",
        "kind": SealKind.BUSINESS,
        "line_text": "政务服务专用章",
    }
    new = office.apply(**wanted)
    with pytest.raises(NoSuchChange):
        office.apply(**wanted)
    for step in TO_USE[:-1]:
        office.take(new, step)
        assert office.row(old).state == State.IN_USE, "until the new one is there"
    office.take(new, Step.ACCEPT)
    assert office.row(old).state == State.SUPERSEDED
    assert (office.row(new).version, office.row(new).replaces) == (2, old)
    assert office.row(new).code != office.row(old).code
    assert stamp(office, new)
    with pytest.raises(SealNotInUse):
        stamp(office, old)
    for suite, serial in serials(office, old):
        entry = read_crl(current(office.room.ca, f"{suite}-issuing")).find(serial)
        assert entry is not None
        assert entry.reason == Revocation.SUPERSEDED
    with pytest.raises(NoSuchChange):
        office.apply(**wanted)


def test_a_personal_name_seal_keeps_its_name_to_itself(one_office: Office) -> None:
    file = one_office.at(State.IN_USE, kind=SealKind.PERSONAL, ring_text="欧阳修文", custodian="欧阳修文")
    row, seal = one_office.row(file), one_office.seal(file)
    assert "欧阳" not in f"{row.ring_text}{row.design}{row.custodian}"
    assert "阳修文" not in f"{seal.ring_text}{seal.name}{seal.picture}"
    assert finding.file(one_office.room, CLERK, file).ring_text == "欧阳修文"
    assert stamp(one_office, file)


def test_made_once_however_often_it_is_asked(one_office: Office) -> None:
    file = one_office.at(State.APPROVED)
    assert making.make(one_office.room, MAKER, file) == State.MADE
    seal = one_office.seal(file)
    with pytest.raises(NotNow):
        making.make(one_office.room, MAKER, file)
    assert one_office.seal(file).esl_sha256 == seal.esl_sha256
    assert one_office.row(file).department_name == NAME

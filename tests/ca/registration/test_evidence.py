"""Evidence: what may be attached, how it lies in the store, who may look, and that each look is on record."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from ca.registration import evidence, search
from ca.registration.errors import NotNow, RegistrationUnknown
from ca.registration.models import CaRegistrationEvidence
from ca.registration.policy import Evidence
from ca.registration.states import State, Step
from foundation.errors import Conflict, Damaged, InvalidInput, TooLarge, Unsupported, YinxinError
from tests.ca.registration.desk import AUDITOR, CITIZEN, NEIGHBOUR, OFFICER, PNG, REGISTRAR, Desk

SECRET = b"\xff\xd8\xff" + b"a picture of somebody's identity card" * 50


def attached(desk: Desk) -> tuple:
    filed = desk.file(CITIZEN, desk.own())
    return filed, evidence.attach(desk.room, CITIZEN, filed, Evidence.IDENTITY, "林知夏身份证.jpg", SECRET)


def test_a_file_comes_back_to_its_side_and_to_reviewers(desk: Desk) -> None:
    filed, piece = attached(desk)
    for who in (CITIZEN, OFFICER):
        assert evidence.look(desk.room, who, filed, piece).octets == SECRET
        shown = evidence.pieces(desk.room, who, filed)
        assert [(one.name, one.media_type) for one in shown] == [("林知夏身份证.jpg", "image/jpeg")]
    assert desk.audited(filed).count("ca.registration.look") == 2


def test_an_auditor_sees_that_it_is_there_and_no_more(desk: Desk) -> None:
    filed, piece = attached(desk)
    assert [one.name for one in evidence.pieces(desk.room, AUDITOR, filed)] == [""]
    for who in (AUDITOR, NEIGHBOUR, REGISTRAR):
        with pytest.raises(RegistrationUnknown):
            evidence.look(desk.room, who, filed, piece)
    with pytest.raises(RegistrationUnknown):
        search.read(desk.room, AUDITOR, filed)
    assert search.find(desk.room, AUDITOR, filed).clear is False


def test_neither_picture_nor_name_lies_in_clear_anywhere(desk: Desk) -> None:
    _, piece = attached(desk)
    with desk.room.ground.db.read() as session:
        row = session.get_one(CaRegistrationEvidence, piece)
    stored = desk.room.ground.storage.open(row.object_key)
    assert SECRET[3:40] not in stored
    assert "林知夏" not in row.name + row.object_key + str(row.data_key)


def test_a_file_taken_back_is_gone_for_good(desk: Desk) -> None:
    filed, piece = attached(desk)
    evidence.remove(desk.room, CITIZEN, filed, piece)
    with pytest.raises(RegistrationUnknown):
        evidence.look(desk.room, CITIZEN, filed, piece)
    with desk.room.ground.db.read() as session:
        row = session.get_one(CaRegistrationEvidence, piece)
        assert row.data_key is None
        assert row.removed_at is not None


@pytest.mark.parametrize(
    "octets", [b"", b"GIF89a....", b"<svg onload=alert(1)>", b"PK\x03\x04", b"MZ\x90", b" %PDF-1.7"]
)
def test_only_what_is_a_pdf_or_picture_by_its_octets(desk: Desk, octets: bytes) -> None:
    filed = desk.file(CITIZEN, desk.own())
    with pytest.raises(Unsupported):
        evidence.attach(desk.room, CITIZEN, filed, Evidence.OTHER, "x.pdf", octets)


def test_size_and_number_are_bounded(desk: Desk) -> None:
    filed = desk.file(CITIZEN, desk.own())
    with pytest.raises(TooLarge):
        evidence.attach(desk.room, CITIZEN, filed, Evidence.OTHER, "x", b"%PDF-" + bytes(evidence.MOST_OCTETS))
    for _ in range(evidence.MOST_FILES):
        evidence.attach(desk.room, CITIZEN, filed, Evidence.OTHER, "x", PNG)
    with pytest.raises(Conflict):
        evidence.attach(desk.room, CITIZEN, filed, Evidence.OTHER, "x", PNG)


def test_a_file_altered_or_swapped_in_the_store_does_not_open(desk: Desk, tmp_path: Path) -> None:
    filed, piece = attached(desk)
    other = evidence.attach(desk.room, CITIZEN, filed, Evidence.OTHER, "b", PNG)
    with desk.room.ground.db.begin() as session:
        keys = dict(session.execute(select(CaRegistrationEvidence.id, CaRegistrationEvidence.object_key)).all())
        session.execute(
            update(CaRegistrationEvidence).where(CaRegistrationEvidence.id == piece).values(object_key=keys[other])
        )
    with pytest.raises(Damaged):
        evidence.look(desk.room, CITIZEN, filed, piece)


def test_a_counter_application_needs_a_document(desk: Desk) -> None:
    filed = desk.file(OFFICER, desk.counter(phone="13900000001"))
    with pytest.raises(InvalidInput, match="evidence_missing"):
        desk.take(OFFICER, filed, Step.SUBMIT)
    evidence.attach(desk.room, OFFICER, filed, Evidence.IDENTITY, "x", PNG)
    assert desk.take(OFFICER, filed, Step.SUBMIT) is State.SUBMITTED


def test_nothing_is_attached_to_what_is_decided(desk: Desk) -> None:
    filed = desk.approved(CITIZEN, desk.own())
    with pytest.raises(NotNow):
        evidence.attach(desk.room, CITIZEN, filed, Evidence.OTHER, "x", PNG)
    with pytest.raises(YinxinError):
        evidence.attach(desk.room, NEIGHBOUR, filed, Evidence.OTHER, "x", PNG)

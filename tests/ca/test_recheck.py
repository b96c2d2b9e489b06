"""A sound register passes; each kind of damage, planted with the database open before us, is named."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import and_, delete, select, update

from ca import crl
from ca.models import CaCertificate, CaCrl, CaProfile, State
from ca.reading.certificate import read_certificate
from ca.recheck import recheck
from ca.recheck.cli import command
from ca.room import CaRoom
from ca.suites import Suite
from foundation import der
from foundation.audit.models import AuditNode, AuditRow
from foundation.audit.sequencer import sequence_all
from hsm.keys import Purpose
from hsm.models import HsmKey
from hsm.schemes import Scheme
from hsm.signing import ToBeSigned
from server.cli import say
from tests.bent import bent
from tests.ca.conftest import Region


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, make_region: Callable[..., Region]) -> Region:
    region = make_region(request.param)
    for profile in ("code-signer", "citizen", "device"):
        region.issue(Suite.SM2, profile, f"kept-{profile}")
    crl.current(region.room, "sm2-issuing")
    sequence_all(region.room.ground.db)
    return region


TABLES = [model.__table__ for model in (CaCertificate, CaCrl, CaProfile, AuditRow, AuditNode, HsmKey)]


@pytest.fixture
def damaged(kept: Region) -> Iterator[Region]:
    """The same region; what a test breaks is put right after it."""
    with kept.room.ground.db.read() as session:
        before = {table: _rows(session, table) for table in TABLES}
    yield kept
    with kept.room.ground.db.begin() as session:
        for table, rows in before.items():
            now = _rows(session, table)
            for key in now.keys() - rows.keys():
                session.execute(table.delete().where(_is(table, key)))
            for key, row in rows.items():
                if key not in now:
                    session.execute(table.insert().values(**row))
                elif now[key] != row:
                    session.execute(table.update().where(_is(table, key)).values(**row))


def _rows(session: Any, table: Any) -> dict[tuple[Any, ...], dict[str, Any]]:
    rows = session.execute(table.select()).mappings()
    return {tuple(row[column.name] for column in table.primary_key): dict(row) for row in rows}


def _is(table: Any, key: tuple[Any, ...]) -> Any:
    return and_(*(column == value for column, value in zip(table.primary_key, key, strict=True)))


def codes(region: Region) -> set[str]:
    return {fault.code for fault in recheck(region.room).faults}


def change(region: Region, which: str = "code-signer", **values: Any) -> None:
    with region.room.ground.db.begin() as session:
        session.execute(update(CaCertificate).where(CaCertificate.request_key == f"kept-{which}").values(**values))


def row(region: Region, profile: str = "code-signer") -> CaCertificate:
    with region.room.ground.db.read() as session:
        return session.scalars(select(CaCertificate).where(CaCertificate.request_key == f"kept-{profile}")).one()


def test_a_sound_register_has_nothing_to_say(kept: Region) -> None:
    report = recheck(kept.room)
    assert report.faults == []
    assert (report.certificates, report.unfinished) == (7, 0)
    assert report.lists >= 1
    assert report.keys >= 5


DAMAGE: list[tuple[str, dict[str, Any]]] = [
    ("unreadable", {"der": "AAAA"}),
    ("unreadable", {"der": "not base64 §"}),
    ("fingerprint", {"fingerprint": "0" * 64}),
    ("serial", {"serial": "ff"}),
    ("issuer", {"authority": "sm2-root"}),
    ("name", {"subject": "别人"}),
    ("name", {"organization": "别的单位"}),
    ("name", {"subject_blind": "0" * 32}),
    ("key", {"key_hash": "0" * 64}),
    ("profile", {"profile_digest": "0" * 64}),
    ("profile", {"profile_version": 99}),
    ("profile", {"profile": "nobody"}),
    ("policy", {"profile": "seal-maker", "profile_digest": None}),
    ("policy", {"shard": 1000}),
    ("event_differs", {"profile_version": 2}),
]


@pytest.mark.parametrize(("code", "values"), DAMAGE, ids=[f"{at}-{code}" for at, (code, _) in enumerate(DAMAGE)])
def test_a_row_altered_is_named(damaged: Region, code: str, values: dict[str, Any]) -> None:
    change(damaged, **values)
    assert code in codes(damaged)


@pytest.mark.parametrize(
    ("code", "column", "shift"),
    [
        ("dates", "not_after", 1),
        ("dates", "not_before", -1),
        ("back_dated", "recorded_at", 3600),
        ("back_dated", "issued_at", -99),
    ],
)
def test_dates_altered_are_named(damaged: Region, code: str, column: str, shift: int) -> None:
    change(damaged, **{column: getattr(row(damaged), column) + timedelta(seconds=shift)})
    assert code in codes(damaged)


def test_a_sealed_name_that_does_not_open_is_named(damaged: Region) -> None:
    change(damaged, "citizen", subject="v1.1.AAAA.AAAA")
    assert "name" in codes(damaged)


def _forge(region: Region, bend: Callable[[bytes], bytes], *, sign: bool) -> None:
    """Put another certificate into the row, as far as the row itself can be made to fit."""
    made = read_certificate(base64.b64decode(row(region).der or ""))
    tbs, value = bend(made.tbs), made.signature
    if sign:
        value = region.room.keys.signer("ca/sm2-issuing").sign(ToBeSigned(Purpose.CERTIFICATE, tbs, "forged"))
    octets = der.sequence(tbs, Scheme.SM2_SM3.algorithm_identifier(), der.bit_string(value))
    print_ = read_certificate(octets).fingerprint
    change(region, der=base64.b64encode(octets).decode(), fingerprint=print_)


def test_a_signature_that_is_not_the_cas_is_named(damaged: Region) -> None:
    _forge(damaged, lambda tbs: tbs.replace(b"\x03\x02\x06\xc0", b"\x03\x02\x06\x80"), sign=False)
    assert {"signature", "event_differs"} <= codes(damaged)


def test_a_certificate_signed_outside_its_profile_is_named(damaged: Region) -> None:
    """Somebody with the CA's key and the database: keyUsage is one bit short, everything else fits."""
    _forge(damaged, lambda tbs: tbs.replace(b"\x03\x02\x06\xc0", b"\x03\x02\x06\x40"), sign=True)
    assert {"policy", "event_differs"} <= codes(damaged)


def test_a_profile_nobody_remembers_is_named(damaged: Region) -> None:
    change(damaged, profile_version=7, profile_digest="7" * 64)
    assert "profile" in codes(damaged)
    with damaged.room.ground.db.begin() as session:
        session.add(
            CaProfile(
                name="code-signer",
                version=7,
                digest="7" * 64,
                content="{}",
                first_seen=damaged.clock.now(),
            )
        )
    assert "profile" in codes(damaged)


def test_an_intent_left_lying_is_named(damaged: Region) -> None:
    recorded = row(damaged).recorded_at - timedelta(hours=1)
    change(damaged, state=State.RECORDED, recorded_at=recorded)
    assert "unfinished" in codes(damaged)


def audit(region: Region, action: str) -> Any:
    return (AuditRow.object == f"certificate:{row(region).id}") & (AuditRow.action == action)


@pytest.mark.parametrize("action", ["ca.certificate.record", "ca.certificate.issue"])
def test_an_event_taken_away_is_named(damaged: Region, action: str) -> None:
    with damaged.room.ground.db.begin() as session:
        session.execute(delete(AuditRow).where(audit(damaged, action)))
    assert "event_missing" in codes(damaged)


def test_an_event_rewritten_is_named(damaged: Region) -> None:
    with damaged.room.ground.db.begin() as session:
        found = session.scalars(select(AuditRow).where(audit(damaged, "ca.certificate.issue"))).one()
        found.payload = json.dumps(json.loads(found.payload) | {"sha256": "0" * 64})
    assert {"event_forged", "event_missing"} <= codes(damaged)


def test_an_event_outside_the_tree_is_named(damaged: Region) -> None:
    with damaged.room.ground.db.begin() as session:
        place = session.scalars(select(AuditRow.seq).where(audit(damaged, "ca.certificate.issue"))).one()
        session.execute(
            update(AuditNode).where(AuditNode.level == 0, AuditNode.position == place).values(hash=b"\x00" * 32)
        )
    assert "event_outside_tree" in codes(damaged)


def test_a_certificate_that_was_deleted_is_named(damaged: Region) -> None:
    with damaged.room.ground.db.begin() as session:
        session.execute(delete(CaCertificate).where(CaCertificate.request_key == "kept-device"))
    assert "certificate_vanished" in codes(damaged)


def test_a_list_without_its_event_is_named(damaged: Region) -> None:
    with damaged.room.ground.db.begin() as session:
        session.execute(update(CaCrl).where(CaCrl.sha256.is_not(None)).values(sha256="0" * 64))
    assert "list_unrecorded" in codes(damaged)


def test_a_key_slipped_in_or_changed_is_named(damaged: Region) -> None:
    with damaged.room.ground.db.begin() as session:
        first = session.scalars(select(HsmKey).order_by(HsmKey.id).limit(1)).one()
        first.spki = bent(first.spki)
    assert "key_unrecorded" in codes(damaged)


def test_a_key_retired_by_hand_or_deleted_is_named(damaged: Region) -> None:
    with damaged.room.ground.db.begin() as session:
        first = session.scalars(select(HsmKey).order_by(HsmKey.id).limit(1)).one()
        first.state = "retired"
    assert "key_state_unrecorded" in codes(damaged)
    with damaged.room.ground.db.begin() as session:
        session.execute(delete(HsmKey).where(HsmKey.id == first.id))
    assert "key_vanished" in codes(damaged)


def test_the_command_says_so_and_exits_with_one(damaged: Region) -> None:
    @contextmanager
    def room() -> Iterator[CaRoom]:
        yield damaged.room

    runner = CliRunner()
    fine = runner.invoke(command(room, say), ["--json"])
    assert fine.exit_code == 0, fine.output
    assert json.loads(fine.output)["sound"] is True
    assert runner.invoke(command(room, say), ["--json", "--since", "2031-01-01"]).exit_code == 0
    change(damaged, serial="ff")
    wrong = runner.invoke(command(room, say), [])
    assert wrong.exit_code == 1
    assert "serial" in wrong.output
    assert runner.invoke(command(room, say), ["--since", "2031-01-01"]).exit_code == 0

"""kill -9 at each step of publishing a list: the old one stands, the number is spent, nothing revoked is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from ca import crl, crl_state
from ca.crl_names import ListName
from ca.errors import LintFailed, ListBusy
from ca.models import CaCertificate, CaCrl
from ca.reading import Reason, read_crl
from ca.revoke import hold, revoke
from ca.signatures import check_crl
from ca.suites import Suite
from foundation import der
from foundation.principal import SYSTEM
from tests.ca.conftest import Region
from tests.dying import run

ROOT = Path(__file__).resolve().parents[2]
CA = "sm2-issuing"


def run_child(region: Region, work: str, what: str, failpoint: str = "") -> int:
    url, now = region.room.ground.settings.database_url, region.clock.now().isoformat()
    return run("tests.ca.revocation_child:main", str(region.home), url, now, work, what, point=failpoint)


@pytest.mark.parametrize("points", [("ca.crl.recorded", "ca.crl.stored"), ("ca.crl.signed",)])
def test_a_list_killed_anywhere_is_made_again(own_region: Region, points: tuple[str, ...]) -> None:
    """A full list before it is signed and before it is published, a shard between the two."""
    shard = len(points) == 1
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    with room.ground.db.read() as session:
        number = session.get_one(CaCertificate, made.id).shard
    name = ListName(CA, number if shard else None)
    before = read_crl(crl.fetch(room, name))
    revoke(room, SYSTEM, certificate_id=made.id, reason=Reason.SUPERSEDED)
    for point in points:
        assert run_child(own_region, "list", str(number) if shard else "", point) == -signal.SIGKILL
        found = crl_state.state(room, name)
        assert found.newest is not None
        assert (found.newest.number, found.dirty) == (before.number, True)
    after = read_crl(crl.fetch(room, name))
    check_crl(after, room.authority(CA).certificate.spki)
    assert after.find(made.serial) is not None
    with room.ground.db.read() as session:
        rows = session.execute(
            select(CaCrl.number, CaCrl.sha256).where(CaCrl.scope == name.scope).order_by(CaCrl.number)
        ).all()
    assert [digest is not None for _, digest in rows] == [True, *[False] * len(points), True]
    assert after.number == rows[-1][0]


def test_a_list_that_fails_its_lint_is_not_published(own_region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    room = own_region.room
    before = crl.current(room, CA)
    made = own_region.issue(Suite.SM2, "code-signer")
    revoke(room, SYSTEM, certificate_id=made.id, reason=Reason.SUPERSEDED)
    real = crl._signed

    def other(*arguments: object) -> bytes:
        octets = real(*arguments)  # type: ignore[arg-type]
        return octets.replace(der.integer(int(made.serial)), der.integer(int(made.serial) ^ 1))

    monkeypatch.setattr(crl, "_signed", other)
    with pytest.raises(LintFailed):
        crl.current(room, CA)
    monkeypatch.undo()
    found = crl_state.state(room, ListName(CA))
    assert found.newest is not None
    assert found.newest.number == read_crl(before).number


def test_an_altered_shard_in_the_table_is_replaced(own_region: Region) -> None:
    from sqlalchemy import update

    from ca.revocation_models import CaPartialList

    room = own_region.room
    first = crl.shard(room, CA, 0)
    with room.ground.db.begin() as session:
        session.execute(update(CaPartialList).values(octets=first[:-1] + bytes([first[-1] ^ 1])))
    room.kept.clear()
    again = read_crl(crl.shard(room, CA, 0))
    check_crl(again, room.authority(CA).certificate.spki)
    assert (again.number or 0) > (read_crl(first).number or 0)


def test_a_list_recorded_meanwhile_makes_us_read_again(own_region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process records a list between our number and our record: ours is drawn up anew, with what that knew."""
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    real, calls = crl._take_number, []

    def take(*arguments: object) -> object:
        taken = real(*arguments)  # type: ignore[arg-type]
        calls.append(taken.number)
        if len(calls) == 1:
            monkeypatch.setattr(crl, "_take_number", real)
            hold(room, SYSTEM, certificate_id=made.id)
            crl.publish(room, CA)
            monkeypatch.setattr(crl, "_take_number", take)
        return taken

    monkeypatch.setattr(crl, "_take_number", take)
    ours = read_crl(crl.publish(room, CA))
    assert len(calls) == 2
    assert ours.number == calls[1]
    assert ours.find(made.serial) is not None


def test_who_is_overtaken_each_time_gives_up(own_region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crl, "_record", lambda *_: False)
    with pytest.raises(ListBusy):
        crl.publish(own_region.room, CA)


def test_processes_publishing_at_once_lose_no_revocation(own_region: Region) -> None:
    room = own_region.room
    made = [own_region.issue(Suite.SM2, "code-signer") for _ in range(4)]
    url, now = room.ground.settings.database_url, own_region.clock.now().isoformat()
    command = [sys.executable, "-m", "tests.ca.revocation_child", str(own_region.home), url, now, "list", ""]
    children = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(2)]
    for one in made:
        revoke(room, SYSTEM, certificate_id=one.id, reason=Reason.SUPERSEDED)
        crl.current(room, CA)
    for child in children:
        _, said = child.communicate(timeout=120)
        assert child.returncode == 0, said.decode()
    final = read_crl(crl.current(room, CA))
    assert {entry.serial for entry in final.entries()} == {one.serial for one in made}

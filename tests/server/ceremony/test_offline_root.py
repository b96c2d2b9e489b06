"""Online under an offline root: what is taken into service, what is refused, and when its list is called late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from ca import crl, ocsp
from ca.ceremonies import ceremonies, ceremony, keep
from ca.chain import chain
from ca.crl_schedule import ages, refresh
from ca.errors import AuthorityUnknown, LintFailed, ListUnknown
from ca.hierarchy import establish
from ca.issue import Subject, issue
from ca.offline import Delivered, install, install_list
from ca.offline_cli import add_commands
from ca.reading import CertStatus, Reason, read_certificate, read_crl, read_ocsp_response
from ca.revoke import revoke
from ca.room import CaRoom
from ca.signatures import check_certificate
from ca.status import statuses
from ca.suites import Suite
from foundation.audit.models import AuditRow
from foundation.errors import Conflict, Damaged
from foundation.principal import SYSTEM
from hsm.keys import Algorithm, Purpose
from hsm.life.errors import DualControlNeeded
from server.trust_folder import status_request
from tests.server.ceremony.conftest import Stage

one_database = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""For refusals, which come before anything is written."""


def delivered(out: Path) -> Delivered:
    return Delivered(
        (out / "sm2-root.cer").read_bytes(),
        next(out.glob("sm2-issuing-*.cer")).read_bytes(),
        (out / "sm2-root.crl").read_bytes(),
        "0" * 64,
    )


def subject() -> Subject:
    return Subject("印川市电子证照二维码", "印川市政务服务和大数据管理局")


def test_a_region_runs_under_a_root_it_has_no_key_of(stage: Stage) -> None:
    install(stage.room, SYSTEM, Suite.SM2, delivered(stage.whole()))
    assert stage.room.keys.find("ca/sm2-root") is None
    establish(stage.room, (Suite.SM2,))  # finds the root and goes on from there
    assert stage.room.keys.find("ca/sm2-root") is None
    key = stage.room.keys.ensure("code/1", Algorithm.SM2, {Purpose.CODE})
    made = issue(
        stage.room, SYSTEM, suite=Suite.SM2, profile="code-signer", subject=subject(), spki=key.spki, request_key="c1"
    )
    issuing, root = (read_certificate(one) for one in chain(stage.room, made.der))
    check_certificate(read_certificate(made.der), issuing.spki)
    check_certificate(issuing, root.spki)
    revoke(stage.room, SYSTEM, reason=Reason.SUPERSEDED, certificate_id=made.id)
    assert read_crl(crl.current(stage.room, "sm2-issuing")).find(made.serial) is not None
    assert refresh(stage.room) == 0  # the root's list is served, never made
    assert crl.current(stage.room, "sm2-root") == (stage.folder / "out" / "sm2-root.crl").read_bytes()
    with pytest.raises(ListUnknown):
        crl.publish(stage.room, "sm2-root")
    with stage.room.ground.db.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == "ca.authority.install")).all()
    assert all('"transcript":"' + "0" * 64 in row.payload for row in rows)
    assert len(rows) == 2


def test_installing_again_changes_nothing_and_another_root_is_refused(stage: Stage) -> None:
    first = delivered(stage.whole())
    install(stage.room, SYSTEM, Suite.SM2, first)
    install(stage.room, SYSTEM, Suite.SM2, first)
    other = stage.plan(
        {"do": "generate-root", "suite": "sm2"},
        stage.csr(),
        {"do": "issue-crl", "suite": "sm2", "days": 90},
        name="other.yaml",
    )
    stage.hold(other, out="other", home="other-home")
    with pytest.raises(Conflict, match="another certificate"):
        install(stage.room, SYSTEM, Suite.SM2, delivered(stage.folder / "other"))


def test_the_list_is_called_late_thirty_days_before_its_end_and_replaced(
    stage: Stage, later: Callable[[float], None]
) -> None:
    install(stage.room, SYSTEM, Suite.SM2, delivered(stage.whole(days=180)))

    def late() -> bool:
        return next(age.late for age in ages(stage.room) if age.name.scope == "sm2-root")

    later(149)
    assert not late()
    later(2)
    assert late()
    for name in ("skipped", "next"):
        stage.hold(stage.plan({"do": "issue-crl", "suite": "sm2", "days": 365}, name=f"{name}.yaml"), out=name)
    fresh = (stage.folder / "next" / "sm2-root.crl").read_bytes()
    install_list(stage.room, SYSTEM, Suite.SM2, fresh)
    assert not late()
    assert crl.current(stage.room, "sm2-root") == fresh
    install_list(stage.room, SYSTEM, Suite.SM2, fresh)  # again: nothing
    with pytest.raises(Conflict, match="bears number"):  # an older list never comes into service after a newer one
        install_list(stage.room, SYSTEM, Suite.SM2, (stage.folder / "skipped" / "sm2-root.crl").read_bytes())


def test_a_sub_ca_revoked_offline_is_revoked_online(stage: Stage) -> None:
    out = stage.whole()
    install(stage.room, SYSTEM, Suite.SM2, delivered(out))
    serial = stage.room.authority("sm2-issuing").certificate.serial
    steps = (
        {"do": "revoke-sub-ca", "suite": "sm2", "serial": f"{serial:x}", "reason": "superseded"},
        {"do": "issue-crl", "suite": "sm2", "days": 90},
    )
    stage.hold(stage.plan(*steps, name="revoke.yaml"), out="revoked")
    octets = (stage.folder / "revoked" / "sm2-root.crl").read_bytes()
    with pytest.raises(LintFailed, match="names this very certificate"):
        install(stage.room, SYSTEM, Suite.SM2, replace(delivered(out), crl=octets))
    install_list(stage.room, SYSTEM, Suite.SM2, octets)
    assert statuses(stage.room, "sm2-root", [serial])[serial].status is CertStatus.REVOKED


@one_database
@pytest.mark.parametrize(
    ("what", "check"),
    [
        ("root", "shape"),
        ("foreign-root", "signature"),
        ("foreign-list", "list_signature"),
        ("swapped", "self_issued"),
        ("expired", "time"),
        ("old-list", "list_time"),
    ],
)
def test_what_is_not_taken(stage: Stage, later: Callable[[float], None], what: str, check: str) -> None:
    good = delivered(stage.whole(days=30))
    if what.startswith("foreign"):
        stage.hold(
            stage.plan(
                {"do": "generate-root", "suite": "sm2"},
                {"do": "issue-crl", "suite": "sm2", "days": 90},
                name="f.yaml",
            ),
            out="f",
            home="f-home",
        )
    foreign = stage.folder / "f"
    made = {
        "root": lambda: replace(good, root=good.root[:-1]),
        "foreign-root": lambda: replace(_keyed(foreign, good), root=(foreign / "sm2-root.cer").read_bytes()),
        "foreign-list": lambda: replace(good, crl=(foreign / "sm2-root.crl").read_bytes()),
        "swapped": lambda: replace(good, root=good.certificate),
    }.get(what, lambda: good)()
    if what in ("expired", "old-list"):
        later(3700 if what == "expired" else 31)
    with pytest.raises(LintFailed) as caught:
        install(stage.room, SYSTEM, Suite.SM2, made)
    assert caught.value.check in (f"offline_{check}", "offline_key_id")
    with pytest.raises(AuthorityUnknown, match="no CA named"):
        stage.room.authority("sm2-root")


def _keyed(foreign: Path, good: Delivered) -> Delivered:
    return replace(good, crl=(foreign / "sm2-root.crl").read_bytes())


@one_database
def test_a_certificate_for_a_key_that_is_not_ours(stage: Stage) -> None:
    good = delivered(stage.whole())
    stage.room.keys.retire("ca/sm2-issuing", 1)
    with pytest.raises(LintFailed) as caught:
        install(stage.room, SYSTEM, Suite.SM2, good)
    assert caught.value.check == "offline_key"


@one_database
def test_production_makes_no_root_by_itself(stage: Stage) -> None:
    stage.room.keys._dual_control = True  # type: ignore[attr-defined]
    with pytest.raises(DualControlNeeded, match="ceremony"):
        establish(stage.room, (Suite.SM2,))


@one_database
def test_the_responder_answers_under_an_offline_root(stage: Stage) -> None:
    install(stage.room, SYSTEM, Suite.SM2, delivered(stage.whole()))
    establish(stage.room, (Suite.SM2,))
    key = stage.room.keys.ensure("code/1", Algorithm.SM2, {Purpose.CODE})
    made = issue(
        stage.room, SYSTEM, suite=Suite.SM2, profile="code-signer", subject=subject(), spki=key.spki, request_key="c1"
    )
    asked = status_request(read_certificate(made.der), stage.room.authority("sm2-issuing").certificate)
    answer = read_ocsp_response(ocsp.answer(stage.room, "sm2-issuing", asked))
    assert answer.answers[0].status is CertStatus.GOOD


def test_the_record_of_the_ceremony_is_kept_and_vouched_for_by_the_root_in_use(stage: Stage) -> None:
    octets = (stage.whole() / "transcript.json").read_bytes()
    before = keep(stage.room, SYSTEM, octets)
    assert ceremony(stage.room, SYSTEM, before).signed_by == ()  # no root of ours yet
    install(stage.room, SYSTEM, Suite.SM2, delivered(stage.folder / "out"))
    (found,) = ceremonies(stage.room, SYSTEM)
    assert (found.signed_by, found.in_order, found.octets) == (("sm2-root",), True, octets)
    assert keep(stage.room, SYSTEM, octets) == before == found.id


def test_installing_on_the_host_keeps_the_record(stage: Stage) -> None:
    @contextmanager
    def room() -> Iterator[CaRoom]:
        yield stage.room

    group, out = click.Group("ca"), stage.whole()
    add_commands(group, room)
    files = ["--root", out / "sm2-root.cer", "--certificate", next(out.glob("sm2-issuing-*.cer"))]
    files += ["--crl", out / "sm2-root.crl"]
    command = ["install", "--suite", "sm2", *map(str, files), "--transcript"]
    (stage.folder / "bad.json").write_text("{}", "utf-8")
    refused = CliRunner().invoke(group, [*command, str(stage.folder / "bad.json")])
    assert isinstance(refused.exception, Damaged)
    assert ceremonies(stage.room, SYSTEM) == []
    with pytest.raises(AuthorityUnknown):  # nothing was installed either
        stage.room.authority("sm2-root")
    done = CliRunner().invoke(group, [*command, str(out / "transcript.json")])
    assert done.exit_code == 0, done.output
    assert [one.in_order for one in ceremonies(stage.room, SYSTEM)] == [True]
    again = CliRunner().invoke(group, ["keep-transcript", str(out / "transcript.json")])
    assert again.output.strip() == str(ceremonies(stage.room, SYSTEM)[0].id)

"""A ceremony from the reviewed plan to the signed transcript: what it makes, what stops it, what gives forgery away."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from ca.reading import read_certificate, read_crl
from ca.signatures import check_certificate, check_crl
from ca.suites import Suite
from foundation.errors import Conflict, Forbidden, InvalidInput
from hsm.ceremony import approvals as approving
from hsm.ceremony.plan import read_plan
from hsm.ceremony.printing import page
from hsm.ceremony.run import Stopped
from hsm.ceremony.transcript import read_transcript
from hsm.ceremony.verify import check
from hsm.life import key_file
from hsm.sealed_to import Secret
from server.ceremony import OfflineHome, networks_up
from tests.server.ceremony.conftest import PEOPLE, Script, Stage

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""An offline home is SQLite always; what its products meet online is tried on both in `test_offline_root`."""
ROOT = {"do": "generate-root", "suite": "sm2"}
CRL = {"do": "issue-crl", "suite": "sm2", "days": 180}


def transcript(folder: Path):
    return read_transcript((folder / "transcript.json").read_bytes())


@pytest.mark.parametrize("suite", [Suite.SM2, Suite.RSA, Suite.P256])
def test_a_whole_ceremony(stage: Stage, suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    console = Script()
    plan = stage.plan(
        {"do": "generate-root", "suite": str(suite)},
        stage.csr(suite),
        {"do": "issue-crl", "suite": str(suite), "days": 180},
        {"do": "back-up-key", "suite": str(suite), "to": "shares"},
    )

    def no_network(*_: object) -> None:
        raise AssertionError("a ceremony opened a socket")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    stage.hold(plan, console=console)
    out = stage.folder / "out"
    root = read_certificate((out / f"{suite}-root.cer").read_bytes())
    sub = read_certificate(next(out.glob(f"{suite}-issuing-*.cer")).read_bytes())
    crl = read_crl((out / f"{suite}-root.crl").read_bytes())
    check_certificate(root, root.spki)
    check_certificate(sub, root.spki)
    check_crl(crl, root.spki)
    assert crl.next_update is not None
    assert (crl.next_update - crl.this_update).days == 180
    report = check(transcript(out), folder=out, roots=(root.spki,))
    assert (report.faults, report.rehearsal, report.complete) == ((), False, True)
    assert list(console.handed) == PEOPLE["share_holders"]
    backup = (out / f"{suite}-root.keybackup").read_bytes()
    words = tuple(console.handed.values())
    assert key_file.read(backup, Secret(shares=words[1:4]))[0].spki == root.spki
    written = (out / "transcript.json").read_text("utf-8")
    assert not any(share in written for share in words)  # no share is ever written down
    assert console.passphrase not in written


def test_a_home_sealed_by_shares_opens_again_with_three(stage: Stage) -> None:
    console = Script()
    stage.hold(stage.plan(ROOT, sealed_by="shares"), console=console)
    words = list(console.handed.values())
    again = Script(shares=[words[4], words[0], words[2]])
    stage.hold(stage.plan(CRL, name="second.yaml", sealed_by="shares"), out="second", console=again)
    assert check(transcript(stage.folder / "second"), folder=stage.folder / "second").sound
    with pytest.raises(InvalidInput):
        stage.hold(
            stage.plan(CRL, name="third.yaml", sealed_by="shares"),
            out="third",
            console=Script(shares=[words[0], words[0], words[1]]),
        )


def test_a_rehearsal_says_so_everywhere(stage: Stage) -> None:
    stage.hold(stage.plan(ROOT), console=Script(rehearsal=True))
    made = transcript(stage.folder / "out")
    report = check(made, folder=stage.folder / "out")
    assert report.sound
    assert report.rehearsal
    assert "REHEARSAL" in page(made, report)


def test_a_network_that_is_up_stops_a_real_ceremony(stage: Stage) -> None:
    for name, state in (("lo", "unknown"), ("eth0", "up"), ("wlan0", "down")):
        (stage.folder / "net" / name).mkdir(parents=True)
        (stage.folder / "net" / name / "operstate").write_text(state + "\n")
    assert networks_up(stage.folder / "net") == ["eth0"]
    reviewed = stage.approve(stage.plan(ROOT))
    with OfflineHome(reviewed, stage.folder / "home", stage.clock, stage.folder / "net") as home:
        with pytest.raises(Conflict, match="network is up"):
            home.begin(Script())
        assert not (stage.folder / "home").exists()
        assert any("eth0" in line for line in home.begin(Script(rehearsal=True)))


# --- before it runs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"titel": "x"}, "/titel"),
        ({"steps": []}, "/steps"),
        ({"steps": [{"do": "generate-rot", "suite": "sm2"}]}, "/steps/0"),
        ({"steps": [{**CRL, "days": "180"}]}, "/steps/0/issue-crl/days"),
        ({"steps": [{**CRL, "day": 1}]}, "/steps/0/issue-crl/day"),
        ({"version": 2}, "/version"),
        ({"people": {**PEOPLE, "approvers": ["顾明远", "沈晴"]}}, "/people"),
        ({"people": {**PEOPLE, "witnesses": ["何渡", "林知夏"]}}, "/people"),
        ({"people": {**PEOPLE, "witnesses": ["林知夏", "林知夏"]}}, "/people"),
        ({"people": {**PEOPLE, "approvers": ["沈晴"]}}, "/people/approvers"),
        ({"people": {**PEOPLE, "share_holders": ["甲"]}, "sealed_by": "shares"}, "/"),
        ({"public_url": "ftp://x"}, "/public_url"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_plan_is_read_strictly(stage: Stage, change: dict[str, object], place: str) -> None:
    path = stage.plan(*[ROOT], **{key: value for key, value in change.items() if key != "steps"})
    if "steps" in change:
        import yaml

        content = yaml.safe_load(path.read_text("utf-8"))
        path.write_text(yaml.safe_dump({**content, **change}, allow_unicode=True), "utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_plan(path)
    assert place in [fault.pointer for fault in caught.value.faults]


@pytest.mark.parametrize(
    "text", ["version: 1\nversion: 2\n", "!!python/object/apply:os.system [id]", "a: &x [*x]", "[", "\x00", ""]
)
def test_yaml_that_is_no_plan(stage: Stage, text: str) -> None:
    path = stage.folder / "bad.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidInput):
        read_plan(path)


def test_nothing_runs_unapproved(stage: Stage) -> None:
    path = stage.plan(ROOT)
    reviewed = read_plan(path)
    now = stage.clock.now()
    with pytest.raises(Forbidden):
        approving.approve(path, reviewed, "顾明远", reviewed.digest, now)
    with pytest.raises(Conflict):
        approving.approve(path, reviewed, "沈晴", "0" * 64, now)
    with pytest.raises(Conflict):
        approving.approve(path, reviewed, "沈晴", reviewed.digest[:8], now)
    approving.approve(path, reviewed, "沈晴", reviewed.digest, now)
    with pytest.raises(Conflict, match="approved already"):
        approving.approve(path, reviewed, "沈晴", reviewed.digest, now)
    with pytest.raises(Forbidden, match="周衡"):
        approving.demand(reviewed.plan, reviewed.digest, approving.read(path))


def test_a_plan_changed_after_approval_has_none(stage: Stage) -> None:
    path = stage.plan(ROOT)
    stage.approve(path)
    path.write_text(path.read_text("utf-8") + "# one more look\n", "utf-8")
    reviewed = read_plan(path)
    assert approving.lacking(reviewed.plan, reviewed.digest, approving.read(path)) == ["沈晴", "周衡"]


# --- while it runs ----------------------------------------------------------------------------------------------------


def test_a_refused_confirmation_leaves_evidence(stage: Stage) -> None:
    with pytest.raises(Stopped):
        stage.hold(stage.plan(ROOT, CRL), console=Script(refuses="撤销列表"))
    out = stage.folder / "out"
    made = transcript(out)
    assert made.body["events"][-1]["kind"] == "failed"
    report = check(made, folder=out)
    assert not report.complete
    assert [fault.en for fault in report.faults] == ["The ceremony was not completed."]


def test_a_request_that_was_exchanged_is_not_signed(stage: Stage) -> None:
    step = stage.csr()
    (stage.folder / "sm2.csr").write_bytes(stage.room.ground.ids.random(200))
    with pytest.raises(Conflict, match="not the one the plan names"):
        stage.hold(stage.plan(ROOT, step))


def test_outputs_never_replace_files(stage: Stage) -> None:
    path = stage.plan(ROOT)
    (stage.folder / "out").mkdir()
    (stage.folder / "out" / "sm2-root.cer").write_bytes(b"older")
    with pytest.raises(Conflict, match="not empty"):
        stage.hold(path)


# --- afterwards -------------------------------------------------------------------------------------------------------


def test_every_change_of_a_transcript_is_named(stage: Stage) -> None:
    stage.hold(stage.plan(ROOT, CRL))
    out = stage.folder / "out"
    whole = json.loads((out / "transcript.json").read_bytes())

    def changed(change) -> list[str]:
        copy = json.loads(json.dumps(whole))
        change(copy)
        report = check(read_transcript(json.dumps(copy).encode()), folder=out)
        return [fault.en for fault in report.faults]

    assert changed(lambda one: one.get("body")) == []
    assert any("signature" in one for one in changed(lambda one: one["body"].update(rehearsal=True)))
    assert any("signature" in one for one in changed(lambda one: one["body"]["events"].pop(3)))
    assert any("not signed" in one for one in changed(lambda one: one.update(signatures=[])))
    assert any("plan does not fit" in one for one in changed(lambda one: one["body"].update(plan="x: 1")))
    other = stage.folder / "other"
    other.mkdir()
    assert any("is missing" in one.en for one in check(transcript(out), folder=other).faults)
    (out / "sm2-root.crl").write_bytes(b"another list")
    assert any("was changed" in one.en for one in check(transcript(out), folder=out).faults)


def test_a_transcript_signed_by_another_root(stage: Stage) -> None:
    stage.hold(stage.plan(ROOT))
    stage.hold(stage.plan(ROOT, name="b.yaml"), out="b", home="b-home")
    other = read_certificate((stage.folder / "b" / "sm2-root.cer").read_bytes()).spki
    report = check(transcript(stage.folder / "out"), roots=(other,))
    assert any("root key that was asked for" in fault.en for fault in report.faults)

"""From `yinxin ca csr` through a rehearsal to `yinxin ca install`, as an operator types it; a start without a CA."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from foundation.settings import Settings
from hsm.life.errors import DualControlNeeded
from server import upkeep
from server.cli import main
from server.house import open_house
from tests.server.ceremony.conftest import PEOPLE


@pytest.fixture
def at(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("YINXIN_HOME", str(settings.home))
    monkeypatch.setenv("YINXIN_DATABASE__URL", settings.database.url)
    folder = tmp_path / "ceremony"
    folder.mkdir()
    return folder


def yinxin(*arguments: str | Path, good: bool = True) -> Result:
    done = CliRunner().invoke(main, [str(one) for one in arguments])
    assert (done.exit_code == 0) is good, done.output
    return done


def test_the_whole_way(at: Path) -> None:
    digest = yinxin("ca", "csr", "--suite", "sm2", "--out", at / "sm2.csr").output.split()[-1]
    example = Path(__file__).resolve().parents[3] / "docs" / "ceremony.example.yaml"
    content = yaml.safe_load(example.read_text("utf-8"))
    content["steps"][1]["csr_sha256"] = digest
    content |= {"environment": "sample", "public_url": "http://127.0.0.1:8000"}
    plan, words, out = at / "plan.yaml", at / "words", at / "out"
    plan.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    words.write_text("a passphrase of the rehearsal")
    shown = yinxin("ceremony", "plan", plan).output
    assert all(name in shown for name in content["people"]["approvers"])
    printed = next(line.split()[1] for line in shown.splitlines() if line.startswith("SHA-256"))
    run = ("ceremony", "run", plan, "--home", at / "home", "--out", out, "--yes", "--passphrase-file", words)
    assert "hsm.ceremony_unapproved" in yinxin(*run, good=False).output
    for name in PEOPLE["approvers"]:
        yinxin("ceremony", "approve", plan, "--name", name, "--digest", printed[:20])
    assert "REHEARSAL" in yinxin(*run).output
    checked = yinxin("ceremony", "verify", out / "transcript.json", "--root", out / "sm2-root.cer").output
    assert checked.splitlines() == ["✓", "演练 / rehearsal"]
    yinxin("ceremony", "print", out / "transcript.json", "--out", at / "t.html")
    html = (at / "t.html").read_text("utf-8")
    assert "REHEARSAL" in html
    assert "<script" not in html
    issuing = next(out.glob("sm2-issuing-*.cer"))
    install = ("ca", "install", "--suite", "sm2", "--root", out / "sm2-root.cer", "--certificate", issuing)
    yinxin(*install, "--crl", out / "sm2-root.crl", "--transcript", out / "transcript.json")
    listed = yinxin("ca", "list").output
    assert "sm2-root" in listed
    assert "sm2-issuing" in listed
    (out / "sm2-root.crl").write_bytes(b"changed")
    assert "was changed" in yinxin("ceremony", "verify", out / "transcript.json", good=False).output


def test_a_region_under_dual_control_does_not_start_without_its_ca(settings: Settings) -> None:
    keys = settings.keys.model_copy(update={"dual_control": True})
    strict = settings.model_copy(update={"keys": keys})
    with open_house(strict) as house, pytest.raises(DualControlNeeded, match="Hold a ceremony"):
        upkeep.start(house)

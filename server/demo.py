"""`yinxin demo` (无浏览器演示): the main job end to end on a region of its own, leaving its evidence in a folder.

Issues, seals, verifies, revokes; every verdict comes from the trust folder it leaves behind, read back from disk, as
another province would judge. What the folder holds is fixed (design 4).
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ca.suites import Suite
from foundation.errors import InvalidInput
from foundation.principal import SYSTEM
from foundation.settings import Settings
from foundation.text import Text
from licence import code_image, files, revoke
from licence.files import Format
from licence.intents import IssueRequest
from licence.issue import issue
from licence.register import Licence
from seal import pictures
from seal.find import in_use
from server import sample, trust_folder, upkeep
from server.house import House, open_house
from verify.judge import Context, judge, judge_code
from verify.report import Report
from verify.trust import TrustStore

DATA = {
    "holder_name": "印川市桑榆里餐饮有限公司",
    "holder_code": "91219901MA10007F6L",
    "legal_representative": "陆堃",
    "address": "印川市云栖区青石巷12号",
    "premises": "印川市云栖区青石巷12号一层",
    "business_form": "餐饮服务经营者",
    "business_items": "热食类食品制售；冷食类食品制售；自制饮品制售",
    "supervisor_body": "印川市市场监督管理局云栖分局",
    "supervisor_staff": "方既白",
    "signer": "周衡",
}
SUITES: dict[str, tuple[Suite, ...]] = {"sm2": (Suite.SM2,), "rsa": (Suite.RSA,), "dual": (Suite.SM2, Suite.RSA)}


@dataclass
class Story:
    """What happened, step by step, with wall time and the verdicts that were expected and found."""

    steps: list[dict[str, Any]] = field(default_factory=list)

    def tell(self, name: str, work: Callable[[], Any], show: Callable[[Any], str] = lambda _: "done") -> Any:
        started = time.perf_counter()
        value = work()
        ms = round((time.perf_counter() - started) * 1000, 1)
        self.steps.append({"name": name, "result": show(value), "ms": ms, "ok": True})
        return value

    def expect(self, name: str, wanted: str, work: Callable[[], Report]) -> Report:
        report: Report = self.tell(name, work, lambda found: found.verdict.value)
        findings = [finding.code for finding in report.findings]
        self.steps[-1] |= {"expected": wanted, "ok": report.verdict.value == wanted, "findings": findings}
        return report


def run(out: Path) -> dict[str, Any]:
    _empty(out)
    story = Story()
    with tempfile.TemporaryDirectory(prefix="yinxin-demo-") as home:
        settings = Settings(home=Path(home))
        with open_house(settings, upgrade=True) as house:
            story.tell("establish keys and certificates", lambda: upkeep.start(house))
            story.tell("establish departments and seals", lambda: sample.establish_departments(house))
            licences = _issue(house, story, out)
            _seal_files(house, out)
            story.tell("write trust folder", lambda: trust_folder.write(house, out / "trust"))
            _verify(house, story, out)
            _revoke(house, story, out, licences["sm2"])
            _audit(house, story)
    ok = all(step["ok"] for step in story.steps)
    report = {
        "ok": ok,
        "licences": {name: licence.identifier for name, licence in licences.items()},
        "steps": story.steps,
    }
    (out / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return report


def _empty(out: Path) -> None:
    if out.exists() and any(out.iterdir()):
        raise InvalidInput(
            "demo.not_empty",
            Text(f"文件夹 {out} 不是空的，请换一个。", f"The folder {out} is not empty. Choose another."),
        )
    out.mkdir(parents=True, exist_ok=True)


def _issue(house: House, story: Story, out: Path) -> dict[str, Licence]:
    department = sample.MARKET.client()
    issued: dict[str, Licence] = {}
    for name, suites in SUITES.items():
        request = IssueRequest("food-operation", DATA, f"demo:{name}", suites)
        issued[name] = story.tell(
            f"issue licence, {name}",
            partial(issue, house.licence, department, request),
            lambda made: made.identifier,
        )
        document = files.file(house.licence, department, issued[name].id, Format.PDF)
        (out / f"licence-{name}.pdf").write_bytes(document.data)
    first = issued["sm2"].id
    (out / "licence.ofd").write_bytes(files.file(house.licence, department, first, Format.OFD).data)
    text = files.code_text(house.licence, department, first)
    (out / "licence-qr.png").write_bytes(code_image.png(text))
    (out / "licence-qr.txt").write_text(text, encoding="ascii")
    return issued


def _seal_files(house: House, out: Path) -> None:
    seal = in_use(house.seal, sample.MARKET.uscc)
    (out / "seal.esl").write_bytes(pictures.esl(house.seal, SYSTEM, seal.id))
    (out / "seal.svg").write_bytes(pictures.svg(house.seal, SYSTEM, seal.id))
    (out / "seal.png").write_bytes(pictures.png(house.seal, SYSTEM, seal.id))


def _context(house: House, out: Path, *, online: bool) -> Context:
    """The trust folder read back from disk; online it may also ask this region's register."""
    status = house.verify.status if online else None
    seals = house.verify.seals if online else None
    trust = TrustStore.load(out / "trust")
    return Context(trust=trust, clock=house.ground.clock, status=status, seals=seals, offline=not online)


def _judge(house: House, out: Path, data: bytes, name: str, *, online: bool) -> Report:
    return judge(data, name=name, context=_context(house, out, online=online))


def _verify(house: House, story: Story, out: Path) -> None:
    """Everything in the folder, without asking anybody; then one flipped byte."""
    for name in ("licence-sm2.pdf", "licence-rsa.pdf", "licence-dual.pdf", "licence.ofd"):
        data = (out / name).read_bytes()
        story.expect(f"verify {name} offline", "genuine", partial(_judge, house, out, data, name, online=False))
    text = (out / "licence-qr.txt").read_text(encoding="ascii")
    story.expect(
        "verify licence-qr.txt offline", "genuine", lambda: judge_code(text, context=_context(house, out, online=False))
    )
    for name in ("licence-sm2.pdf", "licence.ofd"):
        flipped = bytearray((out / name).read_bytes())
        flipped[len(flipped) // 2] ^= 1
        work = partial(_judge, house, out, bytes(flipped), name, online=False)
        story.expect(f"verify {name} with one bit flipped", "not_genuine", work)


def _revoke(house: House, story: Story, out: Path, licence: Licence) -> None:
    data = (out / "licence-sm2.pdf").read_bytes()
    story.expect(
        "verify licence-sm2.pdf online", "genuine", lambda: _judge(house, out, data, "licence-sm2.pdf", online=True)
    )
    department = sample.MARKET.client()
    story.tell(
        "revoke the licence",
        lambda: revoke.revoke(house.licence, department, licence.id, reason=revoke.Reason.CANCELLED),
    )
    story.expect(
        "verify licence-sm2.pdf after revocation",
        "not_genuine",
        lambda: _judge(house, out, data, "licence-sm2.pdf", online=True),
    )


def _audit(house: House, story: Story) -> None:
    story.tell("checkpoint", house.checkpoint, lambda note: f"{note.size} rows" if note else "nothing new")
    report = story.tell(
        "prove the audit trail", house.verify_audit, lambda found: f"{found.rows} rows, {len(found.faults)} faults"
    )
    story.steps[-1]["ok"] = report.sound

"""A region that waits for its offline root, and a plan for the ceremony that makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from ca.offline import request
from ca.room import CaRoom
from ca.suites import Suite
from foundation.clock import FixedClock
from foundation.ground import Ground
from hsm.ceremony import approvals as approving
from hsm.ceremony.plan import Reviewed, read_plan
from hsm.ceremony.run import Stopped, hold
from hsm.ceremony.transcript import Transcript
from hsm.digests import sha256
from hsm.room import HsmRoom, Vault
from server.ceremony import OfflineHome, tool_versions

PEOPLE = {
    "author": "顾明远",
    "approvers": ["沈晴", "周衡"],
    "operator": "何渡",
    "witnesses": ["林知夏", "方既白"],
    "share_holders": ["甲", "乙", "丙", "丁", "戊"],
}


@dataclass
class Script:
    """People who do what a test tells them: a console in real mode, or a rehearsal."""

    rehearsal: bool = False
    passphrase: str = "a passphrase of the test"
    refuses: str = ""
    said: list[str] = field(default_factory=list)
    handed: dict[str, str] = field(default_factory=dict)
    shares: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.said.append(text)

    def confirm(self, question: str, who: str) -> None:
        if self.refuses and self.refuses in question:
            raise Stopped(who, question)

    def secret(self, prompt: str, *, new: bool) -> str:
        return self.shares.pop(0) if "share" in prompt else self.passphrase

    def hand_over(self, who: str, words: str) -> None:
        self.handed[who] = words


@dataclass(frozen=True)
class Stage:
    folder: Path
    room: CaRoom
    clock: FixedClock

    def plan(self, *steps: dict[str, object], name: str = "plan.yaml", **more: object) -> Path:
        path = self.folder / name
        settings = self.room.ground.settings
        content = {
            "version": 1,
            "title": "印川市电子政务根密钥仪式",
            "location": "一号机房",
            "region": settings.region.model_dump(),
            "public_url": settings.web.public_url,
            "environment": "sample",
            "people": PEOPLE,
            "sealed_by": "passphrase",
            "steps": list(steps),
            **more,
        }
        path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
        return path

    def csr(self, suite: Suite = Suite.SM2) -> dict[str, object]:
        octets = request(self.room, suite)
        path = self.folder / f"{suite}.csr"
        path.write_bytes(octets)
        return {"do": "sign-sub-ca", "suite": str(suite), "csr": path.name, "csr_sha256": sha256(octets).hex()}

    def approve(self, path: Path) -> Reviewed:
        reviewed = read_plan(path)
        for name in reviewed.plan.people.approvers:
            approving.approve(path, reviewed, name, reviewed.digest[:16], self.clock.now())
        return reviewed

    def hold(self, path: Path, out: str = "out", console: Script | None = None, home: str = "offline") -> Transcript:
        reviewed = self.approve(path)
        with OfflineHome(reviewed, self.folder / home, self.clock, self.folder / "no-network") as performer:
            return hold(
                reviewed,
                approving.read(path),
                performer,
                console or Script(),
                self.clock,
                self.folder / out,
                tool_versions(),
            )

    def whole(self, suite: Suite = Suite.SM2, days: int = 180) -> Path:
        """Root, sub-CA, list and backup: everything a region needs, in `out`."""
        one = str(suite)
        self.hold(
            self.plan(
                {"do": "generate-root", "suite": one},
                self.csr(suite),
                {"do": "issue-crl", "suite": one, "days": days},
                {"do": "back-up-key", "suite": one, "to": "shares"},
            )
        )
        return self.folder / "out"


@pytest.fixture
def stage(tmp_path_factory: pytest.TempPathFactory, ground: Ground, vault: Vault, clock: FixedClock) -> Stage:
    room = CaRoom.build(ground, HsmRoom.build(ground, vault).keys)
    return Stage(tmp_path_factory.mktemp("ceremony"), room, clock)


@pytest.fixture
def later(clock: FixedClock) -> Callable[[float], None]:
    return lambda days: clock.set(clock.now() + timedelta(days=days))

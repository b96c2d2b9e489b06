"""The offline home of a ceremony (离线仪式环境): a folder on removable media with its own SQLite, keys and lists.

The same rooms as online, `hsm` and `ca`, over a database in that folder. Nothing here opens a socket.
"""

from __future__ import annotations

import platform
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Self

from ca import crl
from ca.chain import authorities
from ca.enrol import proven_key
from ca.frozen import freeze
from ca.hierarchy import establish_root, issuing_subject
from ca.issue import run
from ca.names import write_name
from ca.prepare import wanted_from
from ca.profiles import ISSUING, Role
from ca.reading.crl import Reason
from ca.reading.csr import read_request_name
from ca.reading.identity import NO_IDENTITY
from ca.revoke import revoke
from ca.room import CaRoom
from ca.suites import Suite
from foundation.audit.trail import Audit
from foundation.clock import Clock
from foundation.database import open_database
from foundation.errors import Conflict
from foundation.ground import Ground
from foundation.ids import Ids, SystemIds
from foundation.jobs import JobQueue
from foundation.principal import SYSTEM
from foundation.settings import Settings
from foundation.storage import open_storage
from foundation.text import Text
from hsm.ceremony.plan import BackUpKey, GenerateRoot, IssueCrl, Reviewed, RevokeSubCa, SignSubCa, Step
from hsm.ceremony.run import Console, Done
from hsm.ceremony.transcript import Signature
from hsm.digests import sha256
from hsm.keys import Purpose
from hsm.libcrypto import engine
from hsm.pem import octets_of
from hsm.room import HsmRoom, unseal
from hsm.sealed_to import ToPassphrase, ToShares
from hsm.shares import NEED, Collected, split
from hsm.signing import ToBeSigned
from server import schema

_NETWORK = Path("/sys/class/net")
_SEAL_OCTETS = 32


def tool_versions() -> dict[str, str]:
    return {"yinxin": version("yinxin"), "python": platform.python_version(), "libcrypto": engine().version}


def networks_up(folder: Path = _NETWORK) -> list[str]:
    """Interfaces that carry traffic now. The loopback reports `unknown` and leads nowhere."""
    found = [one for one in folder.iterdir() if one.name != "lo"] if folder.is_dir() else []
    return sorted(one.name for one in found if (one / "operstate").read_text().strip() == "up")


@dataclass
class OfflineHome:
    """`hsm.ceremony.run.Performer`. Use it in a `with` statement: leaving it closes the database."""

    reviewed: Reviewed
    home: Path
    clock: Clock
    networks: Path = _NETWORK
    _stack: ExitStack = field(default_factory=ExitStack)
    _hsm: HsmRoom | None = None
    _ca: CaRoom | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self._stack.close()

    @property
    def hsm(self) -> HsmRoom:
        if self._hsm is None:
            raise AssertionError("unreachable: a ceremony begins before its steps")
        return self._hsm

    @property
    def ca(self) -> CaRoom:
        if self._ca is None:
            raise AssertionError("unreachable: a ceremony begins before its steps")
        return self._ca

    def begin(self, console: Console) -> list[str]:
        up = networks_up(self.networks)
        if up and not console.rehearsal:
            raise Conflict(
                "hsm.ceremony_online",
                Text(
                    f"网络接口 {'、'.join(up)} 处于连接状态。请断网后重新开始。",
                    f"The network is up ({', '.join(up)}). Take the machine off it and begin again.",
                ),
            )
        new = not (self.home / "yinxin.db").exists()
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        ids = SystemIds(self.clock)
        self._open(self._passphrase(console, ids, new=new), ids)
        return [
            f"离线环境 / offline home: {self.home} ({'new' if new else 'existing'})",
            f"网络 / network: {', '.join(up) or 'none'}",
            "工具 / tool: " + ", ".join(f"{name} {value}" for name, value in tool_versions().items()),
        ]

    def _passphrase(self, console: Console, ids: Ids, *, new: bool) -> str:
        """Typed, or made of three of the five shares that are handed out when the home is new."""
        if self.reviewed.plan.sealed_by == "passphrase":
            return console.secret("离线环境口令 / passphrase of the offline home", new=new)
        if new:
            key = ids.random(_SEAL_OCTETS)
            _hand_out(self.reviewed, split(key), console)
            return key.hex()
        collected = Collected()
        for number in range(1, NEED + 1):
            if made := collected.add(console.secret(f"第 {number} 份分量 / share {number}", new=False)):
                return made.hex()
        raise AssertionError("unreachable: three shares make a key or raise")

    def _open(self, passphrase: str, ids: Ids) -> None:
        settings = _settings(self.reviewed, self.home, passphrase)
        db = open_database(settings)
        self._stack.callback(db.dispose)
        schema.upgrade(db)
        vault = unseal(settings, db, self.clock, ids)
        audit, jobs = Audit(vault.mac, self.clock, ids), JobQueue(self.clock, ids)
        storage = open_storage(settings)
        ground = Ground(settings, db, self.clock, ids, storage, audit, vault.cipher, vault.mac, jobs)
        self._hsm = HsmRoom.build(ground, vault)
        self._ca = CaRoom.build(ground, self._hsm.keys)
        freeze(self._ca)

    def perform(self, step: Step, console: Console) -> Done:
        suite = Suite(step.suite)
        match step:
            case GenerateRoot():
                establish_root(self.ca, suite, frozenset({Purpose.TRANSCRIPT}))
                root = self.ca.authority(f"{suite}-root").certificate
                text = f"根证书 / root certificate SHA-256 {root.fingerprint}"
                return Done(text, outputs={f"{suite}-root.cer": root.der})
            case SignSubCa():
                return self._sign(suite, step)
            case RevokeSubCa():
                reason = Reason[step.reason.replace("-", "_").upper()]
                revoke(self.ca, SYSTEM, reason=reason, authority=f"{suite}-root", serial=int(step.serial, 16))
                return Done(f"已撤销 / revoked: {step.serial}, {step.reason}")
            case IssueCrl():
                life = {**self.ca.crl_life, Role.ROOT: timedelta(days=step.days)}
                octets = crl.publish(replace(self.ca, crl_life=life), f"{suite}-root")
                text = f"撤销列表 / list SHA-256 {sha256(octets).hex()}"
                return Done(text, outputs={f"{suite}-root.crl": octets})
            case BackUpKey():
                return self._back_up(suite, step, console)

    def _sign(self, suite: Suite, step: SignSubCa) -> Done:
        """The plan names the file by digest, so what was reviewed is what is signed."""
        octets = (self.reviewed.folder / Path(step.csr).name).read_bytes()
        if sha256(octets).hex() != step.csr_sha256:
            raise Conflict(
                "hsm.ceremony_csr",
                Text("请求文件与方案中的摘要不符。", "The request is not the one the plan names by digest."),
            )
        csr = octets_of(octets, "CERTIFICATE REQUEST")
        key, subject = proven_key(csr), issuing_subject(self.ca, suite)
        if read_request_name(csr) != write_name(subject):
            raise Conflict(
                "hsm.ceremony_subject",
                Text(
                    "请求中的名称与本区域下级 CA 不符，请核对方案的区域设置。",
                    "The request bears another name than this region's sub-CA. Check the region in the plan.",
                ),
            )
        root = self.ca.authority(f"{suite}-root")
        wanted = wanted_from(root, ISSUING, subject, key, NO_IDENTITY, f"ceremony:{step.csr_sha256}")
        made = run(self.ca, SYSTEM, wanted)
        name = f"{suite}-issuing-{made.fingerprint[:8]}.cer"
        text = f"下级 CA 证书 / sub-CA certificate {made.serial:x}, SHA-256 {made.fingerprint}"
        return Done(text, {Path(step.csr).name: octets}, {name: made.der})

    def _back_up(self, suite: Suite, step: BackUpKey, console: Console) -> Done:
        keeper, name = self.hsm.keeper_here, f"ca/{suite}-root"
        key = self.hsm.keys.signer(name).ref
        if step.to == "passphrase":
            passphrase = ToPassphrase(console.secret(f"备份口令 / passphrase of the backup of {name}", new=True))
            file = keeper.sealed_copy(name, key.version, passphrase)[1]
        else:
            shares = ToShares()
            file = keeper.sealed_copy(name, key.version, shares)[1]
            _hand_out(self.reviewed, shares.shares, console)
        text = f"备份 / backup of {key}, SHA-256 {sha256(file).hex()}"
        return Done(text, outputs={f"{suite}-root.keybackup": file})

    def sign(self, octets: bytes) -> tuple[Signature, ...]:
        if self._ca is None:
            return ()
        found = []
        for one in authorities(self.ca):
            signer = self.hsm.keys.signer(one.key_name)
            token = ToBeSigned(Purpose.TRANSCRIPT, octets, f"ceremony:{sha256(octets).hex()}")
            found.append(Signature(one.key_name, signer.ref.spki, signer.sign(token)))
        return tuple(found)


def _hand_out(reviewed: Reviewed, shares: list[str], console: Console) -> None:
    for holder, words in zip(reviewed.plan.people.share_holders, shares, strict=True):
        console.hand_over(holder, words)


def _settings(reviewed: Reviewed, home: Path, passphrase: str) -> Settings:
    """All by argument: no variable and no file of the machine may change what a ceremony does."""
    plan, home = reviewed.plan, home.resolve()
    made = Settings(
        home=home,
        environment="sample",
        region=plan.region.model_dump(),
        database={"url": f"sqlite:///{home / 'yinxin.db'}"},
        storage={"url": (home / "objects").as_uri()},
        keys={"passphrase": passphrase},
        web={"public_url": plan.public_url},
        audit={"checkpoint_dir": home / "checkpoints"},
        ca={},
    )
    keys = made.keys.model_copy(update={"dual_control": False})  # the ceremony is the dual control
    return made.model_copy(update={"keys": keys, "environment": plan.environment})

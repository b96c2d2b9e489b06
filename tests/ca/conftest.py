"""A region's certificate room on each database. Making RSA keys takes seconds, so one room serves a whole run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ca.hierarchy import establish
from ca.issue import IssuedCertificate, Subject, issue
from ca.profiles import PROFILES
from ca.reading import NO_IDENTITY, IdentityExtensions
from ca.reading.alternative import NO_NAMES, AlternativeNames
from ca.room import CaRoom
from ca.suites import USUAL, Suite
from foundation.audit.trail import Audit
from foundation.clock import FixedClock
from foundation.database import open_database
from foundation.ground import Ground
from foundation.ids import SystemIds
from foundation.jobs import JobQueue
from foundation.numbers import citizen_number_check, make_uscc
from foundation.principal import SYSTEM
from foundation.settings import Settings
from foundation.storage import open_storage
from hsm import private_keys
from hsm.escrow.shapes import Allotment
from hsm.keys import Algorithm, Purpose
from hsm.room import HsmRoom, unseal
from server import schema
from tests import databases
from tests.conftest import START

if TYPE_CHECKING:
    from tests.ca.office import Office

USCC = make_uscc("11", "219900", "MB100001")
CITIZEN_NUMBER = "21990119900307001" + citizen_number_check("21990119900307001")
PERSON = "欧阳修文"
SUBJECTS: dict[str, Subject] = {
    "seal-maker": Subject("印川市政府电子印章制作系统", "印川市政务服务和大数据管理局", "印章科"),
    "department-seal": Subject("21990000000001", f"{USCC}印川市市场监督管理局", locality="印川市"),
    "official": Subject(PERSON, "印川市交通运输局", "运政科", serial_number="2199-0042"),
    "citizen": Subject(PERSON),
    "code-signer": Subject("印川市电子证照二维码", "印川市政务服务和大数据管理局"),
    "seal-status": Subject("印川市电子印章状态发布系统", "印川市政务服务和大数据管理局"),
    "trust-list": Subject("印川市区域信任列表签署系统", "印川市政务服务和大数据管理局"),
    "verification": Subject("印川市核验服务", "印川市政务服务和大数据管理局"),
    "legal-person": Subject("印川市第一食品有限公司", "印川市第一食品有限公司", locality="印川市"),
    "agent": Subject(PERSON, "印川市第一食品有限公司", serial_number="A-7"),
    "device": Subject("gateway-01", "印川市政务服务和大数据管理局"),
    "tls-server": Subject("oa.yinchuan.gov.cn", "印川市政务服务和大数据管理局"),
    "sub-issuing": Subject("印川市交通运输局设备CA", "印川市交通运输局"),
}
IDENTITIES: dict[str, IdentityExtensions] = {
    "seal-maker": IdentityExtensions(organization_code=USCC),
    "department-seal": IdentityExtensions(organization_code=USCC),
    "official": IdentityExtensions(citizen_number=CITIZEN_NUMBER, organization_code=USCC),
    "citizen": IdentityExtensions(citizen_number=CITIZEN_NUMBER),
    "code-signer": NO_IDENTITY,
    "seal-status": NO_IDENTITY,
    "trust-list": NO_IDENTITY,
    "verification": NO_IDENTITY,
    "legal-person": IdentityExtensions(organization_code=USCC),
    "agent": IdentityExtensions(citizen_number=CITIZEN_NUMBER, organization_code=USCC),
    "device": IdentityExtensions(organization_code=USCC),
    "tls-server": NO_IDENTITY,
}
SERVICE = Subject("印川市服务", organization="印川市电子政务电子认证服务")
"""Of profiles the platform uses for itself."""
NAMES: dict[str, AlternativeNames] = {
    "device": AlternativeNames(
        ("gateway-01.yinchuan.gov.cn",),
        ("10.2.3.4", "fd00::1"),
        ("ops@yinchuan.gov.cn",),
        ("https://gateway-01.yinchuan.gov.cn/status",),
    ),
    "tls-server": AlternativeNames(("oa.yinchuan.gov.cn", "mail.yinchuan.gov.cn"), ("10.2.3.5",)),
}
for _base in ("official", "citizen", "legal-person", "agent", "device", "tls-server"):
    _twin = f"{_base}-encryption"
    SUBJECTS[_twin], IDENTITIES[_twin] = SUBJECTS[_base], IDENTITIES[_base]
    NAMES[_twin] = NAMES.get(_base, NO_NAMES)
ROOMS = ("sqlite", "postgresql")


def build_room(home: Path, url: str, clock: FixedClock) -> CaRoom:
    """The real ground on the real vault."""
    settings = Settings(home=home, database={"url": url}, web={"rate_limits": False})
    db, ids = open_database(settings), SystemIds(clock)
    vault = unseal(settings, db, clock, ids)
    audit = Audit(vault.mac, clock, ids)
    storage, jobs = open_storage(settings), JobQueue(clock, ids)
    ground = Ground(settings, db, clock, ids, storage, audit, vault.cipher, vault.mac, jobs)
    hsm = HsmRoom.build(ground, vault)
    return CaRoom.build(ground, hsm.keys, hsm.escrow)


def fresh_key(suite: Suite) -> bytes:
    """A public key nobody else has; P-256 under RSA, where making a key takes no second."""
    return private_keys.generate(Algorithm.SM2 if suite is Suite.SM2 else Algorithm.P256).spki


@dataclass(frozen=True)
class Region:
    room: CaRoom
    clock: FixedClock
    home: Path

    def key(self, suite: Suite, number: int = 1) -> bytes:
        name = f"test/{suite}-{number}"
        algorithm = Algorithm.SM2 if suite is Suite.SM2 else Algorithm.RSA_2048
        return self.room.keys.ensure(name, algorithm, {Purpose.SEALING, Purpose.CLIENT}).spki

    def escrowed(self, suite: Suite) -> bytes:
        """An encryption key the key centre holds; no other gets an encryption certificate."""
        assert self.room.escrow is not None
        algorithm = Algorithm.SM2 if suite is Suite.SM2 else Algorithm.RSA_2048
        order = Allotment(f"test:{suite}", algorithm, self.key(suite), f"test:{suite}")
        return self.room.escrow.allot(order, SYSTEM).spki

    def _spki(self, suite: Suite, profile: str, request_key: str | None) -> bytes:
        if PROFILES[profile].encrypts:
            return self.escrowed(suite)
        return self.key(suite) if request_key else fresh_key(suite)

    def issue(self, suite: Suite, profile: str, request_key: str | None = None) -> IssuedCertificate:
        """Without a request key each certificate has a key of its own: a compromised one is never certified again."""
        return issue(
            self.room,
            SYSTEM,
            suite=suite,
            profile=profile,
            subject=SUBJECTS.get(profile, SERVICE),
            spki=self._spki(suite, profile, request_key),
            identity=IDENTITIES.get(profile, NO_IDENTITY),
            names=NAMES.get(profile, NO_NAMES),
            request_key=request_key or f"{profile}-{suite}-{self.room.ground.ids.token(8)}",
        )


@pytest.fixture(scope="session")
def make_region(tmp_path_factory: pytest.TempPathFactory, cluster: str) -> Iterator[Callable[..., Region]]:
    """Build a region of its own: `make_region("sqlite", suites)`."""
    made: list[CaRoom] = []
    templates: dict[str, Path] = {}

    def empty(kind: str, home: Path) -> str:
        """An empty database, copied from one that was brought up by migrating, once."""
        if kind not in templates:
            templates[kind] = tmp_path_factory.mktemp("empty")
            if kind == "postgresql":
                databases.execute(cluster.format(name="postgres"), "CREATE DATABASE ca_empty")
            db = open_database(Settings(home=home, database={"url": place(kind, templates[kind], "ca_empty")}))
            schema.upgrade(db)
            db.dispose()
        name = f"ca_{home.name}".replace("-", "_")
        if kind == "postgresql":
            databases.execute(
                cluster.format(name="postgres"), f"CREATE DATABASE {name} TEMPLATE ca_empty STRATEGY FILE_COPY"
            )
        else:
            shutil.copyfile(templates[kind] / "ca.db", home / "ca.db")
        return place(kind, home, name)

    def place(kind: str, home: Path, name: str) -> str:
        return cluster.format(name=name) if kind == "postgresql" else f"sqlite:///{home}/ca.db"

    def make(kind: str, suites: tuple[Suite, ...] = (Suite.SM2,)) -> Region:
        home = tmp_path_factory.mktemp(kind)
        url = empty(kind, home)
        clock = FixedClock(START)
        room = build_room(home, url, clock)
        establish(room, suites)
        made.append(room)
        return Region(room, clock, home)

    yield make
    for room in made:
        room.ground.db.dispose()


@pytest.fixture(scope="session", params=ROOMS)
def region(request: pytest.FixtureRequest, make_region: Callable[..., Region]) -> Region:
    """One region with both suites, shared; tests leave its clock alone and use request keys of their own."""
    return make_region(request.param, USUAL)


@pytest.fixture(params=ROOMS)
def own_region(request: pytest.FixtureRequest, make_region: Callable[..., Region]) -> Region:
    """An SM2 region of this test alone, to crash, to age and to fill."""
    return make_region(request.param)


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The whole house with callers of every kind (`tests.ca.office`)."""
    from tests.ca.office import Office, callers  # the whole house; tests of one room need not import it
    from tests.portal.house import page_house

    with page_house(tmp_path_factory.mktemp("office") / "home") as pages:
        pages.callers.update(callers(pages))
        yield Office(pages)

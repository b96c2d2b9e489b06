"""A region with something in it, to be backed up, lost and brought back."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ca import crl
from ca.hierarchy import establish
from ca.issue import IssuedCertificate, Subject, issue
from ca.reading.identity import NO_IDENTITY, IdentityExtensions
from ca.suites import Suite
from foundation.clock import FixedClock
from foundation.database import open_database
from foundation.ids import SystemIds
from foundation.numbers import citizen_number_check
from foundation.principal import SYSTEM
from foundation.settings import Settings
from foundation.storage import open_storage
from hsm.keys import Algorithm, Purpose
from hsm.sealed_to import Secret, ToPassphrase
from server.backup.create import Source, create
from server.backup.verify import Checked
from server.house import House, open_house

WORDS = "correct horse battery"
SECRET = Secret(passphrase=WORDS)
NUMBER = "21990119900307001" + citizen_number_check("21990119900307001")


@contextmanager
def source_of(settings: Settings, clock: FixedClock) -> Iterator[Source]:
    settings.home.mkdir(parents=True, exist_ok=True)
    db = open_database(settings)
    try:
        yield Source(settings, db, open_storage(settings), clock, SystemIds(clock))
    finally:
        db.dispose()


def issued(house: House, request_key: str, profile: str = "code-signer") -> IssuedCertificate:
    """An official's or a person's certificate too: names of people must survive, sealed."""
    keys = house.hsm.keys
    spki = keys.ensure(f"test/{profile}", Algorithm.SM2, {Purpose.CODE}).spki
    personal = profile == "citizen"
    return issue(
        house.ca,
        SYSTEM,
        suite=Suite.SM2,
        profile=profile,
        subject=Subject("欧阳修文") if personal else Subject("印川市电子证照二维码", "印川市政务服务和大数据管理局"),
        spki=spki,
        identity=IdentityExtensions(citizen_number=NUMBER) if personal else NO_IDENTITY,
        request_key=request_key,
    )


@dataclass(frozen=True)
class Place:
    """One installation: where it is, and how to open it."""

    settings: Settings
    clock: FixedClock

    @contextmanager
    def house(self) -> Iterator[House]:
        with open_house(self.settings, clock=self.clock, upgrade=True) as house:
            yield house

    def backup(self, name: str = "t.backup") -> tuple[Path, Checked]:
        out = self.settings.home / name
        with source_of(self.settings, self.clock) as source:
            return out, create(source, out, ToPassphrase(WORDS))

    def save_outside(self, folder: Path) -> None:
        """What a careful operator has on another host: journal and ledger. The KEK lies in a safe."""
        for path, name in ((self.settings.journal_dir, "journal"), (self.settings.checkpoint_dir, "checkpoints")):
            shutil.copytree(path, folder / name, dirs_exist_ok=True)
        shutil.copy(self.settings.kek_file, folder / "kek")


@pytest.fixture
def place(settings: Settings, clock: FixedClock) -> Place:
    """Established, with two certificates, its lists out and a checkpoint written."""
    found = Place(settings, clock)
    with found.house() as house:
        establish(house.ca, (Suite.SM2,))
        for number in range(2):
            issued(house, f"before-{number}")
        for slug in ("sm2-root", "sm2-issuing"):
            crl.current(house.ca, slug)
        house.checkpoint()
    return found


@pytest.fixture
def new_place(
    new_database: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory, place: Place
) -> Callable[[str], Place]:
    """An empty installation on a database of that kind, with what lay outside already in it."""

    def make(kind: str) -> Place:
        home = tmp_path_factory.mktemp("new")
        place.save_outside(home)
        settings = Settings(home=home, database={"url": new_database(kind)}, web={"rate_limits": False})
        return Place(settings, place.clock)

    return make

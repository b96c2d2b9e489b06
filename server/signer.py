"""The signer put together (签名进程装配): the third composition root, the only one that opens the key-encryption key.

It has the database (intents are read, keys and audit rows written), its journal and its socket; no storage, no
document, no web. `attach` gives the other two roots their way to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

from foundation.audit.trail import Audit
from foundation.clock import Clock
from foundation.database import Database
from foundation.errors import Unavailable
from foundation.ground import Ground
from foundation.ids import Ids
from foundation.jobs import JobQueue
from foundation.settings import Settings
from foundation.storage import Stat
from foundation.text import Text
from hsm import vault as vaults
from hsm.delivery.operations import RemoteOneTimeKeys
from hsm.digests import sha256
from hsm.escrow.remote import RemoteEscrow
from hsm.kek import Kek
from hsm.keys import KeyRef
from hsm.life.operations import RemoteKeeper
from hsm.room import HsmRoom
from hsm.service.channel import ITSELF, Channel, DirectChannel
from hsm.service.client import RemoteKeyStore, RemoteVault
from hsm.service.desk import Desk, own_caller
from hsm.service.journal import Journal
from hsm.service.operations import Opened
from hsm.service.records import KEY, Entry
from hsm.service.server import answers, greeting
from hsm.service.socket_channel import SocketChannel
from hsm.service.table import TABLE
from hsm.service.unsealing import Unsealing
from hsm.service.wire import Hello
from hsm.service.witness import WitnessedKeys
from hsm.vault import OpenVault
from server.signer_child import beside
from server.signer_policies import policies


@dataclass(frozen=True)
class Attached:
    """What web and worker build their rooms on."""

    vault: OpenVault
    channel: Channel

    def room(self, ground: Ground) -> HsmRoom:
        channel = self.channel
        return HsmRoom(
            ground,
            self.vault,
            RemoteKeyStore(channel),
            RemoteEscrow(channel),
            RemoteKeeper(channel),
            RemoteOneTimeKeys(channel),
        )


@contextmanager
def attach(settings: Settings, db: Database, clock: Clock, ids: Ids, *, resident: bool) -> Iterator[Attached]:
    """The way to the signer. `resident`: a process that stays (web, worker) and may start the signer beside it.

    A command that comes and goes asks the signer that runs; where none does it has its own desk in the process, with
    the same policies and the same journal, for as long as it lasts.
    """
    mode = settings.signer.mode
    if mode == "child" and resident:
        with beside(settings):
            yield _by_socket(settings, ids)
    elif mode == "socket" or (mode == "child" and answers(settings.signer_socket)):
        yield _by_socket(settings, ids)
    else:
        desk = desk_of(settings, db, clock, ids)
        desk.open_configured()
        try:
            yield Attached(desk.opened.vault, DirectChannel(lambda: desk, own_caller(ITSELF)))
        finally:
            desk.journal.close()


def desk_of(settings: Settings, db: Database, clock: Clock, ids: Ids, lacking: tuple[str, ...] = ()) -> Desk:
    """A sealed desk with its journal open."""
    vaults.ready(settings)
    journal = Journal(settings.journal_dir, clock)
    journal.open({"environment": settings.environment, "region": settings.region.code})
    return Desk(
        table=TABLE,
        journal=journal,
        unsealing=Unsealing(settings, db, clock, ids),
        opener=opener(settings, db, clock, ids, journal),
        environment=settings.environment,
        started_at=clock.now(),
        lacking=lacking,
    )


def opener(settings: Settings, db: Database, clock: Clock, ids: Ids, journal: Journal) -> Callable[[Kek], Opened]:
    """From the right key-encryption key to everything that works with it."""

    def open_with(kek: Kek) -> Opened:
        vault = vaults.unlock(settings, db, clock, ids, kek)
        ground = Ground(
            settings=settings,
            db=db,
            clock=clock,
            ids=ids,
            storage=NoStorage(),
            audit=Audit(vault.mac, clock, ids),
            cipher=vault.cipher,
            mac=vault.mac,
            jobs=JobQueue(clock, ids, settings.jobs.lease_seconds),
        )
        room = HsmRoom.build(
            ground, vault, announce=partial(_announce, journal), witness=lambda keys: WitnessedKeys(keys, journal)
        )
        return Opened(ground, vault, room, journal, policies(ground, room.keys, journal, room.escrow))

    return open_with


def _announce(journal: Journal, ref: KeyRef) -> None:
    """A key is in the journal before its row is committed, with the digest of its public half."""
    journal.write(Entry(KEY, "generate", key=str(ref), content=sha256(ref.spki).hex()))


def installation(settings: Settings) -> Hello:
    return greeting(settings.environment, settings.region.code)


def socket_channel(settings: Settings) -> SocketChannel:
    at = settings.signer
    return SocketChannel(
        settings.signer_socket, installation(settings), TABLE, wait=at.wait_seconds, timeout=at.timeout_seconds
    )


def _by_socket(settings: Settings, ids: Ids) -> Attached:
    vaults.ready(settings)
    channel = socket_channel(settings)
    return Attached(RemoteVault.over(channel, settings, ids), channel)


class NoStorage:
    """The signer reads no documents, so it is given none (`foundation.storage.Storage`)."""

    def put_new(self, key: str, data: bytes) -> None:
        del data
        self._refuse(key)

    def put_all(self, files: Mapping[str, bytes]) -> None:
        self._refuse(next(iter(files), ""))

    def put_file(self, key: str, path: Path) -> None:
        del path
        self._refuse(key)

    def open(self, key: str) -> bytes:
        self._refuse(key)

    def fetch(self, key: str, path: Path) -> None:
        del path
        self._refuse(key)

    def stat(self, key: str) -> Stat:
        self._refuse(key)

    def list(self, prefix: str) -> list[str]:
        self._refuse(prefix)

    def presign(self, key: str, seconds: int) -> str | None:
        del seconds
        self._refuse(key)

    def _refuse(self, key: str) -> NoReturn:
        raise Unavailable(
            "hsm.no_storage",
            Text("签名进程不读写文件存储。", f"The signer has no storage and does not touch {key}."),
        )

"""What a web process does while it waits to be killed: it issues, lists and stamps; the signer is elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count

from ca import crl, hierarchy, timestamps
from ca import recover as recovery
from ca.issue import Subject, issue
from ca.room import CaRoom
from ca.suites import Suite
from foundation.audit.checkpoint import Ledger, publish
from foundation.audit.sequencer import sequence_all
from foundation.audit.trail import Audit
from foundation.clock import SystemClock
from foundation.database import open_database
from foundation.errors import Unavailable
from foundation.ground import Ground
from foundation.ids import SystemIds
from foundation.jobs import JobQueue
from foundation.principal import SYSTEM
from foundation.settings import Settings
from foundation.storage import open_storage
from hsm import vault as vaults
from hsm.delivery.operations import RemoteOneTimeKeys
from hsm.digests import Digest
from hsm.escrow.remote import RemoteEscrow
from hsm.keys import Algorithm, Purpose
from hsm.life.operations import RemoteKeeper
from hsm.room import HsmRoom
from hsm.service.client import RemoteKeyStore, RemoteVault
from hsm.service.server import greeting
from hsm.service.socket_channel import SocketChannel
from hsm.service.table import TABLE

DEPARTMENT = "91219901MA10007F6L印川市桑榆里餐饮有限公司"


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[HsmRoom, CaRoom]]:
    """Key room and certificate room of a process without keys."""
    vaults.ready(settings)
    clock = SystemClock()
    ids, db = SystemIds(clock), open_database(settings)
    hello = greeting(settings.environment, settings.region.code)
    channel = SocketChannel(settings.signer_socket, hello, TABLE, wait=settings.signer.wait_seconds, timeout=20)
    vault = RemoteVault.over(channel, settings, ids)
    audit = Audit(vault.mac, clock, ids)
    ground = Ground(
        settings, db, clock, ids, open_storage(settings), audit, vault.cipher, vault.mac, JobQueue(clock, ids)
    )
    keys = RemoteKeyStore(channel)
    try:
        yield (
            HsmRoom(ground, vault, keys, RemoteEscrow(channel), RemoteKeeper(channel), RemoteOneTimeKeys(channel)),
            CaRoom.build(ground, keys),
        )
    finally:
        db.dispose()


def start(room: CaRoom) -> None:
    recovery.recover(room, older_than=timedelta())
    hierarchy.establish(room, [Suite.SM2])


def checkpoint(hsm: HsmRoom) -> None:
    sequence_all(hsm.ground.db)
    publish(hsm.ground.db, Ledger(hsm.ground.settings.checkpoint_dir), hsm.checkpoint_signer(), hsm.ground.clock)


def step(hsm: HsmRoom, room: CaRoom, run: str, number: int) -> None:
    spki = room.keys.ensure(f"test/{run}-{number % 3}", Algorithm.SM2, {Purpose.CLIENT}).spki
    subject = Subject(f"219900{number % 10**8:08d}", organization=DEPARTMENT)
    issue(
        room,
        SYSTEM,
        suite=Suite.SM2,
        profile="department-seal",
        subject=subject,
        spki=spki,
        request_key=f"kill:{run}:{number}",
    )
    timestamps.token(room, Suite.SM2, Digest.SM3, Digest.SM3.of(b"%d" % number))
    if number % 5 == 0:
        crl.publish(room, "sm2-issuing")
    if number % 7 == 0:
        checkpoint(hsm)


def work(hsm: HsmRoom, room: CaRoom, run: str, tell: Callable[[bytes], object]) -> None:
    """A refusal because the signer is being killed is what this is about; anything else ends the process."""
    started = False
    for number in count():
        try:
            if not started:
                start(room)
                started = True
                tell(b"w")
            step(hsm, room, run, number)
            tell(b".")
        except Unavailable:
            tell(b"!")
            time.sleep(0.05)

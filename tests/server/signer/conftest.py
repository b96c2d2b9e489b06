"""A desk over each database, opened or served on a socket by a thread of the test."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from foundation.clock import FixedClock
from foundation.database import Database
from foundation.ids import SystemIds
from foundation.settings import Settings
from hsm.service.desk import Desk
from hsm.service.server import Admission, SignerServer
from hsm.service.socket_channel import SocketChannel
from hsm.service.table import TABLE
from server.signer import desk_of, installation


@pytest.fixture
def desk(settings: Settings, db: Database, clock: FixedClock) -> Iterator[Desk]:
    made = desk_of(settings, db, clock, SystemIds(clock))
    made.open_configured()
    yield made
    made.journal.close()


@pytest.fixture
def socket_path() -> Iterator[Path]:
    """Short: the name of a Unix socket has 107 octets, pytest's folders are longer."""
    with tempfile.TemporaryDirectory(prefix="yx-", dir="/tmp") as folder:
        yield Path(folder) / "signer.sock"


@dataclass
class Served:
    path: Path
    desk: Desk
    settings: Settings
    server: SignerServer

    def channel(self, settings: Settings | None = None, *, wait: float = 0.0, timeout: float = 10.0) -> SocketChannel:
        return SocketChannel(self.path, installation(settings or self.settings), TABLE, wait=wait, timeout=timeout)


Serve = Callable[..., Served]


@contextmanager
def serving(path: Path, desk: Desk, settings: Settings, admission: Admission) -> Iterator[Served]:
    server = SignerServer(path, 0o600, admission, desk, installation(settings))
    server.listen()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield Served(path, desk, settings, server)
    finally:
        server.close()
        thread.join(timeout=10)
        assert not thread.is_alive()


OWN = Admission(frozenset({os.geteuid()}), frozenset({os.geteuid()}))


@pytest.fixture
def served(socket_path: Path, desk: Desk, settings: Settings) -> Iterator[Served]:
    with serving(socket_path, desk, settings, OWN) as found:
        yield found

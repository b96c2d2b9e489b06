"""What the separate signer costs (签名进程开销): CPU of both processes for one SM2 signature.

The key's policy here only says yes, so that the way is measured and not the rules; the rules have a row of their own.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from bench.measure import Figure, measure
from foundation.clock import SystemClock
from foundation.database import open_database
from foundation.ids import SystemIds
from foundation.settings import Settings
from hsm.keys import Algorithm, Purpose
from hsm.service.client import RemoteKeyStore
from hsm.service.policies import Stated
from hsm.service.server import Admission, SignerServer
from hsm.signing import Signer, ToBeSigned
from server import schema
from server.signer import desk_of, installation, socket_channel

MESSAGE = bytes(600)
_TICK = os.sysconf("SC_CLK_TCK")


@contextmanager
def signer_of(settings: Settings, *, durable: bool) -> Iterator[int]:
    """A forked signer; its process id."""
    ready, written = os.pipe()
    pid = os.fork()
    if pid == 0:
        clock = SystemClock()
        desk = desk_of(settings, open_database(settings), clock, SystemIds(clock))
        desk.journal.durable = durable
        desk.open_configured()
        object.__setattr__(desk.opened, "policies", {Purpose.CODE: lambda _: Stated()})
        own = frozenset({os.geteuid()})
        server = SignerServer(settings.signer_socket, 0o600, Admission(own, own), desk, installation(settings))
        server.listen()
        os.write(written, b"r")
        server.serve()
        os._exit(0)
    os.close(written)
    os.read(ready, 1)
    try:
        yield pid
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _sign(signer: Signer) -> Callable[[], object]:
    numbers = count()
    return lambda: signer.sign(ToBeSigned(Purpose.CODE, MESSAGE, f"bench:{next(numbers)}"))


def figures() -> Iterator[Figure]:
    times = 400
    with tempfile.TemporaryDirectory(prefix="yx-b-", dir="/tmp") as folder:
        settings = Settings(home=Path(folder))
        db = open_database(settings)
        schema.upgrade(db)
        db.dispose()
        clock = SystemClock()
        desk = desk_of(settings, open_database(settings), clock, SystemIds(clock))
        desk.open_configured()
        ref = desk.opened.keys.ensure("bench/sm2", Algorithm.SM2, {Purpose.CODE})
        own = desk.opened.keys.signer(ref.name)
        bare, wall = measure(_sign(own), times=times)
        yield Figure("SM2 signature, in process", bare, wall, note="signed and verified back; no journal, no policy")
        desk.journal.close()
        for durable in (False, True):
            with signer_of(settings, durable=durable) as pid:
                keys = RemoteKeyStore(socket_channel(settings))
                yield _over_socket(keys, pid, times, bare, "fsync" if durable else "no fsync", threads=1)
                if durable:
                    yield _over_socket(keys, pid, times, bare, "fsync, 8 threads at once", threads=8)


def _over_socket(keys: RemoteKeyStore, pid: int, times: int, bare: float, what: str, *, threads: int) -> Figure:
    sign = _sign(keys.signer("bench/sm2"))
    for _ in range(20):
        sign()
    own, theirs, began = time.process_time(), _cpu(pid), time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(sign) for _ in range(times)]:
            done.result()
    wall = (time.perf_counter() - began) * 1000 / times
    client, signer = (time.process_time() - own) * 1000 / times, (_cpu(pid) - theirs) * 1000 / times
    note = f"client {client:.2f} ms + signer {signer:.2f} ms"
    name = f"SM2 signature, socket, {what}"
    return Figure(name, client + signer, wall, "the same in process", bare, note)


def main() -> None:
    for figure in figures():
        print(json.dumps(figure.as_dict(), ensure_ascii=False))


if __name__ == "__main__":
    main()

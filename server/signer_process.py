"""`yinxin signer run` (签名进程): opens, hardens itself, listens, and ends with its parent or on a signal.

Sealing replaces the whole process image by a fresh one that starts sealed: the kernel gives it clean memory, which no
amount of overwriting in Python could promise.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType

import click
import structlog

from foundation import logs
from foundation.clock import SystemClock
from foundation.database import open_database
from foundation.errors import YinxinError
from foundation.ids import SystemIds
from foundation.settings import Settings
from hsm.service.desk import Desk
from hsm.service.hardening import harden
from hsm.service.server import Admission, SignerServer
from server import schema
from server.settled import settle
from server.signer import desk_of, installation
from server.signer_child import READY, REFUSED, handed_over

log = structlog.get_logger("signer")


def run(settings: Settings, *, child: bool, sealed: bool) -> None:
    answer = _way_to_parent() if child else None
    logs.configure(settings.log)
    lacking = harden()
    for words in lacking:
        log.warning("signer.unprotected", what=words)
    clock = SystemClock()
    db = open_database(settings)
    try:
        schema.require_current(db)
        desk = desk_of(settings, db, clock, SystemIds(clock), lacking)
        server = SignerServer(
            settings.signer_socket,
            int(settings.signer.socket_mode, 8),
            _admission(settings),
            desk,
            installation(settings),
        )
        desk.wipe = _Wipe(settings, child=child)
        if sealed:
            desk.stay_sealed()
        else:
            desk.open_configured()
        server.listen()
    except YinxinError as error:
        if answer is None:
            raise
        _say(answer, f"{REFUSED}\t{error.code}\t{error.detail.zh}\t{error.detail.en}")
        sys.exit(1)
    _tell(desk, settings, answer)
    _end_with(server, child=child)
    settle()
    server.serve()
    desk.journal.close()
    db.dispose()


def _admission(settings: Settings) -> Admission:
    own = os.geteuid()
    clients = settings.signer.client_uids or (own,)
    operators = settings.signer.operator_uids or (own, 0)
    return Admission(frozenset(clients), frozenset(operators))


def _way_to_parent() -> int:
    """Standard output belongs to the parent alone; whatever else is printed goes to the log's stream."""
    kept = os.dup(1)
    os.dup2(2, 1)
    return kept


def _say(answer: int, words: str) -> None:
    with suppress(BrokenPipeError):  # after sealing, nobody reads any more
        os.write(answer, words.encode() + b"\n")
    os.close(answer)


def _tell(desk: Desk, settings: Settings, answer: int | None) -> None:
    reason, (records, _) = desk.sealed_because, desk.journal.head
    log.info("signer.listening", socket=str(settings.signer_socket), sealed=reason is not None, records=records)
    if desk.journal.healed:
        log.warning("signer.journal_healed", cut_octets=desk.journal.healed)
    if answer is not None:
        _say(answer, READY)
        return
    click.echo(f"签名进程已启动 / signer listening: {settings.signer_socket}")
    if reason is not None:
        click.echo(f"{reason.zh}\n{reason.en}")


def _end_with(server: SignerServer, *, child: bool) -> None:
    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        server.close()

    signal.signal(signal.SIGTERM, end)
    # Ctrl+C in the terminal reaches parent and child alike; the parent still has requests to finish.
    signal.signal(signal.SIGINT, signal.SIG_IGN if child else end)
    if child:
        threading.Thread(target=_outlive_nobody, args=(server,), daemon=True).start()


def _outlive_nobody(server: SignerServer) -> None:
    while os.read(0, 4096):
        continue
    server.close()


class _Wipe:
    """Into a fresh image that starts sealed. The answer to the operator leaves first."""

    def __init__(self, settings: Settings, *, child: bool) -> None:
        self._settings = settings
        self._child = child

    def __call__(self) -> None:
        threading.Timer(0.2, self._exec).start()

    def _exec(self) -> None:
        command = [sys.executable, "-m", "server", "signer", "run", "--sealed"]
        if self._child:
            memory = os.memfd_create("settings", 0)  # inherited, and gone with the process
            os.write(memory, handed_over(self._settings))
            os.lseek(memory, 0, os.SEEK_SET)
            command += ["--child", "--settings-fd", str(memory)]
        self._settings.signer_socket.unlink(missing_ok=True)
        try:
            os.execv(sys.executable, command)  # noqa: S606 - ourselves, with our own arguments
        finally:
            os._exit(1)  # sealed in any case: the mark in the journal's folder keeps the next start sealed

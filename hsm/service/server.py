"""The signer's socket (签名套接字): who may connect is asked of the kernel, one thread for each connection.

No network: a Unix socket only, its file mode 0600 or 0660. A connection that sends anything but a message of ours is
closed; it cannot cost another one its answer.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from foundation.errors import YinxinError
from hsm.service import coding, wire
from hsm.service.desk import Desk
from hsm.service.errors import BadMessage, LongSocketPath, OtherInstallation, SignerAway, StrangerRefused
from hsm.service.operations import Caller, Role
from hsm.service.wire import PROTOCOL, Hello

log = structlog.get_logger("signer")
MOST_LINKS = 128
_LONGEST_PATH = 107
_HELLO_SECONDS = 5.0
_SEND_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Admission:
    """Accounts that may connect, and as what."""

    clients: frozenset[int]
    operators: frozenset[int]

    def roles(self, uid: int) -> frozenset[Role]:
        named = {Role.CLIENT: self.clients, Role.OPERATOR: self.operators}
        return frozenset(role for role, uids in named.items() if uid in uids)


class _HungUp(Exception):  # noqa: N818 - it never leaves this module
    """The other side left before it said anything."""


@dataclass(slots=True)
class SignerServer:
    path: Path
    mode: int
    admission: Admission
    desk: Desk
    ours: Hello
    _listener: socket.socket | None = None
    _links: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def listen(self) -> None:
        """A socket file without a process behind it is a crash's; one that answers belongs to another signer."""
        if len(os.fsencode(self.path)) > _LONGEST_PATH:
            raise LongSocketPath(str(self.path))
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        if answers(self.path):
            raise SignerAway(f"another signer serves {self.path}")
        self.path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listener.bind(str(self.path))
        finally:
            os.umask(before)
        self.path.chmod(self.mode)
        listener.listen(64)
        self._listener = listener

    def serve(self) -> None:
        """Until `close`."""
        listener = self._listener
        if listener is None:
            raise RuntimeError("listen first")
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._attend, args=(link,), daemon=True).start()

    def close(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            self.path.unlink(missing_ok=True)

    def _attend(self, link: socket.socket) -> None:
        try:
            with link:
                if not self._enter(link):
                    return
                try:
                    caller = self._welcome(link)
                    self._answer_all(link, caller)
                finally:
                    with self._lock:
                        self._links.discard(link)
        except _HungUp:
            return  # somebody looked whether a signer answers
        except (OSError, YinxinError) as error:
            log.warning("signer.link_closed", why=getattr(error, "code", type(error).__name__))

    def _enter(self, link: socket.socket) -> bool:
        with self._lock:
            if len(self._links) >= MOST_LINKS:
                return False
            self._links.add(link)
            return True

    def _welcome(self, link: socket.socket) -> Caller:
        """Kernel credentials first, then the installation both sides belong to."""
        pid, uid, _ = struct.unpack("3i", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        roles = self.admission.roles(uid)
        link.settimeout(_HELLO_SECONDS)
        try:
            if not roles:
                raise StrangerRefused(uid, "connection")
            theirs = _hello(link)
            if theirs != self.ours:
                raise OtherInstallation(_place(theirs), _place(self.ours))
        except YinxinError as error:
            wire.send(link, *wire.refused(error))
            raise
        wire.send(link, *wire.answered(self.ours))
        link.settimeout(None)
        return Caller(uid, pid, roles)

    def _answer_all(self, link: socket.socket, caller: Caller) -> None:
        while True:
            try:
                request = wire.receive_request(link, self.desk.table)
            except BadMessage as error:
                wire.send(link, *wire.refused(error))
                raise  # what follows on this connection cannot be trusted to begin a message
            if request is None:
                return
            wire.send(link, *self._answer(caller, request))

    def _answer(self, caller: Caller, request: object) -> tuple[bytes, bytes]:
        try:
            answer = self.desk.ask(caller, request)
        except YinxinError as error:
            log.info("signer.refused", code=error.code, uid=caller.uid)
            return wire.refused(error)
        except Exception as error:  # the process frame's place: one bad request must not end the others
            log.exception("signer.accident", error=type(error).__name__)
            return wire.refused(SignerAway("an accident; see the signer's log"))
        return wire.answered(answer)


def _hello(link: socket.socket) -> Hello:
    first = link.recv(4, socket.MSG_WAITALL)
    if not first:
        raise _HungUp
    size = int.from_bytes(first, "big")
    if not 0 < size < 1024:
        raise BadMessage("no greeting")
    return coding.decode(Hello, link.recv(size, socket.MSG_WAITALL))


def greet(link: socket.socket, ours: Hello) -> None:
    """The client's side of the handshake."""
    wire.send(link, b"", coding.encode(ours))
    theirs = wire.receive_answer(link, Hello)
    if theirs != ours:
        raise OtherInstallation(_place(ours), _place(theirs))


def greeting(environment: str, region: str) -> Hello:
    return Hello(PROTOCOL, environment, region)


def _place(hello: Hello) -> str:
    return f"{hello.environment}/{hello.region}/v{hello.protocol}"


def answers(path: Path) -> bool:
    """Whether a process listens behind the socket file."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True

"""A listener for OCSP alone (独立 OCSP 监听): as many answers from one core as the look-up allows.

The web server spends forty times the look-up on HTTP (bench/revocation.py); a big region puts this behind its proxy
for `/ocsp/`. One loop over sockets; what must be signed goes to a few threads, so a nonce delays nobody else.
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import structlog

from ca.ocsp import Answer, respond_to
from ca.ocsp_exchange import Exchange, Shared
from ca.ocsp_quick import Quick
from ca.room import CaRoom
from foundation.errors import YinxinError

log = structlog.get_logger("ca")
MOST_CONNECTIONS = 4096
MOST_WAITING = 256
"""Questions that wait for a signature; more are told to come back."""
IDLE_SECONDS = 30.0
_AT_ONCE = 64
_READ = 16 * 1024
_READABLE, _WRITABLE = selectors.EVENT_READ, selectors.EVENT_WRITE


class _Connection:
    __slots__ = ("events", "exchange", "heard", "pending", "socket")

    def __init__(self, connected: socket.socket, exchange: Exchange) -> None:
        self.socket = connected
        self.exchange = exchange
        self.pending = b""
        self.events = 0
        """What the selector watches for; most connections of one question are never given to it."""
        self.heard = monotonic()


class Listener:
    """Serves until `stop` is called, from any thread."""

    def __init__(self, room: CaRoom, host: str, port: int, *, threads: int = 4) -> None:
        self._room = room
        self._shared = Shared(Quick(room), Shared.headers(room.ground.settings.web), self._later)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="ocsp")
        self._known: dict[Exchange, _Connection] = {}
        self._done: deque[tuple[Exchange, Answer | Exception]] = deque()
        self._waiting = 0
        self._stopped = threading.Event()
        self._wake, self._woken = socket.socketpair()
        self._wake.settimeout(0)
        self._listening = _listen(host, port)
        self.port: int = self._listening.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, _READABLE)
        self._selector.register(self._woken, _READABLE)

    def stop(self) -> None:
        self._stopped.set()
        self._ring()

    def run(self) -> None:
        look_again = monotonic() + 1.0
        try:
            while not self._stopped.is_set():
                for key, events in self._selector.select(1.0):
                    if key.fileobj is self._listening:
                        self._accept()
                    elif key.fileobj is self._woken:
                        self._woken.recv(4096)
                        self._finish()
                    else:
                        self._ready(key.data, events)
                if monotonic() >= look_again:
                    self._expire()
                    look_again = monotonic() + 1.0
        finally:
            self._close_all()

    def _close_all(self) -> None:
        for connection in tuple(self._known.values()):
            self._drop(connection)
        self._pool.shutdown()
        self._selector.close()
        for one in (self._listening, self._wake, self._woken):
            one.close()

    # --- sockets -----------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                connected, _address = self._listening.accept()
            except OSError:  # none is left, or no file can be opened: the rest waits in the queue
                return
            if len(self._known) >= MOST_CONNECTIONS:
                connected.close()
                continue
            exchange = Exchange(self._shared)
            connection = self._known[exchange] = _Connection(connected, exchange)
            self._read(connection)

    def _ready(self, connection: _Connection, events: int) -> None:
        if events & _WRITABLE:
            self._write(connection, b"")
        if events & _READABLE and connection.exchange in self._known:
            self._read(connection)

    def _read(self, connection: _Connection) -> None:
        try:
            data = connection.socket.recv(_READ, socket.MSG_DONTWAIT)
        except BlockingIOError:
            self._watch(connection, _READABLE)
            return
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
            return
        self._write(connection, connection.exchange.feed(data))

    def _write(self, connection: _Connection, said: bytes) -> None:
        """Send what can be sent, then wait for whatever is next."""
        waiting = connection.pending + said
        if said:
            connection.heard = monotonic()  # an answer, not single octets sent now and then, keeps a connection
        if waiting:
            try:
                waiting = waiting[connection.socket.send(waiting, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                pass
            except OSError:
                self._drop(connection)
                return
        connection.pending = waiting
        if waiting:
            self._watch(connection, _WRITABLE)
        elif connection.exchange.ended:
            self._drop(connection)
        else:
            self._watch(connection, 0 if connection.exchange.waits else _READABLE)

    def _watch(self, connection: _Connection, events: int) -> None:
        if events == connection.events:
            return
        if not connection.events:
            self._selector.register(connection.socket, events, connection)
        elif not events:
            self._selector.unregister(connection.socket)
        else:
            self._selector.modify(connection.socket, events, connection)
        connection.events = events

    def _drop(self, connection: _Connection) -> None:
        if self._known.pop(connection.exchange, None) is not None:
            if connection.events:
                self._selector.unregister(connection.socket)
            connection.socket.close()

    def _expire(self) -> None:
        """Nobody holds a connection for longer than half a minute without a question."""
        late = monotonic() - IDLE_SECONDS
        for connection in [one for one in self._known.values() if one.heard < late and not one.exchange.waits]:
            self._drop(connection)

    # --- answers that must be signed ---------------------------------------------------------------------------------

    def _later(self, exchange: Exchange, slug: str, question: bytes) -> bool:
        if self._waiting >= MOST_WAITING:
            return False
        self._waiting += 1
        self._pool.submit(self._sign, exchange, slug, question)
        return True

    def _sign(self, exchange: Exchange, slug: str, question: bytes) -> None:
        made: Answer | Exception
        try:
            made = respond_to(self._room, slug, question)
        except Exception as error:  # noqa: BLE001 - this process's frame: the asker is told to come back, the log why
            log.warning("ca.ocsp_failed", code=error.code if isinstance(error, YinxinError) else type(error).__name__)
            made = error
        self._done.append((exchange, made))
        self._ring()

    def _ring(self) -> None:
        try:
            self._wake.send(b"!")
        except BlockingIOError:
            return  # it rings already

    def _finish(self) -> None:
        while self._done:
            exchange, made = self._done.popleft()
            self._waiting -= 1
            connection = self._known.get(exchange)
            if connection is not None:
                self._write(connection, exchange.answered(made))


def _listen(host: str, port: int) -> socket.socket:
    """Several processes may listen on one port; the system shares the connections out."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_DEFER_ACCEPT"):  # wake when the question is there, not when somebody knocks
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 5)
    listening.bind((host, port))
    listening.listen(1024)
    listening.settimeout(0)
    return listening

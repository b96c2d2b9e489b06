"""A real HTTP server on this machine that behaves as told (本机应答服务)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Behave = Callable[[socket.socket, bytes], None]


@dataclass
class Server:
    port: int
    asked: list[bytes] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)


def plain(body: bytes, *, status: str = "200 OK", more: str = "", length: bool = True) -> Behave:
    def behave(connection: socket.socket, _: bytes) -> None:
        size = f"Content-Length: {len(body)}\r\n" if length else ""
        connection.sendall(f"HTTP/1.0 {status}\r\n{size}{more}\r\n".encode() + body)

    return behave


@contextmanager
def serving(behave: Behave | dict[bytes, Behave]) -> Iterator[Server]:
    """One behaviour for all paths, or one per path."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(listener.getsockname()[1])

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            request = _read(connection)
            server.asked.append(request)
            path = request.split(b" ", 2)[1]
            chosen = behave.get(path) if isinstance(behave, dict) else behave
            (chosen or plain(b"", status="404 Not Found"))(connection, request)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server
    finally:
        server.ended.set()
        listener.close()


def _read(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(4096)
        if not part:
            return data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    size = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < size:
        body += connection.recv(4096)
    return head + b"\r\n\r\n" + body

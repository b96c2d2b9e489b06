"""Messages on the socket (套接字报文): a length, then a request's name and body, or an answer's sign and body.

Bounded before a byte of the body is read: each operation has its own greatest size. The first exchange binds both
sides to one environment and region, so production never signs with a sample's keys.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

from foundation.errors import YinxinError
from foundation.text import Text
from hsm.service import coding
from hsm.service.errors import BadMessage, SignerAway
from hsm.service.operations import Table

PROTOCOL = 1
MOST_ANSWER = 16 * 1024 * 1024
_MOST_NAME = 64
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Hello:
    protocol: int
    environment: str
    region: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal as it travels: the class of ours it was, its code, its words."""

    origin: str
    code: str
    zh: str
    en: str


def send(link: socket.socket, head: bytes, body: bytes) -> None:
    """`head` is the name of an operation (one octet of length before it) or the sign of an answer."""
    frame = (len(head) + len(body)).to_bytes(4, "big") + head
    if len(body) < _CHUNK:
        link.sendall(frame + body)
    else:
        link.sendall(frame)
        link.sendall(body)


def named(name: str) -> bytes:
    octets = name.encode()
    return bytes((len(octets),)) + octets


def receive_request(link: socket.socket, table: Table) -> object | None:
    """The next request, or None when the other side has hung up."""
    first = link.recv(1)
    if not first:
        return None
    size = int.from_bytes(first + _exactly(link, 3), "big")
    length = _exactly(link, 1)[0]
    if not 0 < length <= min(_MOST_NAME, size - 1):
        raise BadMessage("no name")
    operation = table.named(_exactly(link, length).decode("ascii", "replace"))
    rest = size - 1 - length
    if rest > operation.most_octets:
        raise BadMessage(f"{operation.name} larger than {operation.most_octets} octets")
    found: object = coding.decode(operation.request, _exactly(link, rest))
    return found


def receive_answer(link: socket.socket, kind: type[coding.T]) -> coding.T:
    """The answer, or the error the other side raised, raised here."""
    size = int.from_bytes(_exactly(link, 4), "big")
    if not 0 < size <= MOST_ANSWER:
        raise BadMessage("answer too large")
    sign, body = _exactly(link, 1), _exactly(link, size - 1)
    if sign == b"\x00":
        return coding.decode(kind, body)
    raise raised(coding.decode(Fault, body))


def answered(answer: object) -> tuple[bytes, bytes]:
    return b"\x00", coding.encode(answer)


def refused(error: YinxinError) -> tuple[bytes, bytes]:
    kind = type(error)
    origin = f"{kind.__module__}.{kind.__qualname__}"
    return b"\x01", coding.encode(Fault(origin, error.code, error.detail.zh, error.detail.en))


def raised(fault: Fault) -> YinxinError:
    """The same class where this process knows it, so that rooms catch what they always caught."""
    kind = next((one for one in _family(YinxinError) if f"{one.__module__}.{one.__qualname__}" == fault.origin), None)
    if kind is None:
        return SignerAway(f"it raised {fault.code}")
    error = kind.__new__(kind)
    YinxinError.__init__(error, fault.code, Text(fault.zh, fault.en))
    return error


def _family(kind: type[YinxinError]) -> list[type[YinxinError]]:
    return [kind, *(one for below in kind.__subclasses__() for one in _family(below))]


def _exactly(link: socket.socket, size: int) -> bytes:
    if size <= _CHUNK:
        part = link.recv(size, socket.MSG_WAITALL) if size else b""
        if len(part) == size:
            return part
        whole = bytearray(part)
    else:
        whole = bytearray()
    while len(whole) < size:
        part = link.recv(min(_CHUNK, size - len(whole)))
        if not part:
            raise BadMessage("cut short")
        whole += part
    return bytes(whole)

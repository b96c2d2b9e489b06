"""Asking a time server (比对时间服务器): SNTP, RFC 5905 14, one question and one checked answer.

The clock is never set from it: keeping it right is the system's business (chrony, systemd-timesyncd).
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

from foundation.clock import Clock
from foundation.errors import Unavailable
from foundation.text import Text

_PORT = 123
_SECONDS = 1.0
_UNIX = 2_208_988_800
_PACKET = struct.Struct("!BBbb11I")
_CLIENT, _SERVER, _UNSYNCHRONISED = 0x23, 4, 3


@dataclass(frozen=True, slots=True)
class Answered:
    offset: float
    """Seconds our clock is ahead of the server's; negative when it is behind."""
    delay: float


class TimeServerSilent(Unavailable):
    def __init__(self, why: str) -> None:
        super().__init__(
            "ca.time_server",
            Text(
                f"时间服务器没有给出可用的时间（{why}），请检查 ca.clock_server。",
                f"The time server gave no usable time ({why}). Check ca.clock_server.",
            ),
        )


def ask(server: str, clock: Clock, nonce: bytes) -> Answered:
    """One exchange. The answer must repeat `nonce` (8 random octets), so that nobody off the path can forge it."""
    host, colon, port = server.rpartition(":")
    host, port = (host, port) if colon else (server, str(_PORT))
    question = bytes((_CLIENT,)) + bytes(39) + nonce
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as one:
            one.settimeout(_SECONDS)
            sent, steady = clock.now().timestamp(), clock.steady()
            one.sendto(question, address)
            packet, _ = one.recvfrom(512)
            took = clock.steady() - steady
    except (OSError, ValueError) as error:
        raise TimeServerSilent(type(error).__name__) from error
    return _read(packet, nonce, sent, took)


def _read(packet: bytes, nonce: bytes, sent: float, took: float) -> Answered:
    """RFC 5905 8: offset from the four times; our receiving time is steady, so a jump in between does not count."""
    if len(packet) < _PACKET.size:
        raise TimeServerSilent("short")
    first, stratum, _, _, *words = _PACKET.unpack_from(packet)
    if packet[24:32] != nonce:
        raise TimeServerSilent("not an answer to our question")
    if first & 7 != _SERVER or first >> 6 == _UNSYNCHRONISED or not 1 <= stratum <= 15:
        raise TimeServerSilent("not synchronised")
    received, answered = _seconds(words[7], words[8]), _seconds(words[9], words[10])
    delay = took - (answered - received)
    if not 0 <= delay <= _SECONDS:
        raise TimeServerSilent("too slow")
    return Answered(((sent - received) + (sent + took - answered)) / 2, delay)


def _seconds(whole: int, fraction: int) -> float:
    """Unix time. Half-way through 2036 the count begins anew (RFC 5905 6)."""
    era = 0 if whole >= 1 << 31 else 1 << 32
    return whole + era - _UNIX + fraction / (1 << 32)

"""Making and packing one-time keys as operations of the signer (一次性密钥操作), and the channel's end of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hsm.delivery.keys import OneTime
from hsm.digests import sha256
from hsm.keys import Algorithm
from hsm.pkcs12 import ROUNDS
from hsm.service.channel import Channel
from hsm.service.errors import PolicyRefused
from hsm.service.operations import RSA_SECONDS, Caller, Opened, Operation, anybody
from hsm.service.records import KEY, Entry


@dataclass(frozen=True, slots=True)
class MakeOneTimeKey:
    algorithm: Algorithm


@dataclass(frozen=True, slots=True, repr=False)
class PackOneTimeKey:
    """Names no one: `repr` is left out for the password's sake."""

    handle: str
    certificate: bytes
    chain: tuple[bytes, ...]
    password: str
    name: str
    rounds: int


@dataclass(frozen=True, slots=True, repr=False)
class PackedKey:
    file: bytes


def make(opened: Opened, caller: Caller, request: MakeOneTimeKey) -> OneTime:
    del caller
    return opened.room.one_time.make(request.algorithm)


def check_rounds(opened: Opened, caller: Caller, request: PackOneTimeKey) -> None:
    """A web process in foreign hands must not have the file made cheap to guess, nor keep us busy for ever."""
    del caller
    least = 2 if opened.ground.settings.environment == "sample" else ROUNDS
    if not least <= request.rounds <= 10 * ROUNDS:
        raise PolicyRefused("rounds", "口令派生次数不在允许范围", "the rounds are out of bounds")


def pack(opened: Opened, caller: Caller, request: PackOneTimeKey) -> PackedKey:
    del caller
    file = opened.room.one_time.pack(
        request.handle, request.certificate, request.chain, request.password, name=request.name, rounds=request.rounds
    )
    opened.journal.write(Entry(KEY, "deliver", content=sha256(request.certificate).hex()))
    return PackedKey(file)


OPERATIONS = (
    Operation("delivery.make", MakeOneTimeKey, OneTime, anybody, make, seconds=RSA_SECONDS),
    Operation("delivery.pack", PackOneTimeKey, PackedKey, check_rounds, pack, repeatable=False),
)


class RemoteOneTimeKeys:
    """The same verbs over the signer's channel."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def make(self, algorithm: Algorithm) -> OneTime:
        return self._channel.ask(MakeOneTimeKey(algorithm), OneTime)

    def pack(
        self,
        handle: str,
        certificate: bytes,
        chain: Sequence[bytes],
        password: str,
        *,
        name: str,
        rounds: int = ROUNDS,
    ) -> bytes:
        request = PackOneTimeKey(handle, certificate, tuple(chain), password, name, rounds)
        return self._channel.ask(request, PackedKey).file

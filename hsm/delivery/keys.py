"""The keeper of one-time keys (一次性密钥保管): in memory only, few, and not for long."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from foundation import der
from foundation.clock import Clock
from foundation.der import DerError
from foundation.errors import Conflict
from foundation.ids import Ids
from foundation.text import Text
from hsm.keys import Algorithm
from hsm.pkcs12 import ROUNDS, OneTimeKey

LIFE = timedelta(minutes=10)
MOST = 1000
"""More at once is no office handing out files; the oldest go first."""


@dataclass(frozen=True, slots=True)
class OneTime:
    """A key that waits to be packed: what to ask for it by, and its public half."""

    handle: str
    spki: bytes


class OneTimeKeys(Protocol):
    def make(self, algorithm: Algorithm) -> OneTime: ...

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
        """The PKCS#12 file, once; `KeyForgotten` ever after, after ten minutes, and after a restart."""
        ...


class KeyForgotten(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "hsm.one_time_key",
            Text(
                "这把一次性密钥已交付或已作废，请重新领取证书。",
                "This one-time key was handed over or is gone. Collect the certificate anew.",
            ),
        )


class LocalOneTimeKeys:
    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._waiting: OrderedDict[str, tuple[datetime, OneTimeKey]] = OrderedDict()
        self._lock = threading.Lock()

    def make(self, algorithm: Algorithm) -> OneTime:
        key, handle, now = OneTimeKey(algorithm), self._ids.token(16), self._clock.now()
        with self._lock:
            self._waiting[handle] = (now, key)
            for old, (made, _) in list(self._waiting.items()):
                if made + LIFE > now and len(self._waiting) <= MOST:
                    break
                del self._waiting[old]
        return OneTime(handle, key.spki)

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
        with self._lock:
            made, key = self._waiting.pop(handle, (None, None))
        if key is None or made is None or made + LIFE <= self._clock.now():
            raise KeyForgotten
        _check_pair(certificate, key.spki)
        return key.pack(certificate, chain, password, name=name, ids=self._ids, rounds=rounds)


def _check_pair(certificate: bytes, spki: bytes) -> None:
    """The certificate is for this key: a file of two halves that do not fit is of no use, and the key would be lost."""
    try:
        tbs = der.parse(certificate).expect(der.SEQUENCE).children(3)[0].expect(der.SEQUENCE).children(12)
    except (DerError, IndexError) as error:
        raise KeyForgotten from error
    if not any(part.raw == spki for part in tbs):
        raise KeyForgotten

"""What this process verified a moment ago (刚验过的签名): comparing the very same octets needs no mathematics again.

Kept by every octet that goes into a verification, never by a digest of them, and taken once. A signer that is a process
of its own tells nobody here anything, so then all is verified.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from hsm.schemes import Scheme
from hsm.verifying import verify

MOST, MOST_OCTETS = 64, 4096
_Asked = tuple[bytes, Scheme, bytes, bytes, bytes | None]
_kept: OrderedDict[_Asked, None] = OrderedDict()
_lock = threading.Lock()


def keep(spki: bytes, scheme: Scheme, message: bytes, signature: bytes, *, sm2_id: bytes | None) -> None:
    """The caller has just had `verify` say that this stands."""
    if len(message) > MOST_OCTETS:
        return
    with _lock:
        _kept[spki, scheme, message, signature, sm2_id] = None
        while len(_kept) > MOST:
            _kept.popitem(last=False)


def verify_kept(spki: bytes, scheme: Scheme, message: bytes, signature: bytes, *, sm2_id: bytes | None) -> None:
    """As `verify`: raises `BadSignature` unless the signature stands."""
    asked = (bytes(spki), scheme, bytes(message), bytes(signature), sm2_id)
    with _lock:
        if asked in _kept:
            del _kept[asked]
            return
    verify(spki, scheme, message, signature, sm2_id=sm2_id)

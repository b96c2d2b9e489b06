"""Signing checkpoints (检查点签名) as C2SP signed-note wants it: a key has a name and four octets that tell it apart.

SM2 has no number in that specification, so the type octet is 0xff followed by a word of our own.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from hsm.digests import sha256
from hsm.keys import Purpose
from hsm.schemes import scheme_for
from hsm.signing import Signer, ToBeSigned
from hsm.verifying import DEFAULT_SM2_ID, verify

_TYPE = b"\xffyinxin/"


class NoteSigner:
    """`foundation.secrets.CheckpointSigner` over a key whose purpose is CHECKPOINT."""

    def __init__(self, signer: Signer, public_url: str) -> None:
        self._signer = signer
        self._name = urlsplit(public_url).netloc.lower()
        if not self._name or any(c.isspace() or c == "+" for c in self._name):
            raise ValueError("a note key is named by a host without spaces or plus signs")

    @property
    def name(self) -> str:
        return self._name

    @property
    def key_id(self) -> bytes:
        ref = self._signer.ref
        kind = _TYPE + scheme_for(ref.algorithm).encode()
        return sha256(self._name.encode() + b"\n" + kind + ref.spki)[:4]

    def sign(self, note: bytes) -> bytes:
        return self._signer.sign(ToBeSigned(Purpose.CHECKPOINT, note, f"checkpoint:{sha256(note).hex()}"))

    def verify(self, note: bytes, signature: bytes) -> None:
        ref = self._signer.ref
        verify(ref.spki, scheme_for(ref.algorithm), note, signature, sm2_id=DEFAULT_SM2_ID)

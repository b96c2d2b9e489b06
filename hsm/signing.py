"""Signing (签名): only with a one-use token, only for the key's purposes, never unverified.

Order of every signature of the house: prepare → record → sign → compare → store. `ToBeSigned` is made after the
intent is committed; the signer spends it, signs, and verifies back with the public half before the value leaves.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol, cast

from foundation.errors import YinxinError
from foundation.metrics import SIGNATURE_SECONDS
from hsm import just_verified, private_keys
from hsm.backends.backend import OpenKey
from hsm.errors import BadSignature, EngineFault, PurposeRefused, TokenSpent
from hsm.keys import KeyRef, Purpose
from hsm.schemes import scheme_for
from hsm.verifying import DEFAULT_SM2_ID, verify


class ToBeSigned:
    """What may be signed once: `data` for `purpose`, under the committed intent `intent`.

    Where `data` only holds a digest (attributes of a time stamp), `content` is what was digested: the signer reads it.
    """

    __slots__ = ("_lock", "_spent", "content", "data", "intent", "purpose")

    def __init__(self, purpose: Purpose, data: bytes, intent: str, content: bytes = b"") -> None:
        if not intent:
            raise ValueError("a signature needs a recorded intent")
        self.purpose = purpose
        self.data = bytes(data)  # a copy of anything mutable: what was approved is what is signed
        self.intent = intent
        self.content = bytes(content)
        self._lock = threading.Lock()
        self._spent = False

    def spend(self) -> bytes:
        """The data, the first time; `TokenSpent` ever after, also when two threads race."""
        with self._lock:
            if self._spent:
                raise TokenSpent(self.intent)
            self._spent = True
        return self.data

    def __repr__(self) -> str:
        return f"ToBeSigned({self.purpose}, {len(self.data)} octets, {self.intent!r})"


class Signer(Protocol):
    @property
    def ref(self) -> KeyRef: ...

    def sign(self, tbs: ToBeSigned) -> bytes:
        """SM2 and EC: DER SEQUENCE { r, s }; RSA: PKCS#1 v1.5 with SHA-256."""
        ...


class SignsMany(Protocol):
    """The ability of a signer far away: many tokens in one question, each answered for itself."""

    def sign_many(self, tokens: Sequence[ToBeSigned]) -> list[bytes | YinxinError]: ...


def sign_all(signer: Signer, tokens: Sequence[ToBeSigned]) -> list[bytes | YinxinError]:
    """A value or the refusal for each token; what concerns the signer as a whole is raised."""
    many = getattr(signer, "sign_many", None)
    if len(tokens) > 1 and many is not None:
        return cast("SignsMany", signer).sign_many(tokens)
    return one_by_one(signer, tokens)


def one_by_one(signer: Signer, tokens: Sequence[ToBeSigned]) -> list[bytes | YinxinError]:
    return [_attempt(signer, token) for token in tokens]


def _attempt(signer: Signer, token: ToBeSigned) -> bytes | YinxinError:
    try:
        return signer.sign(token)
    except YinxinError as error:
        return error


class KeySigner:
    """A signer over a parsed private key. Safe to share between threads."""

    __slots__ = ("_key", "_ref", "_scheme")

    def __init__(self, ref: KeyRef, key: OpenKey) -> None:
        self._ref = ref
        self._key = key
        self._scheme = scheme_for(ref.algorithm)

    @property
    def ref(self) -> KeyRef:
        return self._ref

    def sign(self, tbs: ToBeSigned) -> bytes:
        if tbs.purpose not in self._ref.purposes:
            raise PurposeRefused(self._ref.name, tbs.purpose)
        data = tbs.spend()
        with SIGNATURE_SECONDS.labels(self._ref.algorithm.value, tbs.purpose.value).time():
            return self._signed(data)

    def _signed(self, data: bytes) -> bytes:
        value = private_keys.sign(self._key, data)
        try:
            verify(self._ref.spki, self._scheme, data, value, sm2_id=DEFAULT_SM2_ID)
        except BadSignature as error:
            # Fast assembly and failing memory have both made wrong signatures; one is enough to leak an RSA key.
            raise EngineFault(f"a signature of {self._ref} did not verify back") from error
        just_verified.keep(self._ref.spki, self._scheme, data, value, sm2_id=DEFAULT_SM2_ID)
        return value

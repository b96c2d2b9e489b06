"""Sealed files (加密文件): backups of single keys and of the whole service, streamed, authenticated piece by piece.

A head in clear says for whom it is sealed; every piece of 1 MiB is AES-256-GCM with its number and a last-piece mark in
the nonce, bound to the head. So nothing can be cut off, swapped or joined from two files unnoticed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foundation.errors import InvalidInput
from foundation.ids import Ids
from foundation.text import Text
from hsm.digests import sha256
from hsm.sealed_to import KEY_OCTETS, Opens, Recipient

MAGIC = b"YXSEAL1\n"
PIECE = 1 << 20
_TAG = 16
_PREFIX = 7
_MOST_HEAD = 64 * 1024
_MOST_PIECES = 1 << 32


class BadSealedFile(InvalidInput):
    """`why` is a stable word: not ours, another secret, or damaged."""

    def __init__(self, why: str, zh: str, en: str) -> None:
        super().__init__(f"hsm.sealed_file_{why}", Text(f"加密文件无法打开：{zh}。", f"The sealed file: {en}."))


@dataclass(frozen=True, slots=True)
class Head:
    kind: str
    """What it is: `key` or `service`. A file of another kind is refused by its reader."""
    sealed_to: Mapping[str, str | int]
    prefix: bytes
    about: Mapping[str, object] = field(default_factory=dict)
    """In clear: what somebody holding the file must know to use it."""

    def octets(self) -> bytes:
        members = {
            "version": 1,
            "kind": self.kind,
            "sealed_to": dict(self.sealed_to),
            "prefix": base64.b64encode(self.prefix).decode(),
            "about": dict(self.about),
        }
        return json.dumps(members, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


class Sealer:
    """Write into it, then `close`; without `close` the file has no last piece and does not open."""

    def __init__(
        self, out: BinaryIO, kind: str, recipient: Recipient, ids: Ids, about: Mapping[str, object] | None = None
    ) -> None:
        key = ids.random(KEY_OCTETS)
        self.head = Head(kind, recipient.seal(key, ids), ids.random(_PREFIX), about or {})
        octets = self.head.octets()
        self._out, self._cipher, self._bound = out, AESGCM(key), sha256(octets)
        self._buffer, self._count = bytearray(), 0
        out.write(MAGIC + len(octets).to_bytes(4, "big") + octets)

    def write(self, data: bytes) -> int:
        self._buffer += data
        while len(self._buffer) > PIECE:  # one piece stays back: the last must be marked
            self._put(bytes(self._buffer[:PIECE]), last=False)
            del self._buffer[:PIECE]
        return len(data)

    def close(self) -> None:
        self._put(bytes(self._buffer), last=True)
        self._buffer.clear()

    def _put(self, piece: bytes, *, last: bool) -> None:
        nonce = _nonce(self.head.prefix, self._count, last=last)
        self._out.write(self._cipher.encrypt(nonce, piece, self._bound))
        self._count += 1


class Opener:
    """Reads what a `Sealer` wrote; no octet leaves before its piece was authenticated."""

    def __init__(self, source: BinaryIO, kind: str, secret: Opens) -> None:
        octets = _head_octets(source)
        self.head = read_head(octets, kind)
        key = secret.open(self.head.sealed_to)
        self._source, self._cipher, self._bound = source, AESGCM(key), sha256(octets)
        self._buffer, self._count, self._ended = bytearray(), 0, False
        self._next = source.read(PIECE + _TAG)

    def read(self, size: int = -1) -> bytes:
        while not self._ended and (size < 0 or len(self._buffer) < size):
            self._take()
        found = bytes(self._buffer if size < 0 else self._buffer[:size])
        del self._buffer[: len(found)]
        return found

    def _take(self) -> None:
        piece, self._next = self._next, self._source.read(PIECE + _TAG)
        last = not self._next
        try:
            self._buffer += self._cipher.decrypt(_nonce(self.head.prefix, self._count, last=last), piece, self._bound)
        except InvalidTag as error:
            raise _unreadable(first=self._count == 0) from error
        self._count += 1
        self._ended = last


def head_of(source: BinaryIO, kind: str) -> Head:
    """Only the head, without any secret. Nothing in it is proven until the first piece was opened."""
    return read_head(_head_octets(source), kind)


def read_head(octets: bytes, kind: str) -> Head:
    try:
        members = json.loads(octets)
        head = Head(members["kind"], members["sealed_to"], base64.b64decode(members["prefix"]), members["about"])
        if members["version"] != 1 or head.octets() != octets or len(head.prefix) != _PREFIX:
            raise ValueError("spelling")  # noqa: TRY301 - told as one refusal below
    except (ValueError, KeyError, TypeError) as error:
        raise _not_ours() from error
    if head.kind != kind:
        raise _not_ours()
    return head


def _head_octets(source: BinaryIO) -> bytes:
    if source.read(len(MAGIC)) != MAGIC:
        raise _not_ours()
    size = int.from_bytes(source.read(4), "big")
    octets = source.read(size) if size <= _MOST_HEAD else b""
    if not size or len(octets) != size:
        raise _not_ours()
    return octets


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    if number >= _MOST_PIECES:
        raise ValueError("longer than 4 PiB")
    return prefix + number.to_bytes(4, "big") + bytes([last])


def _not_ours() -> BadSealedFile:
    return BadSealedFile(
        "kind", "不是本系统的加密文件，或种类不对", "it is not a sealed file of ours, or of another kind"
    )


def _unreadable(*, first: bool) -> BadSealedFile:
    if first:
        return BadSealedFile(
            "secret",
            "口令、分量或私钥不对，或文件开头已损坏",
            "wrong passphrase, shares or key, or its beginning is damaged",
        )
    return BadSealedFile("damaged", "内容被改动、截断或拼接", "it was altered, cut off or joined from two files")

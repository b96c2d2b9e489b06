"""Field cipher and MAC with fixed keys, for tests of the ground itself (the real ones live in `hsm`)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foundation.errors import Damaged
from foundation.text import Text


class PlainSecrets:
    def __init__(self) -> None:
        self._aead = AESGCM(b"k" * 32)

    def encrypt(self, table: str, column: str, row: object, value: str) -> str:
        nonce = os.urandom(12)
        sealed = self._aead.encrypt(nonce, value.encode(), f"{table}|{column}|{row}|1".encode())
        return "v1.1." + base64.b64encode(nonce + sealed).decode()

    def decrypt(self, table: str, column: str, row: object, sealed: str) -> str:
        raw = base64.b64decode(sealed.split(".")[2])
        try:
            return self._aead.decrypt(raw[:12], raw[12:], f"{table}|{column}|{row}|1".encode()).decode()
        except InvalidTag as error:
            raise Damaged("field.damaged", Text("字段已损坏。", "The field is damaged.")) from error

    def blind(self, table: str, column: str, value: str) -> str:
        return hmac.new(b"b", f"{table}|{column}|{value.strip().upper()}".encode(), hashlib.sha256).hexdigest()[:32]

    def mac(self, purpose: str, message: bytes) -> bytes:
        return hmac.new(b"m" + purpose.encode(), message, hashlib.sha256).digest()

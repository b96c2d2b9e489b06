"""How octets of certificates lie in their rows (存储编码): base64 text, sealed where a natural person is named."""

from __future__ import annotations

import base64
from typing import Literal
from uuid import UUID

from ca.errors import CertificateUnknown
from ca.models import CaCertificate
from foundation.secrets import FieldCipher

Column = Literal["tbs", "der"]
TABLE = "ca_certificate"


def closed(cipher: FieldCipher, row: UUID, column: Column, octets: bytes, *, personal: bool) -> str:
    text = base64.b64encode(octets).decode()
    return cipher.encrypt(TABLE, column, row, text) if personal else text


def opened(cipher: FieldCipher, row: CaCertificate, column: Column) -> bytes:
    """Raises `Damaged` when a sealed value was altered or moved to another row."""
    text: str | None = row.tbs if column == "tbs" else row.der
    if text is None:
        raise CertificateUnknown
    return base64.b64decode(cipher.decrypt(TABLE, column, row.id, text) if row.personal else text)


def closed_name(cipher: FieldCipher, row: UUID, name: str, *, personal: bool) -> str:
    return cipher.encrypt(TABLE, "subject", row, name) if personal else name


def opened_name(cipher: FieldCipher, row: CaCertificate) -> str:
    return cipher.decrypt(TABLE, "subject", row.id, row.subject) if row.personal else row.subject


def blind_name(cipher: FieldCipher, name: str) -> str:
    return cipher.blind(TABLE, "subject", name)

"""What a backup says it holds (备份清单): every member with size and digest, and which key-encryption key it needs."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from foundation.errors import Damaged
from foundation.text import Text


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Member(_Part):
    name: str
    size: int
    sha256: str


class KekNeeded(_Part):
    """Never the key itself: how it is given, and what tells it from every other."""

    method: str
    fingerprint: str = Field(description="SHA-256 of the check value in the database")
    where: str


class Manifest(_Part):
    format: Literal["yinxin-backup-1"] = "yinxin-backup-1"
    program: str
    revision: str = Field(description="Of the database schema")
    dialect: str
    created_at: AwareDatetime
    members: list[Member]
    rows: dict[str, int]
    left_out: list[str]
    kek: KekNeeded | None
    keys: dict[str, int] = Field(description="Keys by back end: those in a device are backed up with the device")
    ledger_leaves: int
    audit_rows: int
    journal_records: int
    journal_head: str


class BackupDamaged(Damaged):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__("backup.damaged", Text(f"备份不完整或已损坏：{zh}。", f"The backup is not whole: {en}."))

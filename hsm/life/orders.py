"""Orders on keys (密钥操作指令): the exact operation, spelt one way only, so that its digest can be approved."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from enum import StrEnum

from hsm.digests import sha256
from hsm.errors import KeyDamaged
from hsm.keys import Algorithm, Purpose
from hsm.life.errors import BadOrder

_NAME = re.compile(r"[a-z0-9][a-z0-9._/-]{0,119}")
_HEX = re.compile(r"[0-9a-f]{64}")
_RECIPIENT = re.compile(r"passphrase|shares|key:[0-9a-f]{64}")


class Operation(StrEnum):
    GENERATE = "generate"
    """A new key, pre-active."""
    ACTIVATE = "activate"
    ROTATE = "rotate"
    """The next version of a key, pre-active; the old one goes on until it is retired."""
    RETIRE = "retire"
    DESTROY = "destroy"
    BACKUP = "backup"
    RESTORE = "restore"


_VERSIONED = frozenset(Operation) - {Operation.GENERATE, Operation.ROTATE}
_SHAPED = frozenset({Operation.GENERATE, Operation.RESTORE})


@dataclass(frozen=True, slots=True)
class Order:
    operation: Operation
    key: str
    version: int | None = None
    algorithm: Algorithm | None = None
    purposes: tuple[Purpose, ...] = ()
    recipient: str | None = None
    """Of a backup: `passphrase`, `shares` (three of five), or `key:` and the SHA-256 of a transport key."""
    file_sha256: str | None = None
    """Of a restore: which backup file."""
    spki_sha256: str | None = None
    """Of a restore: which key must come out of it."""

    def canonical(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    def digest(self) -> str:
        return sha256(self.canonical().encode()).hex()

    @property
    def object(self) -> str:
        return f"key:{self.key}"

    def checked(self) -> Order:
        """Itself, or `BadOrder`: what is there for its operation, and nothing beside."""
        restore = self.operation is Operation.RESTORE
        _demand(_NAME.fullmatch(self.key), "密钥名称不合规范", "the name of a key is made of a-z 0-9 . _ / -")
        _demand(
            (self.version is not None) == (self.operation in _VERSIONED) and (self.version is None or self.version > 0),
            "该操作须指明密钥版本，或不应指明",
            "this operation needs a version of the key, or must not have one",
        )
        _demand(
            (self.algorithm is not None and bool(self.purposes)) == (self.operation in _SHAPED)
            and tuple(sorted(set(self.purposes))) == self.purposes,
            "生成与恢复须指明算法与用途，其他操作不应指明",
            "generating and restoring need algorithm and purposes, other operations must not have them",
        )
        _demand(
            _RECIPIENT.fullmatch(self.recipient or "")
            if self.operation is Operation.BACKUP
            else self.recipient is None,
            "备份须指明以口令、分量还是传输公钥加密",
            "a backup needs its recipient: passphrase, shares, or key:<SHA-256 of a transport key>",
        )
        _demand(
            all(_HEX.fullmatch(one or "") if restore else one is None for one in (self.file_sha256, self.spki_sha256)),
            "恢复须指明备份文件与公钥的摘要",
            "a restore needs the SHA-256 of the backup file and of the public key",
        )
        return self


def read_order(canonical: str) -> Order:
    """From its row. A row edited by hand does not fit the digest any more; the caller compares it."""
    try:
        raw = json.loads(canonical)
        return Order(
            Operation(raw["operation"]),
            raw["key"],
            raw["version"],
            Algorithm(raw["algorithm"]) if raw["algorithm"] else None,
            tuple(Purpose(one) for one in raw["purposes"]),
            raw["recipient"],
            raw["file_sha256"],
            raw["spki_sha256"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise KeyDamaged("(request)") from error


def _demand(holds: object, zh: str, en: str) -> None:
    if not holds:
        raise BadOrder(f"申请内容不完整：{zh}。", f"The request is not complete: {en}.")

"""What the exchange asks of a verifier (印章验证接口): is this seal genuine? `verify` is plugged in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Verdict:
    """`verdict` is genuine, not_genuine or cannot_tell; `findings` are stable codes, the deciding ones first."""

    verdict: str
    findings: tuple[str, ...]


class SealJudge(Protocol):
    def __call__(self, esl: bytes) -> Verdict:
        """Judge the original octets: maker's signature, certificate path, period. Never raises over them."""
        ...

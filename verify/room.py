"""The verification room's services (核验服务), made once by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from foundation.ground import Ground
from verify.judge import Context, judge_code
from verify.report import Report
from verify.sandbox.pool import shared
from verify.seal_status import SealStatusSource
from verify.status import StatusSource
from verify.trust import TrustStore


@dataclass(frozen=True)
class VerifyRoom:
    """`trust` gives the present trust store; it is asked for each judgement, so a revocation counts at once."""

    ground: Ground
    trust: Callable[[], TrustStore]
    status: StatusSource | None = None
    seals: SealStatusSource | None = None

    def context(self, *, at: datetime | None = None, offline: bool = False, strict: bool = False) -> Context:
        return Context(
            trust=self.trust(),
            clock=self.ground.clock,
            at=at,
            status=self.status,
            seals=self.seals,
            offline=offline,
            most_octets=self.ground.settings.web.max_upload_bytes,
            strict=strict,
        )

    def judge_file(
        self,
        data: bytes,
        name: str | None = None,
        *,
        content: bytes | None = None,
        strict: bool = False,
        at: datetime | None = None,
    ) -> Report:
        """`content` is what a detached signature is about; `at` is the moment asked about, now when left out.

        The file is read in a process of its own, which it cannot harm anything from (`verify.sandbox`).
        """
        return shared().judge(
            data,
            name=name,
            context=self.context(strict=strict, at=at),
            content=content,
            seconds=self.ground.settings.verify.read_seconds,
        )

    def judge_code(self, text: str) -> Report:
        return judge_code(text, context=self.context())

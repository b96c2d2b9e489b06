"""The exchange of seals (印章交换服务): the seal room and somebody who judges foreign seals."""

from __future__ import annotations

from dataclasses import dataclass

from seal.exchange.judging import SealJudge
from seal.room import SealRoom


@dataclass(frozen=True)
class ExchangeRoom:
    seal: SealRoom
    judge: SealJudge

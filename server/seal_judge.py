"""The exchange's question whether a foreign seal is genuine (外来印章验证), answered by `verify`."""

from __future__ import annotations

from seal.exchange.judging import Verdict
from verify.room import VerifyRoom


class VerifyJudge:
    def __init__(self, room: VerifyRoom) -> None:
        self._room = room

    def __call__(self, esl: bytes) -> Verdict:
        report = self._room.judge_file(esl, "seal.esl")
        return Verdict(report.verdict.value, tuple(dict.fromkeys(finding.code for finding in report.findings)))

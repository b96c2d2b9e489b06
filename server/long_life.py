"""The long life of sealed files (长期保存装配): the verifier judges the old chain before `seal` stamps it anew."""

from __future__ import annotations

from datetime import timedelta

from foundation.errors import Unavailable
from foundation.text import Text
from seal.longlife import job
from seal.longlife.levels import ChainBroken
from server.house import House
from verify.report import Sub
from verify.room import VerifyRoom


class Judged:
    """A `ChainCheck`: everything in the file is intact, and every document time stamp still holds."""

    def __init__(self, room: VerifyRoom) -> None:
        self._room = room

    def __call__(self, pdf: bytes) -> None:
        report = self._room.judge_file(pdf, "sealed.pdf")
        if not report.intact:
            raise ChainBroken(next(iter(finding.code for finding in report.findings), "file"))
        for stamp in (one for one in report.signatures if one.kind == "timestamp" and not one.trusted):
            if stamp.sub_indication is Sub.TRY_LATER:
                raise Unavailable(
                    "seal.archive_try_later",
                    Text(
                        "时间戳机构的撤销信息暂缺，请稍后重试。",
                        "A stamp authority's revocation data is missing now.",
                    ),
                )
            raise ChainBroken(f"{stamp.name}: {stamp.sub_indication or 'time'}")


LATELY = timedelta(days=3)


def extend(house: House, *, everything: bool = False) -> job.Outcome:
    """One round of the next-day job and of renewals: of the last days, or of all that was ever sealed."""
    return job.run(house.seal, Judged(house.verify), within=None if everything else LATELY)

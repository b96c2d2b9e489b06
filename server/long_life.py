"""The long life of sealed files (长期保存装配): the verifier judges the old chain before `seal` stamps it anew."""

from __future__ import annotations

from datetime import timedelta

from foundation.errors import Unavailable
from foundation.text import Text
from hsm.digests import Digest
from seal.longlife import job
from seal.longlife.evidence import job as evidence
from seal.longlife.evidence.record import read_record
from seal.longlife.levels import ChainBroken
from server.house import House
from verify.moments import Moment
from verify.report import Sub
from verify.room import VerifyRoom
from verify.times.records import check_record


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


class RecordJudged:
    """A `RecordCheck`: the record is about this file, and every time stamp in it still holds."""

    def __init__(self, room: VerifyRoom) -> None:
        self._room = room

    def __call__(self, record: bytes, known: dict[Digest, bytes]) -> None:
        moment = Moment(self._room.ground.clock.now())
        result = check_record(read_record(record), known.__getitem__, self._room.trust(), moment)
        if result.proved is None or not all(stamp.trusted for stamp in result.stamps):
            why = (finding.code for stamp in result.stamps for finding in stamp.findings)
            raise ChainBroken(next(why, "evidence record"))


LATELY = timedelta(days=3)


def extend(house: House, *, everything: bool = False) -> job.Outcome:
    """One round of the next-day job and of renewals: of the last days, or of all that was ever sealed."""
    return job.run(house.seal, Judged(house.verify), within=None if everything else LATELY)


def archive(house: House, *, everything: bool = False) -> evidence.Outcome:
    """One round of evidence records. Licences are orders of the seal room, so they are among its sources."""
    return evidence.run(house.seal, RecordJudged(house.verify), within=None if everything else LATELY)

"""When each part of a file is proved to have existed (存在时间线): EN 319 102-1 5.6.2.3, 5.6.3.

From the newest document time stamp to the oldest, each judged at the time of the next; then every signature at the
earliest time proved for the place where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from hsm.digests import Digest
from verify.moments import Moment
from verify.report import Finding
from verify.stamps import StampResult, check_stamp
from verify.times.evidence import EvidenceStore, enlarge
from verify.times.items import Item
from verify.trust import TrustStore
from verify.words import finding


@dataclass(frozen=True, slots=True)
class Sighting:
    """A document time stamp: its token, and the octets before `end` that it covers."""

    token: bytes
    covered: Callable[[Digest], bytes]
    end: int


@dataclass(frozen=True, slots=True)
class Timeline:
    trust: TrustStore
    """With what the file brought along."""
    asked: Moment
    results: dict[int, StampResult] = field(default_factory=dict)
    """End of a document time stamp → what was found."""

    def moment(self, end: int) -> Moment:
        """At which to judge a signature that ends there."""
        proved = self.proved(end)
        return self.asked if proved is None else replace(self.asked, proved=proved)

    def proved(self, end: int) -> datetime | None:
        """The earliest trusted document time stamp that covers everything before `end` and more."""
        times = (one.time for at, one in self.results.items() if at > end and one.trusted and one.time is not None)
        return min(times, default=self.asked.proved)

    @property
    def findings(self) -> tuple[Finding, ...]:
        damaged = self.trust.damaged if isinstance(self.trust, EvidenceStore) else 0
        return (finding("archive.damaged", damaged),) if damaged else ()


def timeline(
    trust: TrustStore, moment: Moment, *, stamps: Iterable[Sighting] = (), items: Iterable[Item] = ()
) -> Timeline:
    """The one door for all formats. Never raises over what a file holds."""
    known = tuple(items)
    line = Timeline(enlarge(trust, known), moment)
    if moment.proved is not None and isinstance(line.trust, EvidenceStore):  # an evidence record covers the whole file
        for item in known:
            line.trust.prove(item.octets, moment.proved)
    for stamp in sorted(stamps, key=lambda one: one.end, reverse=True):
        result = check_stamp(stamp.token, stamp.covered, line.trust, line.moment(stamp.end), archive=True)
        line.results[stamp.end] = result
        if result.trusted and result.time is not None and isinstance(line.trust, EvidenceStore):
            for item in known:
                if item.end <= stamp.end:
                    line.trust.prove(item.octets, result.time)
    return line

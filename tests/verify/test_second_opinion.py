"""Our judgement of RSA archives beside pyHanko's EN 319 102-1 engine (与第二意见比较).

Where the two part, ours is stricter or says why: pyHanko always asks for a document time stamp (sealing 2.3, b).
"""

from __future__ import annotations

import pytest

from bench.peers import pyhanko_long
from foundation.clock import FixedClock
from hsm.keys import Algorithm
from tests.seal import papers
from tests.verify.archives import DAY, Archive, archive
from tests.verify.pki import NOW
from tests.verify.second_opinion import opinion
from verify.judge import Context, judge
from verify.report import Verdict
from verify.trust import TrustStore


@pytest.fixture
def files() -> Archive:
    return archive(Algorithm.RSA_2048)


def theirs(files: Archive, level: str, days: int, lists: list[bytes]) -> str:
    root, issuing = files.region.root.certificate, files.region.issuing.certificate
    return opinion(files.files[level], root, [issuing], lists, NOW + days * DAY)


@pytest.mark.parametrize(
    ("level", "days", "said"),
    [
        ("B-LTA", 2, "OK"),
        ("B-LTA", 400, "OK"),
        ("renewed 1", 650, "OK"),
        ("B-LTA", 900, "NO_POE"),
        ("B-T", 900, "NO_POE"),
    ],
)
def test_archives_in_their_hours(files: Archive, level: str, days: int, said: str) -> None:
    lists = files.crls(NOW + days * DAY)
    assert theirs(files, level, days, lists) == said
    assert (files.said(level, days, lists)[0] is Verdict.GENUINE) == (said == "OK")


def test_revoked_after_and_dated_back(files: Archive) -> None:
    files.region.issuing.revoke(files.seal, at=NOW + 20 * DAY, reason=5)
    after = files.crls(NOW + 30 * DAY)
    assert theirs(files, "B-LTA", 31, after) == "OK"
    assert files.said("B-LTA", 31, after)[0] is Verdict.GENUINE
    files.region.issuing.revoked.clear()
    files.region.issuing.revoke(files.seal, at=NOW - 2 * DAY, reason=5)
    back = files.crls(NOW + 30 * DAY)
    assert theirs(files, "B-LTA", 31, back) != "OK"
    assert files.said("B-LTA", 31, back)[0] is Verdict.NOT_GENUINE


def test_a_file_pyhanko_made_is_judged_by_what_it_brings() -> None:
    """A stranger's B-LT file: with nothing but the stranger's root in the trust store, ours says what pyHanko says."""
    who = pyhanko_long.stranger(NOW)
    document = pyhanko_long.sealed(papers.pdf(), who)
    day = NOW + DAY
    report = judge(document, name=None, context=Context(TrustStore.build([who.root]), FixedClock(day)))
    (seal,) = report.signatures
    assert (seal.intact, seal.trusted, seal.time_source) == (True, True, "timestamp")
    assert pyhanko_long.judged(document, who, day)

"""The table of times (长期验证矩阵): every level at every age, for SM2, RSA and P-256. EN 319 102-1 5.5 and 5.6."""

from __future__ import annotations

import pytest

from hsm.keys import Algorithm
from tests.verify.archives import Archive, archive
from verify.report import Sub, Verdict

GOOD = (Verdict.GENUINE, None)
TRY = (Verdict.CANNOT_TELL, Sub.TRY_LATER)
GONE = (Verdict.NOT_GENUINE, Sub.OUT_OF_BOUNDS_NO_POE)
SILENT = (Verdict.CANNOT_TELL, Sub.OUT_OF_BOUNDS_NO_POE)
REVOKED = (Verdict.NOT_GENUINE, Sub.REVOKED)
NO_POE = (Verdict.NOT_GENUINE, Sub.REVOKED_NO_POE)
LEVELS = ("B-B", "B-T", "B-LT", "B-LTA", "renewed 1", "renewed 2", "renewed 3")


@pytest.fixture(params=[Algorithm.SM2, Algorithm.RSA_2048, Algorithm.P256], ids=["sm2", "rsa", "p256"])
def files(request: pytest.FixtureRequest) -> Archive:
    made = archive(request.param)
    made.region.issuing.revoked.clear()
    made.region.root.revoked.clear()
    return made


def test_now_with_fresh_lists_all_levels_pass(files: Archive) -> None:
    assert {level: files.said(level, 2) for level in LEVELS} == dict.fromkeys(LEVELS, GOOD)


def test_now_with_nothing_but_the_root(files: Archive) -> None:
    """What the file brings along is enough from B-LT on."""
    found = {level: files.said(level, 2, []) for level in LEVELS}
    assert found == {**dict.fromkeys(LEVELS, GOOD), "B-B": TRY, "B-T": TRY}


def test_the_seal_has_expired(files: Archive) -> None:
    """Lists of today no longer need to name it: only data of its own day says that it was good."""
    found = {level: files.said(level, 400) for level in LEVELS}
    assert found == {**dict.fromkeys(LEVELS, GOOD), "B-B": GONE, "B-T": SILENT}


def test_the_time_stamp_has_expired_too(files: Archive) -> None:
    found = {level: files.said(level, 900) for level in LEVELS}
    gone = dict.fromkeys(("B-B", "B-T", "B-LT", "B-LTA"), GONE)
    assert found == {**dict.fromkeys(LEVELS, GOOD), **gone}


@pytest.mark.parametrize(("days", "alive"), [(1500, 2), (2100, 3), (2600, 4)])
def test_each_renewal_carries_the_file_as_far_as_its_authority(files: Archive, days: int, alive: int) -> None:
    found = {n: files.said(f"renewed {n}", days)[0] for n in (1, 2, 3)}
    assert found == {n: Verdict.GENUINE if n >= alive else Verdict.NOT_GENUINE for n in (1, 2, 3)}

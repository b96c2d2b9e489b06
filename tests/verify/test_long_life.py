"""The table of times (长期验证矩阵): every level at every age, for SM2, RSA and P-256. EN 319 102-1 5.5 and 5.6."""

from __future__ import annotations

from io import BytesIO

import pytest

from foundation.clock import FixedClock
from hsm.keys import Algorithm
from seal.longlife import archive as archive_store
from seal.longlife.archive import Material
from seal.longlife.extending import extend
from seal.longlife.levels import Level
from seal.pdf.writer import open_writer
from tests.verify import pki, sealing
from tests.verify.archives import DAY, Archive, Sources, archive
from tests.verify.pki import NOW
from verify.judge import Context, judge
from verify.report import Sub, Verdict
from verify.trust import TrustStore

GOOD = (Verdict.GENUINE, None)
TRY = (Verdict.CANNOT_TELL, Sub.TRY_LATER)
GONE = (Verdict.NOT_GENUINE, Sub.OUT_OF_BOUNDS_NO_POE)
SILENT = (Verdict.CANNOT_TELL, Sub.OUT_OF_BOUNDS_NO_POE)
REVOKED = (Verdict.NOT_GENUINE, Sub.REVOKED)
NO_POE = (Verdict.NOT_GENUINE, Sub.REVOKED_NO_POE)
LEVELS = ("B-B", "B-T", "B-LT", "B-LTA", "renewed 1", "renewed 2", "renewed 3")


@pytest.fixture(params=[Algorithm.SM2, Algorithm.RSA_2048, Algorithm.P256], ids=["sm2", "rsa", "p256"])
def files(request: pytest.FixtureRequest) -> Archive:
    return archive(request.param)


@pytest.fixture
def one() -> Archive:
    """One algorithm, for what does not depend on it."""
    return archive(Algorithm.P256)


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


@pytest.mark.parametrize("reason", [0, 5], ids=["unstated", "ceased"])
def test_revoked_after_sealing(files: Archive, reason: int) -> None:
    files.region.issuing.revoke(files.seal, at=NOW + 20 * DAY, reason=reason)
    lists = files.crls(NOW + 21 * DAY)
    found = {level: files.said(level, 22, lists) for level in LEVELS}
    assert found == {**dict.fromkeys(LEVELS, GOOD), "B-B": NO_POE}
    assert files.ask(files.files["B-LTA"], 22, lists).has("certificate.revoked_after_sealing")
    # asked about a day before it was revoked, there is nothing to say even against the bare seal
    assert files.said("B-B", 19, lists) == GOOD
    # years later, by the last list that named it
    assert files.said("renewed 3", 2100, [*files.crls(NOW + 2099 * DAY), *lists]) == GOOD


@pytest.mark.parametrize("good", [False, True], ids=["lists", "with a good answer inside"])
def test_dated_back_before_the_seal(files: Archive, good: bool) -> None:
    """A later list that says since when it was not: it outweighs every answer of the day itself (sealing 2.3, a)."""
    made = archive(files.region.root.algorithm, good=good)
    made.region.issuing.revoked.clear()
    made.region.issuing.revoke(made.seal, at=NOW - 2 * DAY, reason=5)
    lists = made.crls(NOW + 10 * DAY)
    for days in (2, 330):
        found = {level: made.said(level, days, [*lists, *made.crls(NOW + days * DAY)]) for level in LEVELS}
        assert found == {**dict.fromkeys(LEVELS, REVOKED), "B-B": NO_POE}
    made.region.issuing.revoked.clear()
    late = {level: made.said(level, 2100, [*made.crls(NOW + 2099 * DAY), *lists])[0] for level in LEVELS}
    assert late == dict.fromkeys(LEVELS, Verdict.NOT_GENUINE)


def test_the_authority_of_a_stamp_revoked(one: Archive) -> None:
    """Ceased after it stamped: its stamps stand where a later one covers them. Broken into: they prove nothing."""
    one.region.issuing.revoke(one.tsas[0], at=NOW + 610 * DAY, reason=5)
    lists = one.crls(NOW + 611 * DAY)
    assert one.said("B-LTA", 612, lists) == GONE
    assert one.said("renewed 1", 612, lists) == GOOD
    one.region.issuing.revoked.clear()
    one.region.issuing.revoke(one.tsas[0], at=NOW + 610 * DAY, reason=1)
    assert one.said("renewed 1", 612, one.crls(NOW + 611 * DAY))[0] is Verdict.NOT_GENUINE


def test_asked_about_a_day_between_two_renewals(one: Archive) -> None:
    """Stamps that did not exist yet are left out of account; the file is what it was on that day."""
    for days in (300, 650, 1250):
        report = one.ask(one.files["renewed 3"], days)
        assert (report.verdict, report.has("time.later")) == (Verdict.GENUINE, True)
    report = one.ask(one.files["renewed 3"], -1)
    assert report.has("time.future")
    assert report.verdict is Verdict.NOT_GENUINE


def test_a_list_forged_with_the_key_of_an_authority_that_has_ended(one: Archive) -> None:
    """Whoever finds the key of an ended authority cannot make data of old: nothing proves that it existed then."""
    algorithm = one.region.root.algorithm
    issuing = pki.make(f"旧签发 {algorithm.value}", one.region.root, kind="ca", algorithm=algorithm, days=400)
    seal = pki.make("旧章", issuing, algorithm=algorithm, days=390, organization="印川市民政局")
    sealed = sealing.pdf(seal, chain=(issuing,), tsa=one.tsas[0])
    known = {one.subject: one for one in (one.region.root, issuing, one.region.issuing)}
    forged = extend(sealed, Level.B_LT, Sources(known, NOW + DAY))
    assert one.ask(forged, 2, one.crls(NOW + DAY)).verdict is Verdict.GENUINE  # while the authority lived it was data
    later = one.ask(forged, 500)
    assert later.signatures[0].sub_indication is Sub.REVOCATION_OUT_OF_BOUNDS_NO_POE
    assert later.verdict is Verdict.CANNOT_TELL
    stamped = extend(forged, Level.B_LTA, Sources(known, NOW + DAY), stamper=one.stamper(0, NOW + DAY))
    assert one.ask(stamped, 500).verdict is Verdict.GENUINE


def test_what_the_file_brings_decides_for_that_file_alone(one: Archive) -> None:
    store = TrustStore.build([one.region.root.certificate])
    context = Context(store, FixedClock(NOW + 2 * DAY))
    assert judge(one.files["B-LT"], name=None, context=context).verdict is Verdict.GENUINE
    assert judge(one.files["B-T"], name=None, context=context).verdict is Verdict.CANNOT_TELL


@pytest.mark.parametrize(
    "broken", [b"", b"\x30\x80", b"\x30\x03\x02\x01", b"%PDF-"], ids=["none", "open", "cut", "pdf"]
)
def test_damaged_archive_data_is_named_and_never_believed(one: Archive, broken: bytes) -> None:
    writer = open_writer(one.files["B-T"])
    archive_store.add(writer, Material(certificates=(broken,), crls=(broken + b"1",), answers=(broken + b"2",)), [])
    out = BytesIO()
    writer.write(out)
    report = one.ask(out.getvalue(), 2)
    assert (report.verdict, report.has("archive.damaged")) == (Verdict.GENUINE, True)

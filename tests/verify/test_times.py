"""Any `--at` (任意时刻核验): all revocation data is gathered, the newest decides, and each moment gets its own answer.

Expired then, revoked after, back-dated before: through files and certificates, as the reader of a report meets them.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from foundation.clock import FixedClock
from hsm.keys import Algorithm
from tests.verify import extensions as ext
from tests.verify import pki, sealing
from tests.verify.list_cases import answer
from tests.verify.pki import NOW, Region
from verify.judge import Context, judge
from verify.report import Report, Sub, Verdict
from verify.trust import TrustStore

DAY = timedelta(days=1)


@pytest.fixture(params=[Algorithm.SM2, Algorithm.P256], ids=["sm2", "p256"])
def region(request: pytest.FixtureRequest) -> Region:
    return pki.region(f"时刻 {request.param.value}", request.param)


def at(region: Region, data: bytes, when: datetime, *lists: bytes, ocsp: tuple[bytes, ...] = ()) -> Report:
    """Judged as of `when`, with the root's list and these; the clock on the wall stands three months later."""
    store = TrustStore.build(
        [region.root.certificate],
        intermediates=[region.issuing.certificate],
        crls=[region.root.crl(days=400), *lists],
        ocsp=ocsp,
    )
    return judge(data, name=None, context=Context(store, FixedClock(NOW + 90 * DAY), at=when))


def sub(report: Report) -> Sub | None:
    return report.signatures[0].sub_indication


def stamped(region: Region, when: datetime, who: pki.Entity | None = None) -> bytes:
    return sealing.pdf(who or region.seal, chain=(region.issuing,), tsa=region.tsa, stamped_at=when)


def test_a_certificate_that_expires(region: Region) -> None:
    """Good until its last day without proof of time, and for ever with one."""
    short = pki.make("短期", region.issuing, days=40, algorithm=region.root.algorithm, organization="印川市民政局")
    crl = region.issuing.crl(days=400)
    bare = sealing.pdf(short, chain=(region.issuing,))
    for days, verdict, why in (
        (-31, Verdict.NOT_GENUINE, Sub.NOT_YET_VALID),
        (0, Verdict.GENUINE, None),
        (9, Verdict.GENUINE, None),
        (11, Verdict.NOT_GENUINE, Sub.OUT_OF_BOUNDS_NO_POE),
    ):
        report = at(region, bare, NOW + days * DAY, crl)
        assert (days, report.verdict, sub(report)) == (days, verdict, why)
    proved = stamped(region, NOW, short)
    assert at(region, proved, NOW + 80 * DAY, crl).verdict is Verdict.GENUINE


def test_a_certificate_revoked_later_was_good_before(region: Region) -> None:
    """One list, published afterwards, answers for every moment by the day it states."""
    region.issuing.revoke(region.seal, at=NOW + 20 * DAY, reason=5)
    crl = region.issuing.crl(at=NOW + 60 * DAY, days=400)
    bare, proved = sealing.pdf(region.seal, chain=(region.issuing,)), stamped(region, NOW)
    assert at(region, bare, NOW + 19 * DAY, crl).verdict is Verdict.GENUINE
    assert sub(at(region, bare, NOW + 20 * DAY, crl)) is Sub.REVOKED_NO_POE
    assert sub(at(region, bare, NOW + 80 * DAY, crl)) is Sub.REVOKED_NO_POE
    later = at(region, proved, NOW + 80 * DAY, crl)
    assert (later.verdict, later.has("certificate.revoked_after_sealing")) == (Verdict.GENUINE, True)
    too_late = stamped(region, NOW + 21 * DAY)
    assert sub(at(region, too_late, NOW + 80 * DAY, crl)) is Sub.REVOKED


def test_a_revocation_dated_back_before_the_seal(region: Region) -> None:
    """Lists of that day said good; a later one says since when it was not. It decides for every moment after that."""
    then = region.issuing.crl(at=NOW, days=30)
    ocsp = answer(region.seal, region.issuing, region.issuing, at=NOW + DAY, days=400)
    region.issuing.revoke(region.seal, at=NOW - 5 * DAY, reason=5)
    back = region.issuing.crl(at=NOW + 10 * DAY, days=400)
    proved = stamped(region, NOW)
    assert at(region, proved, NOW, then, ocsp=(ocsp,)).verdict is Verdict.GENUINE  # nobody could know more
    for lists in ((then, back), (back, then)):
        for days in (0, 5, 80):
            assert sub(at(region, proved, NOW + days * DAY, *lists, ocsp=(ocsp,))) is Sub.REVOKED
    assert at(region, stamped(region, NOW - 6 * DAY), NOW + 80 * DAY, then, back).verdict is Verdict.GENUINE


def test_an_entry_dropped_after_expiry_is_not_forgotten(region: Region) -> None:
    """RFC 5280 3.3 lets a CA drop expired certificates; the older list that names it weighs more than silence."""
    short = pki.make("短期", region.issuing, days=40, algorithm=region.root.algorithm, organization="印川市民政局")
    proved = stamped(region, NOW, short)
    region.issuing.revoke(short, at=NOW + DAY, reason=1)
    named = region.issuing.crl(at=NOW + 5 * DAY, days=20)
    region.issuing.revoked.clear()
    silent = region.issuing.crl(at=NOW + 50 * DAY, days=400)
    keeping = region.issuing.crl(at=NOW + 50 * DAY, days=400, extra=(ext.keeps_expired(NOW - 400 * DAY),))
    late = NOW + 60 * DAY
    assert sub(at(region, proved, late, named, silent)) is Sub.REVOKED
    alone = at(region, proved, late, silent)
    assert (alone.verdict, sub(alone)) == (Verdict.CANNOT_TELL, Sub.OUT_OF_BOUNDS_NO_POE)
    assert alone.has("revocation.late")
    sure = at(region, proved, late, keeping)
    assert (sure.verdict, sure.has("revocation.late")) == (Verdict.GENUINE, False)


def test_a_hold_that_was_lifted(region: Region) -> None:
    region.issuing.revoke(region.seal, at=NOW - 3 * DAY, reason=6)
    held = region.issuing.crl(at=NOW - 2 * DAY, days=30)
    region.issuing.revoked.clear()
    lifted = region.issuing.crl(at=NOW, days=30)
    proved = stamped(region, NOW - DAY)
    assert sub(at(region, proved, NOW - DAY / 2, held)) is Sub.REVOKED
    assert at(region, proved, NOW + DAY, held, lifted).verdict is Verdict.GENUINE


def test_data_that_is_too_old_for_the_moment(region: Region) -> None:
    old = region.issuing.crl(at=NOW - 20 * DAY, days=7)
    assert sub(at(region, stamped(region, NOW), NOW, old)) is Sub.TRY_LATER


def test_a_seal_from_the_future_of_the_moment(region: Region) -> None:
    """Asked about a day before the time stamp, the stamp proves nothing yet."""
    report = at(region, stamped(region, NOW + 5 * DAY), NOW, region.issuing.crl(days=400))
    assert report.has("time.future")
    assert report.signatures[0].time_source == "claimed"


def test_a_ca_revoked_later(region: Region) -> None:
    """A CA that ceased takes nothing with it that was sealed and stamped before; one that was broken into does.

    The time stamp is by an authority beside it: one below it would prove nothing any more.
    """
    tsa = pki.make("独立时间戳", region.root, kind="tsa", algorithm=region.root.algorithm)
    proved = sealing.pdf(region.seal, chain=(region.issuing,), tsa=tsa, stamped_at=NOW)
    crl = region.issuing.crl(days=400)
    for reason, why in ((5, None), (2, Sub.REVOKED_CA_NO_POE)):
        region.root.revoked.clear()
        region.root.revoke(region.issuing, at=NOW + 20 * DAY, reason=reason)
        assert sub(at(region, proved, NOW + 10 * DAY, crl)) is None
        assert sub(at(region, proved, NOW + 30 * DAY, crl)) is why

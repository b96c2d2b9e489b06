"""Certificate paths: every way a chain can be wrong has its own sub-indication (EN 319 102-1 5.1.3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ca.reading import read_certificate
from foundation import der
from foundation.clock import FixedClock
from hsm.keys import Algorithm
from tests.verify import pki, sealing
from tests.verify.pki import NOW, Entity, Region
from verify.judge import Context, judge
from verify.moments import Moment
from verify.path import validate
from verify.report import Report, Sub, Verdict
from verify.trust import TrustStore, Use

DAY = timedelta(days=1)


@pytest.fixture(params=[Algorithm.SM2, Algorithm.P256], ids=["sm2", "p256"])
def region(request: pytest.FixtureRequest) -> Region:
    """Fresh for each test, for tests revoke; keys are kept by name, so this is cheap."""
    return pki.region(f"{request.param.value}", request.param)


def trust(region: Region, *, crls: list[bytes] | None = None) -> TrustStore:
    return TrustStore.build(
        [region.root.certificate],
        intermediates=[region.issuing.certificate],
        crls=region.crls() if crls is None else crls,
    )


def ask(
    store: TrustStore, leaf: Entity, *, now: object = NOW, use: Use = Use.SEAL, **more: object
) -> tuple[Sub | None, set[str]]:
    result = validate(read_certificate(leaf.certificate), store, moment=Moment(now, **more), use=use)  # type: ignore[arg-type]
    return result.sub, {item.code for item in result.findings}


def test_a_good_chain_is_trusted(region: Region) -> None:
    assert ask(trust(region), region.seal) == (None, set())
    assert ask(trust(region), region.tsa, use=Use.TIMESTAMP) == (None, set())


def test_a_foreign_root_is_nobody_we_know(region: Region) -> None:
    other = pki.region("elsewhere", region.root.algorithm)
    assert ask(trust(other), region.seal) == (Sub.NO_CERTIFICATE_CHAIN_FOUND, {"certificate.unknown_issuer"})


def test_the_same_names_with_other_keys_are_not_the_same_ca(region: Region) -> None:
    """An impostor copies every word of the root; the signature does not follow."""
    twin = Entity("impostor", region.root.algorithm, subject=region.issuing.subject, serial=9)
    forged = pki.make("forged seal", twin, algorithm=region.root.algorithm, organization="印川市市场监督管理局")
    assert ask(trust(region), forged)[0] is Sub.NO_CERTIFICATE_CHAIN_FOUND


def test_validity_is_judged_at_the_right_time(region: Region) -> None:
    short = pki.make("short", region.issuing, start=NOW - 10 * DAY, days=5, algorithm=region.root.algorithm)
    early = pki.make("early", region.issuing, start=NOW + DAY, algorithm=region.root.algorithm)
    store = trust(region)
    assert ask(store, short)[0] is Sub.OUT_OF_BOUNDS_NO_POE
    # the list of today was made after it expired and need not name it any more: its silence is no answer
    assert ask(store, short, proved=NOW - 7 * DAY) == (Sub.OUT_OF_BOUNDS_NO_POE, {"revocation.late"})
    assert ask(store, short, proved=NOW - 2 * DAY)[0] is Sub.EXPIRED
    assert ask(store, early) == (Sub.NOT_YET_VALID, {"certificate.not_yet_valid"})


@pytest.mark.parametrize(
    ("reason", "proved", "sub"),
    [
        (1, None, Sub.REVOKED_NO_POE),
        (1, NOW - 5 * DAY, Sub.REVOKED),  # compromised: nobody knows since when
        (0, NOW - 5 * DAY, None),  # an unstated reason is none: EN 319 102-1 asks for the time only
        (5, NOW - 5 * DAY, None),  # ceased: what was sealed before stands
        (4, NOW - 5 * DAY, None),
        (5, NOW - DAY, Sub.REVOKED),  # sealed after it was revoked
        (5, None, Sub.REVOKED_NO_POE),
        (6, NOW - 5 * DAY, Sub.REVOKED),  # on hold
    ],
)
def test_revocation_weighs_reason_and_time(region: Region, reason: int, proved: object, sub: Sub | None) -> None:
    region.issuing.revoke(region.seal, at=NOW - 2 * DAY, reason=reason)
    found, codes = ask(trust(region), region.seal, proved=proved)
    assert found is sub
    assert ("certificate.revoked_after_sealing" if sub is None else "certificate.revoked") in codes


def test_an_invalidity_date_says_since_when(region: Region) -> None:
    region.issuing.revoke(region.seal, at=NOW - 2 * DAY, reason=1, invalidity=NOW - 4 * DAY)
    assert ask(trust(region), region.seal, proved=NOW - 5 * DAY)[0] is None
    assert ask(trust(region), region.seal, proved=NOW - 3 * DAY)[0] is Sub.REVOKED


def test_a_revoked_ca_takes_its_leaves_with_it(region: Region) -> None:
    region.root.revoke(region.issuing, reason=2)
    assert ask(trust(region), region.seal)[0] is Sub.REVOKED_CA_NO_POE


def test_a_revocation_of_tomorrow_is_not_in_force(region: Region) -> None:
    region.issuing.revoke(region.seal, at=NOW + DAY)
    assert ask(trust(region), region.seal)[0] is None
    assert ask(trust(region), region.seal, now=NOW + 2 * DAY)[0] is Sub.REVOKED_NO_POE


def test_the_newest_list_decides_and_an_older_good_one_does_not_hide_it(region: Region) -> None:
    old = region.issuing.crl(at=NOW - DAY)
    region.issuing.revoke(region.seal, at=NOW - 3 * DAY)
    new = region.issuing.crl(at=NOW)
    for lists in ([old, new], [new, old]):
        assert ask(trust(region, crls=[region.root.crl(), *lists]), region.seal)[0] is Sub.REVOKED_NO_POE


def test_missing_and_stale_revocation_data(region: Region) -> None:
    assert ask(trust(region, crls=[]), region.seal) == (Sub.TRY_LATER, {"revocation.unknown"})
    late = NOW + 9 * DAY
    assert ask(trust(region), region.seal, now=late) == (Sub.TRY_LATER, {"revocation.stale"})
    assert ask(trust(region), region.seal, now=late, offline=True) == (None, {"revocation.stale"})


def test_a_list_signed_by_someone_else_counts_for_nothing(region: Region) -> None:
    impostor = Entity("list impostor", region.root.algorithm, subject=region.issuing.subject)
    assert ask(trust(region, crls=[region.root.crl(), impostor.crl()]), region.seal)[0] is Sub.TRY_LATER


def test_an_altered_list_counts_for_nothing(region: Region) -> None:
    region.issuing.revoke(region.seal, at=NOW - DAY)
    genuine = region.issuing.crl()
    serial = der.integer(region.seal.serial)
    altered = genuine.replace(serial, der.integer(region.seal.serial + 1))
    assert altered != genuine
    assert ask(trust(region, crls=[region.root.crl(), altered]), region.seal)[0] is Sub.TRY_LATER


def test_constraints_of_a_ca(region: Region) -> None:
    algorithm = region.root.algorithm
    store = trust(region)
    below = pki.make("too deep", region.issuing, kind="ca", algorithm=algorithm)
    deep = pki.make("deep leaf", below, algorithm=algorithm)
    more = TrustStore.build(
        [region.root.certificate],
        intermediates=[region.issuing.certificate, below.certificate],
        crls=[*region.crls(), below.crl()],
    )
    assert ask(more, deep) == (Sub.CHAIN_CONSTRAINTS_FAILURE, {"certificate.path_length"})
    by_leaf = pki.make("signed by a leaf", region.seal, algorithm=algorithm)
    leafy = TrustStore.build(
        [region.root.certificate],
        intermediates=[region.issuing.certificate, region.seal.certificate],
        crls=[*region.crls(), region.seal.crl()],
    )
    assert "certificate.not_a_ca" in ask(leafy, by_leaf)[1]
    assert ask(store, region.issuing)[0] is Sub.CHAIN_CONSTRAINTS_FAILURE


def test_usages(region: Region) -> None:
    store = trust(region)
    assert ask(store, region.tsa) == (Sub.CHAIN_CONSTRAINTS_FAILURE, {"certificate.wrong_usage"})
    assert ask(store, region.seal, use=Use.TIMESTAMP) == (Sub.CHAIN_CONSTRAINTS_FAILURE, {"certificate.wrong_usage"})


def test_an_unknown_critical_extension_refuses(region: Region) -> None:
    odd = pki.extension("1.2.3.4.5", der.null(), critical=True)
    leaf = pki.make("odd", region.issuing, algorithm=region.root.algorithm, extra=(odd,))
    mild = pki.make(
        "mild", region.issuing, algorithm=region.root.algorithm, extra=(pki.extension("1.2.3.4.5", der.null()),)
    )
    assert ask(trust(region), leaf) == (Sub.CHAIN_CONSTRAINTS_FAILURE, {"certificate.critical_extension"})
    assert ask(trust(region), mild) == (None, set())


def test_a_root_is_only_trusted_for_what_it_may(region: Region) -> None:
    store = trust(region)
    print_ = store.anchors[0].fingerprint
    scoped = TrustStore(
        store.anchors, store.intermediates, crls=store.crls, purposes={print_: frozenset({Use.TIMESTAMP})}
    )
    assert ask(scoped, region.seal) == (Sub.CHAIN_CONSTRAINTS_FAILURE, {"certificate.anchor_scope"})
    assert ask(scoped, region.tsa, use=Use.TIMESTAMP) == (None, set())


def test_cross_signed_circles_end(region: Region) -> None:
    """Two CAs that certify each other, many times over: bounded, and no chain."""
    a, b = pki.make("circle a", kind="ca"), pki.make("circle b", kind="ca")
    rings = [pki.make("circle b", a, kind="ca").certificate for _ in range(12)]
    rings += [pki.make("circle a", b, kind="ca").certificate for _ in range(12)]
    leaf = pki.make("in the circle", a)
    store = TrustStore.build([region.root.certificate], intermediates=rings)
    assert ask(store, leaf)[0] is Sub.NO_CERTIFICATE_CHAIN_FOUND


# --- the same through a sealed file ----------------------------------------------------------------------------------


def verdict(region: Region, data: bytes, **more: object) -> Report:
    return judge(data, name=None, context=Context(trust(region), FixedClock(NOW), **more))  # type: ignore[arg-type]


def test_a_sealed_file_follows_its_certificate(region: Region) -> None:
    good = sealing.pdf(region.seal, chain=(region.issuing,), tsa=region.tsa)
    assert verdict(region, good).verdict is Verdict.GENUINE
    region.issuing.revoke(region.seal, at=NOW - DAY, reason=5)
    report = verdict(region, good)
    assert report.verdict is Verdict.NOT_GENUINE
    assert report.intact
    assert not report.signatures[0].trusted
    assert report.signatures[0].sub_indication is Sub.REVOKED


def test_sealed_before_an_innocent_revocation_still_stands_and_says_so(region: Region) -> None:
    old = sealing.pdf(region.seal, chain=(region.issuing,), tsa=region.tsa, stamped_at=NOW - 3 * DAY)
    region.issuing.revoke(region.seal, at=NOW - DAY, reason=5)
    report = verdict(region, old)
    assert report.verdict is Verdict.GENUINE
    assert report.has("certificate.revoked_after_sealing")
    unproved = sealing.pdf(region.seal, chain=(region.issuing,))
    assert verdict(region, unproved).signatures[0].sub_indication is Sub.REVOKED_NO_POE


def test_a_time_stamp_of_something_else_breaks_the_signature(region: Region) -> None:
    report = verdict(region, sealing.pdf(region.seal, chain=(region.issuing,), tsa=region.tsa, broken_stamp=True))
    assert report.verdict is Verdict.NOT_GENUINE
    assert report.has("time.broken")
    assert not report.intact


def test_a_time_stamp_of_strangers_proves_nothing(region: Region) -> None:
    stranger = pki.region("strangers", region.root.algorithm)
    report = verdict(region, sealing.pdf(region.seal, chain=(region.issuing,), tsa=stranger.tsa))
    assert report.verdict is Verdict.GENUINE
    assert report.has("time.untrusted")
    assert report.signatures[0].time_source == "claimed"


def test_a_seal_of_a_person_is_no_official_seal(region: Region) -> None:
    person = pki.make("张三", region.issuing, algorithm=region.root.algorithm)
    report = verdict(region, sealing.pdf(person, chain=(region.issuing,), tsa=region.tsa))
    assert report.verdict is Verdict.CANNOT_TELL
    assert report.has("file.no_official_seal")


def test_certificate_files(region: Region) -> None:
    good = region.seal.certificate
    assert verdict(region, good).verdict is Verdict.GENUINE
    altered = bytearray(good)
    altered[good.index("市场".encode())] ^= 1
    forged = verdict(region, bytes(altered))
    assert (forged.verdict, forged.has("certificate.forged")) == (Verdict.NOT_GENUINE, True)
    region.issuing.revoke(region.seal)
    assert verdict(region, good).has("certificate.revoked")
    stranger = pki.region("strangers", region.root.algorithm).seal.certificate
    assert verdict(region, stranger).verdict is Verdict.CANNOT_TELL

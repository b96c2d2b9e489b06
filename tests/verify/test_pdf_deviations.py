"""Departures from the standards inside PDF signatures (facts: standards 2.6): the codes they have elsewhere.

PAdES, GM.sm2cms.detached and GM.sm2seal, made over real byte ranges; the tolerant and the strict verdict on each.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from foundation import der
from foundation.clock import FixedClock
from tests.verify import odd_seals, pki, sealing
from tests.verify.odd_seals import DAY, Odd, has_high_number, negative, padded, raw
from tests.verify.pdf_inputs import Make, Oddity, embed, key, message
from tests.verify.pki import NOW, Region
from tests.verify.test_sealed import told
from verify.judge import Context, judge
from verify.report import Report, Severity, Verdict
from verify.trust import TrustStore

CHINA = NOW + DAY / 3
"""NOW as a clock on a wall in China shows it."""


@pytest.fixture(scope="module")
def region() -> Region:
    return pki.region("pdf departures")


@pytest.fixture(scope="module")
def context(region: Region) -> Context:
    keys = [key(kind) for kind in ("sm2", "p-256")]
    roots, crls = [item.root for item in keys], [item.crl for item in keys]
    store = TrustStore.build(
        [region.root.certificate, *roots], intermediates=[region.issuing.certificate], crls=[*region.crls(), *crls]
    )
    return Context(store, FixedClock(NOW))


def ask(context: Context, data: bytes) -> tuple[Report, Report]:
    """(tolerant, strict)."""
    return judge(data, name=None, context=context), judge(data, name=None, context=replace(context, strict=True))


def check_tolerated(context: Context, data: bytes, code: str) -> None:
    usual, strict = ask(context, data)
    assert (usual.verdict, usual.intact) == (Verdict.GENUINE, True), told(usual)
    assert {item.severity for item in usual.findings if item.code == code} == {Severity.WARNING}, told(usual)
    assert strict.verdict is Verdict.NOT_GENUINE, told(strict)
    assert {item.severity for item in strict.findings if item.code == code} == {Severity.ERROR}, told(strict)
    assert (strict.intact, strict.signatures[0].trusted) == (True, False)
    spoilt, _ = ask(context, data.replace(b"(charity)", b"(CHARITY)", 1))
    assert (spoilt.verdict, spoilt.intact) == (Verdict.NOT_GENUINE, False), told(spoilt)


VALUES = {
    "raw": (Oddity(value=raw), "deviation.raw_signature"),
    "padded": (Oddity(value=padded), "deviation.integer"),
    "negative": (Oddity(value=negative, take=has_high_number), "deviation.integer"),
}
CARRIERS = {
    "pades": ("ETSI.CAdES.detached", "sm2", {}),
    "pades p-256": ("ETSI.CAdES.detached", "p-256", {}),
    "gm": ("GM.sm2cms.detached", "sm2", {"gm": True}),
    "gm no attributes": ("GM.sm2cms.detached", "sm2", {"gm": True, "attributes": False}),
    "gm digest inside": ("GM.sm2cms.detached", "sm2", {"gm": True, "attributes": False, "content": "raw"}),
}


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_odd_values_in_a_message(context: Context, carrier: str, value: str) -> None:
    (subfilter, kind, more), (odd, code) = CARRIERS[carrier], VALUES[value]
    check_tolerated(context, embed(message(kind, odd=odd, **more), subfilter), code)  # type: ignore[arg-type]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_proper_value_departs_in_nothing(context: Context, carrier: str) -> None:
    subfilter, kind, more = CARRIERS[carrier]
    for report in ask(context, embed(message(kind, **more), subfilter)):  # type: ignore[arg-type]
        assert report.verdict is Verdict.GENUINE, told(report)
        assert not [item for item in report.findings if item.code.startswith("deviation.")]


BEYOND = {
    "three numbers": lambda _: der.sequence(*[der.integer(5)] * 3),
    "number too large": lambda _: der.sequence(*[der.integer(1 << 256)] * 2),
    "zeros": lambda _: bytes(64),
    "one octet more than raw": lambda value: raw(value) + b"\x00",
    "halves swapped": lambda value: raw(value)[32:] + raw(value)[:32],
    "empty": lambda _: b"",
}


@pytest.mark.parametrize("name", BEYOND)
@pytest.mark.parametrize("carrier", ["pades", "gm"])
def test_values_no_tolerance_covers(context: Context, carrier: str, name: str) -> None:
    subfilter, kind, more = CARRIERS[carrier]
    made = message(kind, odd=Oddity(value=BEYOND[name]), **more)  # type: ignore[arg-type]
    for report in ask(context, embed(made, subfilter)):
        assert (report.verdict, report.intact, report.has("signature.crypto")) == (Verdict.NOT_GENUINE, False, True)


@pytest.mark.parametrize("versions", [(3, 1), (1, 3), (0, 1), (1, 0), (2, 1), (4, 1)], ids=str)
@pytest.mark.parametrize("carrier", ["pades", "gm"])
def test_version_numbers_of_a_message(context: Context, carrier: str, versions: tuple[int, int]) -> None:
    """No signature protects them, so an altered one must not pass: as in `.p7s` files, under the same code."""
    subfilter, kind, more = CARRIERS[carrier]
    made = message(kind, odd=Oddity(versions=versions), **more)  # type: ignore[arg-type]
    for report in ask(context, embed(made, subfilter)):
        assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False), told(report)
        assert report.has("signature.not_canonical"), told(report)


# --- seals in /Contents ----------------------------------------------------------------------------------------------


def sealed(region: Region, odd: Odd, *, at: datetime = NOW, more: str = "") -> bytes:
    def make(_digest: object, covered: bytes) -> bytes:
        seal = odd_seals.seal(region.maker, region.seal, odd)
        return odd_seals.signature(region.seal, seal, odd, at=at, page=covered, path="0 0 0 0")

    return embed(make, "GM.sm2seal", more)


USCC = "1.2.156.10197.6.7.2.2.1"
SEALS = {
    "raw": (Odd(value=raw), "deviation.raw_signature"),
    "raw, maker": (Odd(seal_value=raw), "deviation.raw_signature"),
    "raw, 2014": (Odd(shape=2014, header=1, version=1, value=raw), "deviation.raw_signature"),
    "padded": (Odd(value=padded), "deviation.integer"),
    "negative": (Odd(value=negative), "deviation.integer"),
    "negative, maker": (Odd(seal_value=negative), "deviation.integer"),
    "explicit false": (Odd(extension=odd_seals.extension(USCC, der.boolean(False))), "deviation.explicit_false"),
    "2014 shape, header 2": (Odd(shape=2014, header=2, version=1), "deviation.version"),
    "2020 shape, header 1": (Odd(header=1), "deviation.version"),
    "signature version 2": (Odd(version=2), "deviation.version"),
    "offset in a time": (Odd(created=der.tlv(der.GENERALIZED_TIME, b"20261101100000+0800")), "deviation.time_form"),
}


@pytest.mark.parametrize("name", SEALS)
def test_odd_seals(context: Context, region: Region, name: str) -> None:
    odd, code = SEALS[name]
    check_tolerated(context, sealed(region, odd), code)


def test_a_seal_whose_true_spelling_was_restored_is_altered(context: Context, region: Region) -> None:
    """Judged are the octets in the file: with the explicit FALSE written away the maker signed something else."""
    odd = Odd(extension=odd_seals.extension(USCC, der.boolean(False)))

    def make(_digest: object, covered: bytes) -> bytes:
        info, *rest = der.parse(odd_seals.seal(region.maker, region.seal, odd)).children()
        fields = [part.raw for part in info.children()]
        restored = der.sequence(*fields[:-1], der.sequence(odd_seals.extension(USCC)))
        seal = der.sequence(restored, *(part.raw for part in rest))
        return odd_seals.signature(region.seal, seal, page=covered, path="0 0 0 0")

    for report in ask(context, embed(make, "GM.sm2seal")):
        assert (report.verdict, report.intact, report.has("seal.tampered")) == (Verdict.NOT_GENUINE, False, True)


# --- China time with a Z behind it -----------------------------------------------------------------------------------


def pdf_time(at: datetime, zone: str = "Z") -> str:
    return f"/M(D:{at:%Y%m%d%H%M%S}{zone})"


def stamped(region: Region) -> Oddity:
    return Oddity(stamp=lambda value: sealing.token(region.tsa, value))


def of_message(made: Make, more: str, subfilter: str = "ETSI.CAdES.detached") -> bytes:
    return embed(made, subfilter, more)


def test_the_dictionary_says_china_time_and_z(context: Context, region: Region) -> None:
    """Beside the time in the seal, the signing time of a message, and the token of a message that claims none."""
    check_tolerated(context, sealed(region, Odd(), more=pdf_time(CHINA)), "deviation.fake_z")
    check_tolerated(
        context, of_message(message("sm2", gm=True, odd=Oddity(at=NOW)), pdf_time(CHINA), "GM.SM2"), "deviation.fake_z"
    )
    by_token = of_message(message("sm2", odd=stamped(region)), pdf_time(CHINA))
    check_tolerated(context, by_token, "deviation.fake_z")
    assert ask(context, by_token)[0].signatures[0].time == NOW


def test_the_signing_time_is_china_time_and_z(context: Context, region: Region) -> None:
    """Both times of the file agree with each other, and only the authority's token shows them up."""
    odd = replace(stamped(region), at=CHINA)
    data = of_message(message("sm2", odd=odd), pdf_time(CHINA))
    check_tolerated(context, data, "deviation.fake_z")
    report, _ = ask(context, data)
    assert (report.signatures[0].time, report.has("pdf.time_differs")) == (NOW, False)


@pytest.mark.parametrize(
    ("stated", "zone", "code"),
    [
        (NOW, "Z", None),
        (NOW, "+00'00'", None),
        (CHINA, "+08'00'", None),
        (CHINA, "", None),
        (CHINA, "Z", "deviation.fake_z"),
        (CHINA, "+00'00'", "deviation.fake_z"),
        (NOW - DAY, "Z", "pdf.time_differs"),
        (NOW - DAY / 3, "Z", "pdf.time_differs"),
    ],
    ids=["utc", "utc-offset", "china", "no-zone", "fake", "fake-offset", "yesterday", "behind"],
)
def test_times_that_agree_and_that_do_not(
    context: Context, region: Region, stated: datetime, zone: str, code: str | None
) -> None:
    report, strict = ask(context, sealed(region, Odd(), more=pdf_time(stated, zone)))
    assert report.verdict is Verdict.GENUINE, told(report)
    seen = {item.code for item in report.findings if item.code in ("deviation.fake_z", "pdf.time_differs")}
    assert seen == {code} - {None}
    assert (report.signatures[0].time, report.signatures[0].time_source) == (NOW, "claimed")
    assert strict.verdict is (Verdict.NOT_GENUINE if code == "deviation.fake_z" else Verdict.GENUINE)


def test_a_stamp_taken_the_next_day_shows_nothing(context: Context, region: Region) -> None:
    later = Oddity(at=NOW - 2 * DAY, stamp=lambda value: sealing.token(region.tsa, value))
    report, _ = ask(context, of_message(message("sm2", odd=later), pdf_time(NOW - 2 * DAY)))
    assert report.verdict is Verdict.GENUINE, told(report)
    assert not report.has("deviation.fake_z")
    assert not report.has("pdf.time_differs")

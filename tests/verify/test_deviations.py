"""Departures from the standards (facts: standards 2.6): told by their own codes, forgiven or not, never re-encoded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from foundation import der
from foundation.clock import FixedClock
from hsm.digests import sm3
from tests.verify import odd_seals, pki, sealing
from tests.verify.odd_seals import DAY, PAGE, Odd
from tests.verify.pki import NOW, Region
from verify.judge import Context, judge
from verify.report import Report, Severity, Verdict
from verify.trust import TrustStore

USCC = "1.2.156.10197.6.7.2.2.1"


@pytest.fixture(scope="module")
def region() -> Region:
    return pki.region("departures")


@pytest.fixture(scope="module")
def context(region: Region) -> Context:
    trust = TrustStore.build([region.root.certificate], intermediates=[region.issuing.certificate], crls=region.crls())
    return Context(trust, FixedClock(NOW))


def ask(context: Context, region: Region, odd: Odd, *, strict: bool = False) -> Report:
    data = odd_seals.signature(region.seal, odd_seals.seal(region.maker, region.seal, odd), odd)
    return judge(data, name="SignedValue.dat", context=replace(context, strict=strict), content=PAGE)


@pytest.mark.parametrize("shape", [2014, 2020])
def test_a_proper_seal_departs_in_nothing(context: Context, region: Region, shape: int) -> None:
    odd = Odd(shape=shape, header=1, version=1) if shape == 2014 else Odd()
    report = ask(context, region, odd, strict=True)
    assert (report.verdict, report.intact) == (Verdict.GENUINE, True), report.findings
    assert not [item for item in report.findings if item.code.startswith("deviation.")]


TOLERATED = {
    "raw r‖s": (Odd(value=odd_seals.raw), "deviation.raw_signature"),
    "raw r‖s of the maker": (Odd(seal_value=odd_seals.raw), "deviation.raw_signature"),
    "raw r‖s, 2014": (Odd(shape=2014, header=1, version=1, value=odd_seals.raw), "deviation.raw_signature"),
    "padded integers": (Odd(value=odd_seals.padded), "deviation.integer"),
    "negative integer": (Odd(value=odd_seals.negative), "deviation.integer"),
    "negative integer of the maker": (Odd(seal_value=odd_seals.negative), "deviation.integer"),
    "explicit false": (Odd(extension=odd_seals.extension(USCC, der.boolean(False))), "deviation.explicit_false"),
    "true as one": (Odd(extension=odd_seals.extension(USCC, b"\x01\x01\x01")), "deviation.boolean"),
    "2014 shape, header 2": (Odd(shape=2014, header=2, version=1), "deviation.version"),
    "2020 shape, header 1": (Odd(header=1), "deviation.version"),
    "offset in a time": (Odd(created=der.tlv(der.GENERALIZED_TIME, b"20261101100000+0800")), "deviation.time_form"),
    "time without zone": (Odd(created=der.tlv(der.GENERALIZED_TIME, b"20261101100000")), "deviation.time_form"),
    "Chinese in IA5": (Odd(code=der.tlv(der.IA5_STRING, "印".encode("gb18030"))), "deviation.string"),
    "huge picture": (Odd(size=4200), "deviation.picture_size"),
    "critical, unknown": (
        Odd(signature_extension=odd_seals.extension("1.3.6.1.5.5.7.1.4", der.boolean(True))),
        "seal.critical_extension",
    ),
}


@pytest.mark.parametrize("name", TOLERATED)
def test_what_is_tolerated_and_told(context: Context, region: Region, name: str) -> None:
    odd, code = TOLERATED[name]
    usual, strict = ask(context, region, odd), ask(context, region, odd, strict=True)
    assert (usual.verdict, usual.intact) == (Verdict.GENUINE, True), [item.code for item in usual.findings]
    assert {item.severity for item in usual.findings if item.code == code} == {Severity.WARNING}
    assert strict.verdict is Verdict.NOT_GENUINE
    assert {item.severity for item in strict.findings if item.code == code} == {Severity.ERROR}
    assert (strict.intact, strict.signatures[0].trusted) == (True, False)


def test_maker_and_signer_in_one(context: Context, region: Region) -> None:
    data = odd_seals.signature(region.seal, odd_seals.seal(region.seal, region.seal))
    report = judge(data, name=None, context=context, content=PAGE)
    assert report.has("seal.same_signer")
    assert judge(data, name=None, context=replace(context, strict=True), content=PAGE).verdict is Verdict.NOT_GENUINE


REFUSED = {
    "a text in the list": (Odd(listed=der.octet_string(b"SubjectDN=CN=somebody")), "seal.list_item"),
    "no Z": (Odd(make_value=lambda who, tbs, _: odd_seals.without_z(who, sm3(tbs))), "signature.without_z"),
    "dataHash as e": (Odd(make_value=lambda who, _, digest: odd_seals.without_z(who, digest)), "signature.without_z"),
    "three numbers": (Odd(value=lambda _: der.sequence(*[der.integer(5)] * 3)), "signature.crypto"),
    "number too large": (Odd(value=lambda _: der.sequence(*[der.integer(1 << 256)] * 2)), "signature.crypto"),
    "empty": (Odd(value=lambda _: b""), "signature.crypto"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_tolerance_covers(context: Context, region: Region, name: str) -> None:
    odd, code = REFUSED[name]
    report = ask(context, region, odd)
    assert (report.verdict, report.intact, report.has(code)) == (Verdict.NOT_GENUINE, False, True)


def test_original_octets_are_judged(context: Context, region: Region) -> None:
    """Dropping the explicit FALSE, as a library that writes the seal again does, is an alteration."""
    false = odd_seals.extension(USCC, der.boolean(False))
    data = odd_seals.seal(region.maker, region.seal, Odd(extension=false))
    assert judge(data, name=None, context=context).verdict is Verdict.GENUINE
    info, *rest = der.parse(data).children()
    fields = [part.raw for part in info.children()]
    again = der.sequence(der.sequence(*fields[:-1], der.sequence(odd_seals.extension(USCC))), *(p.raw for p in rest))
    assert judge(again, name=None, context=context).has("seal.tampered")


def test_a_seal_outside_what_its_maker_signed_has_one_spelling(context: Context, region: Region) -> None:
    data = odd_seals.seal(region.maker, region.seal)
    parts = [part.raw for part in der.parse(data).children()]
    loose = der.sequence(*parts[:3], der.tlv(der.BIT_STRING, b"\x03" + der.parse(parts[3]).as_bits()))
    assert judge(loose, name=None, context=context).has("signature.not_canonical")


# --- GM/T 0031-2025 --------------------------------------------------------------------------------------------------


def stamped(region: Region, **more: object) -> Odd:
    return Odd(header=5, version=5, seal_stamp=lambda value: sealing.token(region.tsa, value, **more))  # type: ignore[arg-type]


def test_a_seal_with_its_time_stamp(context: Context, region: Region) -> None:
    odd = stamped(region, at=NOW - 19 * DAY)
    seal = odd_seals.seal(region.maker, region.seal, odd)
    by_itself = judge(seal, name="seal.esl", context=context)
    assert by_itself.verdict is Verdict.GENUINE, by_itself.findings
    assert by_itself.signatures[0].format == "SESeal GM/T 0031-2025"
    assert by_itself.signatures[0].time == NOW - 19 * DAY
    assert ask(context, region, odd, strict=True).verdict is Verdict.GENUINE


def test_a_seal_made_after_its_own_time_stamp(context: Context, region: Region) -> None:
    report = ask(context, region, stamped(region, at=NOW - 21 * DAY))
    assert (report.verdict, report.has("seal.created_late")) == (Verdict.NOT_GENUINE, True)


def test_a_time_stamp_for_another_seal(context: Context, region: Region) -> None:
    report = ask(context, region, stamped(region, at=NOW - 19 * DAY, altered=True))
    assert (report.verdict, report.has("time.broken")) == (Verdict.NOT_GENUINE, True)


def test_a_stamp_on_a_seal_of_2020_is_a_wrong_version(context: Context, region: Region) -> None:
    odd = replace(stamped(region, at=NOW - 19 * DAY), header=4)
    assert ask(context, region, odd).has("deviation.version")


def test_the_maker_is_judged_at_the_making() -> None:
    """Expired since: a notice. Expired before: an error. Revoked since, for no fault of the key: a notice."""
    region = pki.region("makers")
    early = {"start": NOW - 60 * DAY, "days": 50}
    region.maker = pki.make("makers maker", region.issuing, **early)  # type: ignore[arg-type]
    later = pki.make("makers maker 2", region.issuing)
    region.issuing.revoke(later, at=NOW - DAY, reason=5)
    trust = TrustStore.build([region.root.certificate], intermediates=[region.issuing.certificate], crls=region.crls())
    context = Context(trust, FixedClock(NOW))

    def verdict(maker: pki.Entity, at: timedelta) -> Report:
        seal = odd_seals.seal(maker, region.seal, at=NOW - at)
        return judge(odd_seals.signature(region.seal, seal), name=None, context=context, content=PAGE)

    for maker in (region.maker, later):
        good = verdict(maker, 20 * DAY)
        assert (good.verdict, good.has("seal.maker_since")) == (Verdict.GENUINE, True), good.findings
    late = verdict(region.maker, 5 * DAY)
    assert (late.verdict, late.has("seal.maker_path")) == (Verdict.NOT_GENUINE, True)


def test_a_maker_without_the_right_usage() -> None:
    region = pki.region("misused")
    maker = pki.make("misused maker", region.issuing, usage=(2, 3))
    trust = TrustStore.build([region.root.certificate], intermediates=[region.issuing.certificate], crls=region.crls())
    report = judge(odd_seals.seal(maker, region.seal), name=None, context=Context(trust, FixedClock(NOW)))
    assert (report.verdict, report.has("seal.maker_path")) == (Verdict.NOT_GENUINE, True)

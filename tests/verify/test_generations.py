"""Seal signatures of all three generations, whole: in an OFD and in the /Contents of a PDF, made by an odd writer.

GM/T 0031-2014 has two parts where the later ones have four; nobody writes it any more, and its files are about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from foundation import der
from foundation.clock import FixedClock
from hsm.digests import Digest
from seal.ofd.package import write
from tests.verify import odd_packages, odd_seals, pki
from tests.verify.odd_seals import Odd
from tests.verify.pdf_inputs import embed
from tests.verify.pki import NOW, Entity, Region
from verify.judge import Context, judge
from verify.report import Report, Verdict
from verify.trust import TrustStore

GENERATIONS = {
    "GM/T 0031-2014": Odd(shape=2014, header=1, version=1),
    "GB/T 38540-2020": Odd(),
    "GM/T 0031-2025": Odd(header=5, version=5),
}
Seal = Callable[[Region, Odd], bytes]


@pytest.fixture(scope="module")
def region() -> Region:
    return pki.region("generations")


@pytest.fixture(scope="module")
def ask(region: Region) -> Callable[[bytes], Report]:
    trust = TrustStore.build([region.root.certificate], intermediates=[region.issuing.certificate], crls=region.crls())
    return lambda data: judge(data, name=None, context=Context(trust, FixedClock(NOW)))


Ask = Callable[[bytes], Report]


def ofd(region: Region, odd: Odd) -> bytes:
    return write(odd_packages.sealed(region, how=odd_packages.Signing(odd=odd)))


def pdf(region: Region, odd: Odd) -> bytes:
    def value(digest: Callable[[Digest], bytes], covered: bytes) -> bytes:
        seal = odd_seals.seal(region.maker, region.seal, odd)
        assert digest(Digest.SM3) == Digest.SM3.of(covered)
        return odd_seals.signature(region.seal, seal, odd, page=covered, path="0 0 0 0")

    return embed(value, "GM.sm2seal")


def told(report: Report) -> list[str]:
    return [item.code for item in report.findings]


@pytest.mark.parametrize("make", [ofd, pdf])
@pytest.mark.parametrize("name", GENERATIONS)
def test_each_generation_is_read_and_trusted(region: Region, ask: Ask, make: Seal, name: str) -> None:
    report = ask(make(region, GENERATIONS[name]))
    [one] = report.signatures
    assert (one.intact, one.trusted) == (True, True), told(report)
    assert one.seal is not None
    assert one.seal["standard"] == name
    assert one.format == (f"OFD {name}" if make is ofd else "PDF GM.sm2seal")
    assert report.verdict is Verdict.GENUINE, told(report)


@pytest.mark.parametrize("make", [ofd, pdf])
@pytest.mark.parametrize("name", GENERATIONS)
def test_a_changed_page_is_seen_in_each(region: Region, ask: Ask, make: Seal, name: str) -> None:
    if make is ofd:
        files = odd_packages.sealed(region, how=odd_packages.Signing(odd=GENERATIONS[name]))
        page = "Doc_0/Pages/Page_0/Content.xml"
        data = write({**files, page: files[page].replace(b"GENUINE", b"CHANGED")})
    else:
        made = bytearray(make(region, GENERATIONS[name]))
        made[made.index(b"/MediaBox") + 14] ^= 1
        data = bytes(made)
    report = ask(data)
    assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False), told(report)


def other_scope(region: Region) -> bytes:
    """A seal of the 2014 shape whose maker signed as of 2020: eSealInfo alone."""
    made = odd_seals.seal(region.maker, region.seal, GENERATIONS["GM/T 0031-2014"])
    info, signed = der.parse(made).children()
    certificate, algorithm, _ = signed.children()
    value = der.bit_string(region.maker.sign(info.raw))
    return der.sequence(info.raw, der.sequence(certificate.raw, algorithm.raw, value))


def test_the_maker_of_2014_signed_certificate_and_algorithm_too(region: Region, ask: Ask) -> None:
    odd = GENERATIONS["GM/T 0031-2014"]

    def value(_: Callable[[Digest], bytes], covered: bytes) -> bytes:
        return odd_seals.signature(region.seal, other_scope(region), odd, page=covered, path="0 0 0 0")

    report = ask(embed(value, "GM.sm2seal"))
    assert (report.verdict, report.has("seal.tampered")) == (Verdict.NOT_GENUINE, True), told(report)


@pytest.mark.parametrize("make", [ofd, pdf])
def test_a_signer_the_seal_of_2014_does_not_list(region: Region, ask: Ask, make: Seal) -> None:
    stranger: Entity = region.maker
    odd = replace(GENERATIONS["GM/T 0031-2014"], listed=der.octet_string(stranger.certificate))
    report = ask(make(region, odd))
    assert (report.verdict, report.has("seal.signer_not_listed")) == (Verdict.NOT_GENUINE, True), told(report)

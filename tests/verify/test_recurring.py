"""What is kept from one file to the next changes no answer: in any order altered parts are refused, good ones hold."""

from __future__ import annotations

import zlib

import pytest

from foundation.clock import FixedClock
from hsm.digests import Digest
from seal.ofd.archive import write
from tests.verify import odd_packages, odd_seals, pki
from tests.verify.pki import NOW, Region
from verify import recurring
from verify.judge import Context, judge
from verify.ofd import container
from verify.report import Report
from verify.trust import TrustStore

TEMPLATE = "Doc_0/Tpls/Tpl_0/Content.xml"


@pytest.fixture(scope="module")
def region() -> Region:
    return pki.region("recurring")


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    for kept in (recurring.template_digest, recurring._seal_departures, container._template_is_bent):
        kept.cache_clear()


def ask(region: Region, data: bytes) -> Report:
    trust = TrustStore.build([region.root.certificate], intermediates=[region.issuing.certificate], crls=region.crls())
    return judge(data, name=None, context=Context(trust, FixedClock(NOW)))


def with_template(region: Region) -> dict[str, bytes]:
    return odd_packages.sealed(region, {TEMPLATE: b"<Page>lines</Page>"})


def test_an_altered_template_after_a_good_one_and_before(region: Region) -> None:
    files = with_template(region)
    good, bad = write(files), write({**files, TEMPLATE: files[TEMPLATE].replace(b"lines", b"lies!")})
    for data, intact in ((good, True), (bad, False), (good, True), (bad, False)):
        report = ask(region, data)
        assert report.signatures[0].intact is intact, report.findings
    assert recurring.template_digest.cache_info().hits >= 2


def test_an_altered_seal_is_refused_each_time(region: Region) -> None:
    seal = odd_seals.seal(region.maker, region.seal)
    value = seal.rindex(b"\x30")  # within the maker's value, at the end of the seal
    broken = seal[: value + 8] + bytes((seal[value + 8] ^ 1,)) + seal[value + 9 :]
    for data, said in ((broken, False), (seal, True), (broken, False), (seal, True)):
        assert ask(region, data).signatures[0].intact is said
    info = recurring._seal_departures.cache_info()
    assert (info.hits, info.currsize) == (1, 1)  # what was refused is worked out anew


def test_one_octet_of_a_packed_template() -> None:
    """The same content, packed a little differently: kept under what lies in the file, not under what it means."""
    content = b"<Page>" + bytes(range(65, 91)) * 40 + b"</Page>"
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    straight = container.Packed(8, zlib.crc32(content), len(content), packer.compress(content) + packer.flush())
    bent = next(
        one
        for at in range(len(straight.data) * 8)
        if (one := _flipped(straight, at)) is not None and _unpacked(one) == content
    )
    for _ in range(2):
        assert not container._bent(TEMPLATE, content, straight)
        assert container._bent(TEMPLATE, content, bent)


def test_large_parts_and_other_folders_are_not_kept() -> None:
    large = b"x" * (recurring.MOST_OCTETS + 1)
    assert not recurring.is_template(TEMPLATE, large)
    assert not recurring.is_template("Doc_0/Pages/Page_0/Content.xml", b"")
    recurring.template_digest(Digest.SM3, b"a")
    assert recurring.template_digest(Digest.SHA256, b"a") != recurring.template_digest(Digest.SM3, b"a")


def _flipped(one: container.Packed, bit: int) -> container.Packed | None:
    data = bytearray(one.data)
    data[bit // 8] ^= 1 << bit % 8
    return container.Packed(one.method, one.checksum, one.size, bytes(data))


def _unpacked(one: container.Packed) -> bytes | None:
    running = zlib.decompressobj(-15)
    try:
        found = running.decompress(one.data)
    except zlib.error:
        return None
    return found if running.eof and not running.unused_data else None

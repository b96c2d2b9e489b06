"""Signatures that travel as files: every shape, algorithm and wrapping, several signers, counter-signatures."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from foundation import der
from foundation.clock import FixedClock
from hsm.digests import sm3
from hsm.keys import Algorithm
from seal import cms
from tests.verify import odd_cms, odd_seals, pki, sealing
from tests.verify.odd_cms import CONTENT, Message
from tests.verify.pki import NOW, Region
from verify.cms_check import COUNTER_SIGNATURE
from verify.judge import Context, judge
from verify.report import Report, Sub, Verdict
from verify.trust import TrustStore


@pytest.fixture(scope="module")
def regions() -> dict[str, Region]:
    kinds = {"sm2": Algorithm.SM2, "rsa": Algorithm.RSA_2048, "p256": Algorithm.P256}
    return {name: pki.region(f"cms {name}", algorithm) for name, algorithm in kinds.items()}


@pytest.fixture(scope="module")
def context(regions: dict[str, Region]) -> Context:
    every = list(regions.values())
    trust = TrustStore.build(
        [one.root.certificate for one in every],
        intermediates=[one.issuing.certificate for one in every],
        crls=[crl for one in every for crl in one.crls()],
    )
    return Context(trust, FixedClock(NOW))


@pytest.fixture
def region(regions: dict[str, Region]) -> Region:
    return regions["sm2"]


def codes(report: Report) -> set[str]:
    return {item.code for item in report.findings}


def check(data: bytes, context: Context, content: bytes | None = CONTENT) -> Report:
    return judge(data, name="paper.p7s", context=context, content=content)


SHAPES = {
    "attributes": Message(),
    "no attributes": Message(attributes=False),
    "GM attributes": Message(gm=True),
    "GM no attributes": Message(gm=True, attributes=False),
    "GM digest inside": Message(gm=True, attributes=False, enclosed=sm3(CONTENT)),
    "enclosed": Message(enclosed=CONTENT),
    "enclosed GM": Message(gm=True, enclosed=CONTENT),
}


@pytest.mark.parametrize("name", SHAPES)
def test_both_shapes_of_sm2(context: Context, region: Region, name: str) -> None:
    data = odd_cms.message(region.seal, how=SHAPES[name])
    report = check(data, context)
    assert (report.kind, report.verdict, report.intact) == ("cms", Verdict.GENUINE, True), report.findings
    [one] = report.signatures
    assert (one.kind, one.algorithm, one.coverage) == ("seal", "sm2-sm3", "content")
    assert ("GM/T 0010" in one.format) is SHAPES[name].gm
    other = check(data, context, CONTENT + b"!")
    assert (other.verdict, other.intact) == (Verdict.NOT_GENUINE, False)


@pytest.mark.parametrize("algorithm", ["sm2", "rsa", "p256"])
def test_without_the_content_nobody_can_tell(context: Context, regions: dict[str, Region], algorithm: str) -> None:
    data = odd_cms.message(regions[algorithm].seal)
    report = check(data, context, None)
    assert (report.verdict, report.intact, report.has("content.missing")) == (Verdict.CANNOT_TELL, False, True)
    assert report.signatures[0].sub_indication is Sub.SIGNED_DATA_NOT_FOUND
    assert report.signatures[0].signer == "印川市市场监督管理局"
    bare = check(odd_cms.message(regions[algorithm].seal, how=Message(attributes=False)), context, None)
    assert (bare.verdict, bare.has("content.missing")) == (Verdict.CANNOT_TELL, True)
    broken = check(odd_cms.message(regions[algorithm].seal, how=Message(value=b"0")), context, None)
    assert broken.verdict is Verdict.NOT_GENUINE


def test_enclosed_content_is_enough(context: Context, region: Region) -> None:
    report = check(odd_cms.message(region.seal, how=Message(enclosed=CONTENT)), context, None)
    assert (report.verdict, report.signatures[0].coverage) == (Verdict.GENUINE, "enclosed")


@pytest.mark.parametrize(
    ("algorithm", "options"),
    [
        ("rsa", ()),
        ("rsa", ("-nodetach",)),
        ("rsa", ("-md", "sha384")),
        ("rsa", ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32")),
        ("rsa", ("-noattr",)),
        ("rsa", ("-stream", "-nodetach")),
        ("rsa", ("-cades",)),
        ("rsa", ("-keyid",)),
        ("p256", ()),
        ("p256", ("-stream", "-nodetach")),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value).replace("-", "") or "plain",
)
def test_what_openssl_signs(
    context: Context, regions: dict[str, Region], tmp_path: Path, algorithm: str, options: tuple[str, ...]
) -> None:
    data = odd_cms.openssl(tmp_path, regions[algorithm].seal, CONTENT, *options)
    report = check(data, context)
    assert (report.verdict, report.intact) == (Verdict.GENUINE, True), report.findings
    assert check(data, context, CONTENT[:-1]).verdict is Verdict.NOT_GENUINE


def test_wrappings(context: Context, region: Region) -> None:
    data = odd_cms.message(region.seal)
    text = base64.encodebytes(data)
    mail = b"MIME-Version: 1.0\nContent-Type: application/x-pkcs7-signature;\n name=smime.p7s\n\n" + text
    wrapped = [
        b"-----BEGIN PKCS7-----\n" + text + b"-----END PKCS7-----\n",
        b"some words before\n-----BEGIN CMS-----\r\n" + text.replace(b"\n", b"\r\n") + b"-----END CMS-----\r\n",
        text,
        base64.b64encode(data),
        mail,
    ]
    for one in wrapped:
        assert check(one, context).verdict is Verdict.GENUINE, one[:60]


def test_every_signer_is_reported(context: Context, regions: dict[str, Region]) -> None:
    sm2, rsa = regions["sm2"].seal, regions["rsa"].seal
    report = check(odd_cms.message(sm2, rsa), context)
    assert report.verdict is Verdict.GENUINE
    assert {one.algorithm for one in report.signatures} == {"sm2-sm3", "rsa-sha256"}
    stranger = pki.region("cms strangers").seal
    mixed = check(odd_cms.message(sm2, stranger), context)
    assert mixed.verdict is Verdict.CANNOT_TELL
    assert {one.trusted for one in mixed.signatures} == {True, False}
    forged = odd_cms.signer_info(rsa, b"something else")
    both = check(
        odd_cms.message(sm2, ready=(forged,), how=Message(certificates=(sm2.certificate, rsa.certificate))), context
    )
    assert (both.verdict, both.intact) == (Verdict.NOT_GENUINE, False)


def test_time_stamps_counter_signatures_and_other_unsigned_attributes(context: Context, region: Region) -> None:
    made = odd_cms.signer_info(region.seal, CONTENT)
    value = der.parse(made).children()[5].as_octets()
    stamp = odd_cms.attribute(cms.TIME_STAMP_ATTRIBUTE, sealing.token(region.tsa, value, at=NOW))
    counter = odd_cms.signer_info(region.code, value, counter=True)
    by = odd_cms.attribute(COUNTER_SIGNATURE, counter)
    strange = odd_cms.attribute("1.3.6.1.4.1.32473.7", der.utf8("approved"))

    def ask(*attributes: bytes) -> Report:
        how = Message(value=value, unsigned=attributes, certificates=(region.seal.certificate, region.code.certificate))
        # the same value: the attributes it covers are made of the same octets
        return check(odd_cms.message(region.seal, how=how), context)

    stamped = ask(stamp)
    assert (stamped.verdict, stamped.signatures[0].time_source) == (Verdict.GENUINE, "timestamp"), stamped.findings
    countered = ask(by)
    assert [one.format for one in countered.signatures] == ["CMS (RFC 5652)", "CMS counter-signature"]
    assert (countered.signatures[1].intact, countered.signatures[1].coverage) == (True, "signature 1")
    assert countered.verdict is Verdict.GENUINE, countered.findings
    lying = odd_cms.attribute(COUNTER_SIGNATURE, odd_cms.signer_info(region.code, b"other", counter=True))
    assert ask(lying).verdict is Verdict.NOT_GENUINE
    named = ask(strange)
    assert (named.verdict, named.has("signature.unsigned_attribute")) == (Verdict.GENUINE, True)
    wrong = odd_cms.attribute(cms.TIME_STAMP_ATTRIBUTE, sealing.token(region.tsa, b"other"))
    assert ask(wrong).has("time.broken")


def test_lists_and_answers_inside_a_message_and_the_version_they_make(context: Context, region: Region) -> None:
    """RFC 5652 5.1: an answer of a responder among the lists makes it version 5 (RFC 5940); a list does not."""
    answer = der.tlv(0xA1, der.oid("1.3.6.1.5.5.7.16.2") + der.sequence(der.enumerated(6)))
    lists = (region.issuing.crl(),)
    for brought, version in ((lists, 1), ((*lists, answer), 5), ((answer,), 5)):
        for written in (1, 3, 4, 5):
            report = check(odd_cms.message(region.seal, how=Message(crls=brought, version=written)), context)
            wanted = Verdict.GENUINE if written == version else Verdict.NOT_GENUINE
            assert report.verdict is wanted, (len(brought), version, written)
            assert report.has("signature.not_canonical") == (written != version)
    other = der.tlv(0xA2, der.oid("1.3.6.1.5.5.7.16.2") + der.sequence(der.enumerated(6)))
    for version in (1, 5):
        report = check(odd_cms.message(region.seal, how=Message(crls=(other,), version=version)), context)
        assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False)


def test_departures_in_cms(context: Context, region: Region) -> None:
    attributes = der.parse(odd_cms.signer_info(region.seal, CONTENT)).children()[3]
    raw = odd_seals.raw(region.seal.sign(b"\x31" + attributes.raw[1:]))
    bare = odd_cms.message(region.seal, how=Message(value=raw))
    told = Message(gm=True, attributes=False, enclosed=base64.b64encode(sm3(CONTENT)))
    for data, code in (
        (bare, "deviation.raw_signature"),
        (odd_cms.message(region.seal, how=told), "deviation.base64_digest"),
    ):
        assert (check(data, context).verdict, check(data, context).has(code)) == (Verdict.GENUINE, True)
        assert check(data, replace(context, strict=True)).verdict is Verdict.NOT_GENUINE
    value = odd_seals.without_z(region.seal, sm3(CONTENT))
    none = check(odd_cms.message(region.seal, how=Message(gm=True, attributes=False, value=value)), context)
    assert (none.verdict, none.has("signature.without_z")) == (Verdict.NOT_GENUINE, True)


def test_a_person_signs_too(context: Context, region: Region) -> None:
    """A file that is nothing but a signature may be anybody's; that it is no official seal is said."""
    report = check(odd_cms.message(region.code), context)
    assert (report.verdict, report.has("file.no_official_seal")) == (Verdict.GENUINE, True)
    assert report.signatures[0].kind == "signature"


def test_bags_envelopes_and_stacks(context: Context, region: Region) -> None:
    bag = odd_cms.message(how=Message(certificates=(region.issuing.certificate, region.seal.certificate)))
    report = check(bag, context, None)
    assert (report.verdict, report.has("cms.certificates_only")) == (Verdict.GENUINE, True)
    assert report.signatures[0].name == "印川市市场监督管理局"
    for kind in ("1.2.840.113549.1.7.3", "1.2.156.10197.6.1.4.2.4"):
        envelope = der.sequence(der.oid(kind), der.explicit(0, der.sequence(der.integer(0))))
        assert codes(check(envelope, context, None)) == {"cms.encrypted"}
    strange = der.sequence(der.oid("1.2.3.4"), der.explicit(0, der.sequence(der.integer(0))))
    assert codes(check(strange, context, None)) == {"cms.unsupported"}
    two = odd_cms.message(region.seal) + odd_cms.message(region.code)
    stacked = check(two, context)
    assert (stacked.verdict, len(stacked.signatures), stacked.has("cms.stacked")) == (Verdict.GENUINE, 2, True)
    assert check(odd_cms.message(region.seal) + b"\x30\x05junk", context).verdict is Verdict.NOT_GENUINE
    empty = odd_cms.message(how=Message(certificates=()))
    assert check(empty, context, None).verdict is Verdict.NOT_GENUINE


@pytest.mark.parametrize("algorithm", ["sm2", "rsa"])
def test_one_altered_octet(context: Context, regions: dict[str, Region], algorithm: str) -> None:
    data = odd_cms.message(regions[algorithm].seal, how=Message(enclosed=CONTENT))
    for at in range(0, len(data), 7):
        altered = bytearray(data)
        altered[at] ^= 0x04
        report = check(bytes(altered), context, None)
        assert report.verdict is not Verdict.GENUINE, at


def test_more_unsigned_attributes_than_anybody_needs(context: Context, region: Region) -> None:
    made = odd_cms.signer_info(region.seal, CONTENT)
    value = der.parse(made).children()[5].as_octets()
    counter, token = odd_cms.signer_info(region.code, value, counter=True), sealing.token(region.tsa, value)
    for kind, one in ((COUNTER_SIGNATURE, counter), (cms.TIME_STAMP_ATTRIBUTE, token)):
        how = Message(value=value, unsigned=(odd_cms.attribute(kind, *[one] * 60),))
        report = check(odd_cms.message(region.seal, how=how), context)
        assert (report.verdict, report.has("file.limits")) == (Verdict.NOT_GENUINE, True)
        assert len(report.signatures) <= 10


def test_content_types(context: Context, region: Region) -> None:
    """Data of either arc, told when mixed; anything else is another message."""
    data = odd_cms.message(region.seal, how=Message(gm=True))
    inner = der.parse(data).children()[1].children()[0]
    parts = [part.raw for part in inner.children()]
    parts[2] = der.sequence(der.oid(cms.DATA))
    mixed = der.sequence(der.oid(cms.GM_SIGNED_DATA), der.explicit(0, der.sequence(*parts)))
    assert (check(mixed, context).verdict, check(mixed, context).has("deviation.content_type")) == (
        Verdict.GENUINE,
        True,
    )
    parts[2] = der.sequence(der.oid("1.2.3"))
    other = der.sequence(der.oid(cms.GM_SIGNED_DATA), der.explicit(0, der.sequence(*parts)))
    assert check(other, context).has("signature.format")
    bare = odd_cms.message(region.seal, how=Message(attributes=False))
    other = bare.replace(der.oid(cms.DATA), der.oid("1.2.840.113549.1.7.9"), 1)
    assert check(other, context).verdict is Verdict.NOT_GENUINE


def test_a_missing_certificate(context: Context, region: Region) -> None:
    data = odd_cms.message(region.seal, how=Message(certificates=()))
    assert check(data, context).has("signature.no_certificate")
    held = replace(context.trust, leaves=TrustStore.build([region.seal.certificate]).anchors)
    assert check(data, replace(context, trust=held)).verdict is Verdict.GENUINE

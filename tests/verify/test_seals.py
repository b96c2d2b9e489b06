"""Seal signatures of three generations, and every way one can be wrong (facts: standards 2.5, 2.6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from foundation import der
from foundation.clock import FixedClock
from foundation.der import Node
from hsm.digests import sm3
from seal import ses
from tests.verify import pki, sealing
from tests.verify.pki import NOW, Entity, Region
from verify.checked import Checked
from verify.cms_check import Document
from verify.judge import Context, judge
from verify.moments import Moment
from verify.report import Sub, Verdict
from verify.seals import Place, check_seal_signature
from verify.trust import TrustStore

PAGE = b"<Signature/>"
PATH = "/Doc_0/Signs/Sign_0/Signature.xml"
DAY = timedelta(days=1)
ALGORITHM = der.oid("1.2.156.10197.1.501")


@pytest.fixture
def region() -> Region:
    return pki.region("seals")


def trust(region: Region) -> TrustStore:
    return TrustStore.build([region.root.certificate], intermediates=[region.issuing.certificate], crls=region.crls())


def seal(maker: Entity, *users: Entity, until: datetime = NOW + 900 * DAY, digests: bool = False) -> bytes:
    """A GB/T 38540 SESeal."""
    if digests:
        listed = [der.sequence(der.printable("SM3"), der.octet_string(sm3(user.certificate))) for user in users]
    else:
        listed = [der.octet_string(user.certificate) for user in users]
    info = der.sequence(
        der.sequence(der.ia5("ES"), der.integer(4), der.ia5("test")),
        der.ia5("21990000000001"),
        der.sequence(
            der.integer(1),
            der.utf8("印川市市场监督管理局"),
            der.integer(2 if digests else 1),
            der.sequence(*listed),
            *(der.generalized_time(at) for at in (NOW - 20 * DAY, NOW - 20 * DAY, until)),
        ),
        der.sequence(der.ia5("PNG"), der.octet_string(b"\x89PNG"), der.integer(42), der.integer(42)),
    )
    return der.sequence(info, der.octet_string(maker.certificate), ALGORITHM, der.bit_string(maker.sign(info)))


def signature(
    user: Entity,
    seal_data: bytes,
    *,
    page: bytes = PAGE,
    path: str = PATH,
    at: datetime = NOW,
    stamp: bytes | None = None,
    raw: bool = False,
) -> bytes:
    """A GB/T 38540 SES_Signature."""
    tbs = der.sequence(der.integer(4), seal_data, der.generalized_time(at), der.bit_string(sm3(page)), der.ia5(path))
    value = user.sign(tbs)
    if raw:
        r, s = (part.as_integer() for part in der.parse(value).children())
        value = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    parts = [tbs, der.octet_string(user.certificate), ALGORITHM, der.bit_string(value)]
    if stamp is not None:
        parts.append(der.explicit(0, der.bit_string(stamp)))
    return der.sequence(*parts)


def check(region: Region, data: bytes, *, seal_file: bytes | None = None, page: bytes = PAGE) -> Checked:
    place = Place(PATH, seal_file)
    return check_seal_signature(data, Document(lambda d: d.of(page), lambda: page), trust(region), Moment(NOW), place)


def codes(checked: Checked) -> set[str]:
    return {item.code for item in checked.findings}


@pytest.mark.parametrize("digests", [False, True])
def test_a_good_seal_signature(region: Region, digests: bool) -> None:
    made = seal(region.maker, region.seal, digests=digests)
    checked = check(region, signature(region.seal, made), seal_file=made)
    assert (checked.intact, checked.trusted, checked.sub) == (True, True, None), codes(checked)
    assert checked.seal is not None
    assert checked.seal["code"] == "21990000000001"


def test_a_bare_value_passes_and_is_told(region: Region) -> None:
    checked = check(region, signature(region.seal, seal(region.maker, region.seal), raw=True))
    assert checked.trusted
    assert "deviation.raw_signature" in codes(checked)


@pytest.mark.parametrize(
    ("kind", "code", "sub"),
    [
        ("page", "signature.hash", Sub.HASH_FAILURE),
        ("path", "ofd.property_info", Sub.FORMAT_FAILURE),
        ("unlisted", "seal.signer_not_listed", Sub.SIG_CONSTRAINTS_FAILURE),
        ("seal file", "ofd.seal_differs", Sub.FORMAT_FAILURE),
        ("tampered", "seal.tampered", Sub.SIG_CRYPTO_FAILURE),
        ("forged", "signature.crypto", Sub.SIG_CRYPTO_FAILURE),
        ("broken stamp", "time.broken", Sub.SIG_CONSTRAINTS_FAILURE),
    ],
)
def test_what_breaks_a_seal_signature(region: Region, kind: str, code: str, sub: Sub) -> None:
    made = seal(region.maker, region.seal)
    good = signature(region.seal, made)
    value = ses.read_signature(good).signature
    stamp = sealing.token(region.tsa, value, altered=True)
    checked = {
        "page": lambda: check(region, good, page=b"<Other/>"),
        "path": lambda: check(region, signature(region.seal, made, path="/Doc_0/Signs/Sign_1/Signature.xml")),
        "unlisted": lambda: check(region, signature(region.maker, made)),
        "seal file": lambda: check(region, good, seal_file=seal(region.maker, region.seal)),
        "tampered": lambda: check(
            region, signature(region.seal, made.replace(b"21990000000001", b"21990000000002", 1))
        ),
        "forged": lambda: check(region, good.replace(sm3(PAGE), sm3(b"<Other/>")), page=b"<Other/>"),
        "broken stamp": lambda: check(region, _with_stamp(good, stamp)),
    }[kind]()
    assert (checked.intact, checked.sub) == (False, sub)
    assert code in codes(checked)


def _with_stamp(data: bytes, stamp: bytes) -> bytes:
    parts: list[Node] = der.parse(data).children()
    return der.sequence(*(part.raw for part in parts[:4]), der.explicit(0, der.bit_string(stamp)))


def test_a_time_stamp_proves_the_time(region: Region) -> None:
    good = signature(region.seal, seal(region.maker, region.seal))
    stamp = sealing.token(region.tsa, ses.read_signature(good).signature, at=NOW - DAY)
    checked = check(region, _with_stamp(good, stamp))
    assert checked.trusted
    assert checked.stamp is not None
    assert checked.stamp.time == NOW - DAY


def test_a_seal_beyond_its_validity(region: Region) -> None:
    checked = check(region, signature(region.seal, seal(region.maker, region.seal, until=NOW - DAY)))
    assert checked.intact
    assert not checked.trusted
    assert "seal.expired" in codes(checked)


def test_the_maker_must_be_vouched_for(region: Region) -> None:
    """A seal that a stranger made for our own certificate: the signature holds, the seal means nothing."""
    stranger = pki.region("seal strangers")
    checked = check(region, signature(region.seal, seal(stranger.maker, region.seal)))
    assert checked.intact
    assert not checked.trusted
    assert "seal.maker_unknown" in codes(checked)


def test_a_maker_revoked_for_compromise_taints_its_seals(region: Region) -> None:
    made = signature(region.seal, seal(region.maker, region.seal))
    region.issuing.revoke(region.maker, reason=1)
    checked = check(region, made)
    assert not checked.trusted
    assert "seal.maker_path" in codes(checked)


def test_a_maker_that_ceased_is_a_notice_at_most(region: Region) -> None:
    made = signature(region.seal, seal(region.maker, region.seal))
    region.issuing.revoke(region.maker, reason=5)
    assert check(region, made).trusted


def test_octets_outside_the_signed_part_have_one_spelling(region: Region) -> None:
    good = signature(region.seal, seal(region.maker, region.seal))
    value = ses.read_signature(good).signature
    loose = good.replace(der.bit_string(value), der.bit_string(value, 3))
    assert loose != good
    checked = check(region, loose)
    assert (checked.intact, codes(checked)) == (False, {"signature.not_canonical"})


@pytest.mark.parametrize(
    ("name", "standard"), [("SignedValueV4.dat", "GB/T 38540-2020"), ("SignedValueV5.dat", "GM/T 0031-2025")]
)
def test_vectors_of_two_generations(vectors: Path, region: Region, name: str, standard: str) -> None:
    """Their documents are not at hand, so the stated hash stands in for them."""
    data = (vectors / "seal" / name).read_bytes()
    stated = ses.read_signature(data).data_hash
    document = Document(lambda _: stated, lambda: b"")
    checked = check_seal_signature(data, document, trust(region), Moment(NOW))
    assert checked.intact
    assert checked.sub is Sub.NO_CERTIFICATE_CHAIN_FOUND
    assert checked.seal is not None
    assert checked.seal["standard"] == standard


def test_a_seal_file_by_itself(region: Region) -> None:
    context = Context(trust(region), FixedClock(NOW))
    made = seal(region.maker, region.seal)
    good = judge(made, name="seal.esl", context=context)
    assert (good.verdict, good.intact) == (Verdict.GENUINE, True)
    altered = judge(made.replace(b"0000000001", b"0000000002", 1), name="seal.esl", context=context)
    assert (altered.verdict, altered.has("seal.tampered")) == (Verdict.NOT_GENUINE, True)
    old = judge(seal(region.maker, region.seal, until=NOW - DAY), name="seal.esl", context=context)
    assert old.has("seal.expired")
    stranger = pki.region("seal strangers")
    assert judge(seal(stranger.maker, region.seal), name=None, context=context).verdict is Verdict.CANNOT_TELL


@pytest.mark.parametrize("name", ["UserV1.esl", "UserV4.esl", "UserV5.esl", "UserV5_ts.esl"])
def test_foreign_seals_of_three_generations(vectors: Path, region: Region, name: str) -> None:
    report = judge((vectors / "seal" / name).read_bytes(), name=name, context=Context(trust(region), FixedClock(NOW)))
    assert report.signatures[0].intact
    assert not report.signatures[0].trusted


def test_other_trust_data_is_no_damaged_certificate(region: Region) -> None:
    context = Context(trust(region), FixedClock(NOW))
    listed = judge(region.issuing.crl(), name=None, context=context)
    assert (listed.kind, listed.verdict) == ("list", Verdict.GENUINE)
    token = judge(sealing.token(region.tsa, b"x"), name=None, context=context)
    assert (token.kind, token.verdict, token.has("content.missing")) == ("timestamp", Verdict.CANNOT_TELL, True)

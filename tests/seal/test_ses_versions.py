"""Seals of every shape in every structure we write: others judge the maker's signature, our verifier all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from ca import crl
from ca.chain import authorities
from ca.issue import Subject, issue
from ca.profiles import Role
from ca.reading import read_certificate
from ca.reading.stamp import read_token
from ca.suites import Suite
from foundation.errors import InvalidInput
from foundation.numbers import make_uscc
from foundation.principal import SYSTEM
from hsm import private_keys
from hsm.digests import sm3
from hsm.sm2 import Sm2PrivateKey, pkcs8_of_scalar
from seal import keeping, recording
from seal.drawing.artwork_reading import read_artwork
from seal.drawing.centre import Centre
from seal.drawing.design import Design
from seal.errors import CodeTaken, SealOnToken
from seal.kinds import SealKind
from seal.make import make_seal
from seal.models import SealRow
from seal.orders import OfdOrder, PdfOrder, Placement, SealRequest
from seal.ses import CertificateList, Standard, read_seal
from seal.ses_check import check_maker
from seal.stamp import stamp_ofd, stamp_pdf
from seal.tokens import TokenKey, token_key
from tests.ca import hostile_requests
from tests.seal import oracles, papers
from tests.seal.conftest import Region, clerk
from verify.context import Context
from verify.judge import judge
from verify.report import Report, Verdict
from verify.trust import TrustStore

DEPARTMENT = make_uscc("11", "219900", "MB100009")
OTHER = make_uscc("11", "219900", "MB100010")
NAME = "印川市数据局"
TOKEN = Sm2PrivateKey.load(pkcs8_of_scalar(b"\x51" * 32))
EMBLEM = b'<svg xmlns="http://www.w3.org/2000/svg"><circle cx="5" cy="5" r="5"/></svg>'


def request(number: int, design: Design | None = None, **changes: object) -> SealRequest:
    """With a token's key unless told otherwise: no RSA key has to be made for it."""
    terms: dict[str, object] = {"token": TokenKey(TOKEN.spki), "picture": design, **changes}
    return SealRequest(DEPARTMENT, NAME, f"219900000090{number:02}", NAME, **terms)  # type: ignore[arg-type]


def esl_of(region: Region, code: str, department: str = DEPARTMENT) -> bytes:
    from seal import find

    found = next(seal for seal in find.seals_of(region.room, department) if seal.code == code)
    with region.room.ground.db.read() as session:
        return keeping.file(region.room, session.get_one(SealRow, found.id), "esl")


def judged(region: Region, data: bytes) -> Report:
    known = authorities(region.room.ca)
    store = TrustStore.build(
        [one.certificate.der for one in known if one.role is Role.ROOT],
        intermediates=[one.certificate.der for one in known if one.role is not Role.ROOT],
        crls=[one for authority in known for one in crl.freshest(region.room.ca, authority.slug)],
    )
    return judge(data, name="seal", context=Context(store, region.clock))


@pytest.mark.parametrize(
    ("number", "version", "listed"),
    [
        (1, 4, CertificateList.CERTIFICATES),
        (2, 4, CertificateList.DIGESTS),
        (3, 5, CertificateList.CERTIFICATES),
        (4, 5, CertificateList.DIGESTS),
    ],
)
def test_every_structure_we_write_holds_for_others_and_for_our_verifier(
    one_region: Region, tmp_path: Path, number: int, version: int, listed: CertificateList
) -> None:
    made = make_seal(one_region.room, SYSTEM, request(number, ses_version=version, cert_list=listed))
    octets = esl_of(one_region, made.code)
    seal = read_seal(octets)
    assert (seal.raw, seal.version, seal.list_type, seal.deviations) == (octets, version, listed, ())
    assert seal.standard is (Standard.GMT_0031_2025 if version == 5 else Standard.GBT_38540_2020)
    # over DER eSealInfo alone, by two programs that are not ours
    assert seal.signed == seal.info
    assert oracles.gmssl_verifies(seal.maker_certificate, seal.info, seal.signature)
    assert not oracles.gmssl_verifies(seal.maker_certificate, seal.info + b"\0", seal.signature)
    assert oracles.openssl_sm2(tmp_path, seal.maker_certificate, seal.info, seal.signature)
    if listed is CertificateList.DIGESTS:
        assert seal.digests == (("SM3", sm3(made.certificates[0])),)
    else:
        assert seal.certificates == made.certificates
    if version == 5:
        assert seal.time_stamp is not None
        token = read_token(seal.time_stamp)
        assert token.info.imprint == sm3(seal.signature), "the seal time stamp is over signedValue"
        assert token.info.time >= seal.created
    else:
        assert seal.time_stamp is None
    report = judged(one_region, octets)
    assert report.verdict is Verdict.GENUINE, [finding.code for finding in report.findings]
    altered = bytearray(octets)
    altered[octets.index(NAME.encode()) + 1] ^= 1
    assert judged(one_region, bytes(altered)).verdict is Verdict.NOT_GENUINE


@pytest.mark.parametrize(
    ("number", "kind", "design", "size"),
    [
        (11, SealKind.NAME, Design(NAME, "organ", code="2199000000001", double_ring=True), (42, 42)),
        (12, SealKind.BUSINESS, Design(NAME, "special", line="行政审批专用章", centre=Centre.BLANK), (40, 40)),
        (13, SealKind.INVOICE, Design(NAME, "invoice", line="发票专用章", number=DEPARTMENT), (40, 30)),
        (14, SealKind.OTHER, Design(NAME, "foreign_invested", code="2199000000001"), (45, 30)),
        (15, SealKind.NAME, Design(NAME + "政府", "government", artwork=read_artwork(EMBLEM)), (45, 45)),
    ],
)
def test_seals_of_all_shapes_are_made(
    one_region: Region, number: int, kind: SealKind, design: Design, size: tuple[int, int]
) -> None:
    made = make_seal(one_region.room, SYSTEM, request(number, design, kind=kind))
    seal = read_seal(esl_of(one_region, made.code))
    assert (seal.picture.width, seal.picture.height) == size
    check_maker(seal)
    assert make_seal(one_region.room, SYSTEM, request(number, design, kind=kind)) == made
    with pytest.raises(CodeTaken):
        make_seal(one_region.room, SYSTEM, request(number, replace(design, code="1"), kind=kind))


def test_a_persons_name_stays_in_the_picture(one_region: Region) -> None:
    design = Design("王小明", "legal_representative", suffix="印")
    made = make_seal(one_region.room, SYSTEM, request(21, design, kind=SealKind.REPRESENTATIVE))
    assert made.name == "印川市数据局（法定代表人名章）"
    assert made.ring_text == "王**"
    octets = esl_of(one_region, made.code)
    assert "王小明".encode() not in octets
    with one_region.room.ground.db.read() as session:
        row = session.get_one(SealRow, made.id)
    assert "王小明" not in str(vars(row))
    assert recording.design_of(one_region.room, row) == Design.of(design.terms())


def test_a_token_keeps_its_key_and_nobody_stamps_for_it(one_region: Region) -> None:
    key = token_key(hostile_requests.GOOD.signed())
    assert key == TokenKey(TOKEN.spki)
    made = make_seal(one_region.room, SYSTEM, request(31, token=key))
    (certificate,) = made.certificates
    assert read_certificate(certificate).spki == TOKEN.spki
    # the holder can sign with the token, and the seal names that very certificate
    value = private_keys.sign(TOKEN, b"anything")
    assert oracles.gmssl_verifies(certificate, b"anything", value)
    assert read_seal(esl_of(one_region, made.code)).certificates == (certificate,)
    place = Placement(1, 100, 100)
    who = clerk(DEPARTMENT)
    with pytest.raises(SealOnToken):
        stamp_pdf(one_region.room, who, PdfOrder(papers.pdf(), made.id, place, one_region.key()))
    with pytest.raises(SealOnToken):
        stamp_pdf(one_region.room, who, PdfOrder(papers.pdf(), made.id, place, one_region.key(), (Suite.P256,)))
    with pytest.raises(SealOnToken):
        stamp_ofd(one_region.room, who, OfdOrder(papers.ofd(), made.id, place, one_region.key()))


def _certificate(region: Region, department: str, code: str) -> bytes:
    issued = issue(
        region.room.ca,
        SYSTEM,
        suite=Suite.SM2,
        profile="department-seal",
        subject=Subject(code, organization=f"{department}{NAME}"),
        spki=TOKEN.spki,
        request_key=f"test-token:{department}:{code}",
    )
    return issued.der


def test_a_certificate_on_a_token_is_taken_as_it_is(one_region: Region) -> None:
    certificate = _certificate(one_region, DEPARTMENT, "21990000009032")
    made = make_seal(one_region.room, SYSTEM, request(32, token=token_key(certificate)))
    assert made.certificates == (certificate,)


@pytest.mark.parametrize("case", ["other", "code", "foreign", "csr", "junk", "large"])
def test_a_key_that_is_not_the_departments_is_refused(one_region: Region, case: str) -> None:
    foreign = read_seal((Path(__file__).parents[3] / "shared/vectors/seal/UserV4.esl").read_bytes()).certificates[0]
    data = {
        "other": lambda: _certificate(one_region, OTHER, "21990000009033"),
        "code": lambda: _certificate(one_region, DEPARTMENT, "21990000009034"),
        "foreign": lambda: foreign,
        "csr": lambda: hostile_requests.GOOD.signed(private_keys.sign(hostile_requests.OTHER, b"x")),
        "junk": lambda: b"\x30\x03\x02\x01\x00",
        "large": lambda: b"\x30" * 40_000,
    }[case]()
    with pytest.raises(InvalidInput, match=r"seal\.token_key"):
        make_seal(one_region.room, SYSTEM, request(33, token=token_key(data)))


def test_settings_decide_what_a_request_leaves_open(one_region: Region, tmp_path: Path) -> None:
    (tmp_path / "emblem.svg").write_bytes(EMBLEM)
    ground = one_region.room.ground
    seal = ground.settings.seal.model_copy(
        update={"ses_version": 5, "cert_list": "digests", "emblem": tmp_path / "emblem.svg"}
    )
    settings = ground.settings.model_copy(update={"seal": seal})
    room = replace(one_region.room, ground=replace(ground, settings=settings))
    design = Design("印川市人民政府", "government")
    made = make_seal(room, SYSTEM, request(41, design))
    read = read_seal(esl_of(one_region, made.code))
    assert (read.version, read.list_type) == (5, CertificateList.DIGESTS)
    # asked again without the setting, the same words still find the same seal
    (tmp_path / "emblem.svg").unlink()
    with pytest.raises(InvalidInput, match=r"seal\.emblem_unreadable"):
        make_seal(room, SYSTEM, request(42, design))


def test_a_seal_of_an_earlier_release_is_found_again(one_region: Region) -> None:
    """Its row has no design, no structure and no list; the same request still means the same seal."""
    wanted = SealRequest(DEPARTMENT, NAME, "21990000009061", NAME, token=TokenKey(TOKEN.spki))
    made = make_seal(one_region.room, SYSTEM, wanted)
    older = update(SealRow).where(SealRow.id == made.id).values(picture=None, ses_version=None, cert_list=None)
    with one_region.room.ground.db.begin() as session:
        session.execute(older)
    assert make_seal(one_region.room, SYSTEM, wanted) == made
    with pytest.raises(CodeTaken):
        make_seal(one_region.room, SYSTEM, replace(wanted, ses_version=5))


def test_a_seal_of_digests_stamps(one_region: Region) -> None:
    """With a key of ours: the verifier finds the signer by its digest."""
    wanted = replace(request(51, ses_version=5, cert_list=CertificateList.DIGESTS), token=None)
    made = make_seal(one_region.room, SYSTEM, wanted)
    done = stamp_ofd(
        one_region.room, clerk(DEPARTMENT), OfdOrder(papers.ofd(), made.id, Placement(1, 100, 100), one_region.key())
    )
    report = judged(one_region, done.document)
    assert report.verdict is Verdict.GENUINE, [finding.code for finding in report.findings]

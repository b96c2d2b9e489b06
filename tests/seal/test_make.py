"""Making seals: the SESeal before other judges, one seal per code, nothing lost when the process dies."""

from __future__ import annotations

import io
from pathlib import Path
from threading import Barrier, Thread

import pytest
from lxml import etree
from PIL import Image
from sqlalchemy import func, select

from ca.chain import chain
from ca.reading import read_certificate
from foundation.audit.models import AuditRow
from foundation.errors import Forbidden, InvalidInput, YinxinError
from foundation.numbers import make_uscc
from foundation.principal import SYSTEM
from seal import find, pictures
from seal.errors import CodeTaken, SealUnknown
from seal.make import make_seal
from seal.models import SealRow
from seal.ofd.package import Package
from seal.ofd.sheets import OfdSheets
from seal.orders import SealKind, SealRecord, SealRequest
from seal.ses import Standard, read_seal
from tests.seal import oracles
from tests.seal.conftest import MARKET, TRANSPORT, Region, clerk

_OTHER = make_uscc("11", "219900", "MB100003")


def request(code: str, **changes: object) -> SealRequest:
    terms: dict[str, object] = {
        "department_uscc": _OTHER,
        "department_name": "印川市政务服务和大数据管理局",
        "code14": code,
        "ring_text": "印川市政务服务和大数据管理局",
        **changes,
    }
    return SealRequest(**terms)  # type: ignore[arg-type]


def test_the_seal_reads_back_and_its_maker_holds_for_openssl_and_gmssl(region: Region, tmp_path: Path) -> None:
    octets = pictures.esl(region.room, region.principal, region.seal_id)
    made = read_seal(octets)
    assert made.standard is Standard.GBT_38540_2020
    assert (made.version, made.es_id, made.name, made.type) == (4, "21990000000001", "印川市市场监督管理局", 1)
    assert (made.picture.type, made.picture.width, made.picture.height) == ("PNG", 42, 42)
    assert made.certificates == region.market.certificates
    assert made.signed == made.info
    assert made.deviations == ()
    assert oracles.openssl_sm2(tmp_path, made.maker_certificate, made.signed, made.signature)
    assert oracles.gmssl_verifies(made.maker_certificate, made.signed, made.signature)
    maker = read_certificate(made.maker_certificate)
    assert maker.not_before <= made.created, "the maker's certificate was valid when the seal was made"
    assert made.valid_from <= made.valid_until
    assert len(chain(region.room.ca, made.maker_certificate)) == 2


def test_both_certificates_name_the_department_and_the_code(region: Region) -> None:
    schemes = []
    for octets in region.market.certificates:
        certificate = read_certificate(octets)
        assert certificate.subject.common_name == "21990000000001"
        assert certificate.subject.organization == f"{MARKET}印川市市场监督管理局"
        schemes.append(certificate.scheme)
    assert len(set(schemes)) == 2


def test_pictures_are_the_seal(region: Region) -> None:
    with Image.open(io.BytesIO(pictures.png(region.room, region.principal, region.seal_id))) as image:
        assert image.size == (993, 993)
    svg = etree.fromstring(pictures.svg(region.room, region.principal, region.seal_id))
    assert svg.get("width") == "42mm"
    package = Package.read(pictures.ofd(region.room, region.principal, region.seal_id))
    assert OfdSheets.of(package).page(1).width == 42


def test_the_same_request_gives_the_same_seal(region: Region) -> None:
    wanted = SealRequest(MARKET, "印川市市场监督管理局", "21990000000001", "印川市市场监督管理局")
    assert make_seal(region.room, SYSTEM, wanted) == region.market
    with pytest.raises(CodeTaken):
        make_seal(region.room, SYSTEM, request("21990000000001"))


def test_threads_that_make_one_seal_at_once_make_one(region: Region) -> None:
    made: list[SealRecord] = []
    barrier = Barrier(4)

    def run() -> None:
        barrier.wait()
        made.append(make_seal(region.room, SYSTEM, request("21990000000031")))

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({record.id for record in made}) == 1
    assert len(made) == 4
    with region.room.ground.db.read() as session:
        assert session.scalar(select(func.count()).where(SealRow.code == "21990000000031")) == 1
        actions = session.scalars(
            select(AuditRow.action).where(AuditRow.object == f"seal:{made[0].id}").order_by(AuditRow.at)
        ).all()
    assert sorted(actions) == ["seal.make", "seal.make.record"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"code14": "123"}, "seal.code"),
        ({"code14": "2199000000000x"}, "seal.code"),
        ({"department_uscc": MARKET[:-1] + "0"}, "seal.department"),
        ({"department_name": "局"}, "seal.department_name"),
        ({"department_name": "印川市\U000e0041局"}, "seal.department_name"),
        ({"ring_text": "印"}, "seal.does_not_fit"),
        ({"ring_text": "印川市\u200b教育局\U000e0041"}, "seal.missing_glyph"),
    ],
)
def test_what_cannot_be_a_seal_leaves_no_record(one_region: Region, changes: dict[str, object], code: str) -> None:
    terms = {"code": "21990000000077", **changes}
    number = str(terms.pop("code14", terms.pop("code", None)) or "")
    with pytest.raises(InvalidInput) as caught:
        make_seal(one_region.room, SYSTEM, request(number, **terms))
    assert caught.value.code == code
    with one_region.room.ground.db.read() as session:
        assert session.scalar(select(func.count()).where(SealRow.code == number)) == 0


def test_a_business_seal_has_its_purpose_in_its_name(one_region: Region) -> None:
    made = make_seal(
        one_region.room,
        SYSTEM,
        request("21990000000041", kind=SealKind.BUSINESS, line_text="电子证照专用章", diameter=40.0),
    )
    assert made.name == "印川市政务服务和大数据管理局（电子证照专用章）"
    octets = pictures.esl(one_region.room, SYSTEM, made.id)
    assert (read_seal(octets).type, read_seal(octets).picture.width) == (1, 40)
    assert find.in_use(one_region.room, _OTHER, kind=SealKind.BUSINESS).id == made.id


def test_only_who_may_make_seals_makes_them(one_region: Region) -> None:
    with pytest.raises(Forbidden):
        make_seal(one_region.room, clerk(MARKET), request("21990000000099"))


def test_a_department_sees_its_own_seals_only(region: Region) -> None:
    assert [seal.code for seal in find.seals_of(region.room, TRANSPORT)] == ["21990000000002"]
    for look in (find.seal, pictures.svg, pictures.png, pictures.esl):
        with pytest.raises(SealUnknown):
            look(region.room, clerk(TRANSPORT), region.seal_id)


def test_a_seal_file_swapped_in_storage_is_noticed(one_region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    from seal.room import HeldSeals

    room = one_region.room
    fresh = type(room)(room.ground, room.keys, room.ca, HeldSeals())
    other = pictures.esl(room, clerk(TRANSPORT), one_region.transport.id)
    monkeypatch.setattr(type(room.ground.storage), "open", lambda _self, _key: other)
    with pytest.raises(YinxinError, match=r"seal\.file_damaged"):
        pictures.esl(fresh, one_region.principal, one_region.seal_id)

"""Seals through the real signer and verifier of a whole house: policies of making, verdicts of the exchange."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ca import crl
from ca.chain import authorities
from ca.hierarchy import establish
from foundation.errors import YinxinError
from foundation.numbers import make_uscc
from foundation.principal import SYSTEM
from foundation.settings import Settings
from hsm.keys import Purpose
from hsm.signing import ToBeSigned
from hsm.sm2 import Sm2PrivateKey, pkcs8_of_scalar
from seal import keeping
from seal.drawing.design import Design
from seal.management.direct import make_directly
from seal.models import SealRow
from seal.orders import SealRecord, SealRequest
from seal.ses import CertificateList, read_seal
from seal.ses_writing import SealContent, seal_info
from seal.tokens import TokenKey
from server.house import House, open_house

DEPARTMENT = make_uscc("11", "219900", "MB100021")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    settings = Settings(home=Path(tmp_path_factory.mktemp("exchange")), web={"rate_limits": False})
    with open_house(settings, upgrade=True) as opened:
        establish(opened.ca)
        for authority in authorities(opened.ca):
            crl.publish(opened.ca, authority.slug)
        yield opened


class _StoppedError(Exception):
    """The process ends between record and signature."""


def request(number: int) -> SealRequest:
    """With a key on a token, so that no RSA key has to be made."""
    key = Sm2PrivateKey.load(pkcs8_of_scalar(b"\x52" * 32))
    return SealRequest(
        DEPARTMENT,
        "印川市数据局",
        f"219900000091{number:02}",
        "印川市数据局",
        ses_version=5,
        cert_list=CertificateList.DIGESTS,
        token=TokenKey(key.spki),
        picture=Design("印川市数据局", "company_section", code="2199000000001", double_ring=True),
    )


def octets(house: House, made: SealRecord) -> bytes:
    with house.ground.db.read() as session:
        return keeping.file(house.seal, session.get_one(SealRow, made.id), "esl")


def test_what_we_make_is_genuine_to_the_exchange(house: House) -> None:
    made = octets(house, make_directly(house.seal, SYSTEM, request(1)))
    verdict = house.exchange.judge(made)
    assert verdict.verdict == "genuine", verdict.findings
    altered = made.replace("印川市".encode(), "印山市".encode(), 1)
    assert house.exchange.judge(altered).verdict == "not_genuine"
    assert house.exchange.judge(b"junk").verdict != "genuine"


def test_the_maker_signs_what_is_on_record_and_nothing_else(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    caught: list[tuple[str, SealContent]] = []

    def stop(_room: object, row: SealRow, content: SealContent, _by: object) -> bytes:
        caught.append((f"seal:{row.id}", content))
        raise _StoppedError

    with monkeypatch.context() as patch:
        patch.setattr("seal.make._sign", stop)
        with pytest.raises(_StoppedError):
            make_directly(house.seal, SYSTEM, request(2))
    ((intent, content),) = caught
    signer = house.hsm.keys.signer("seal/maker")
    for changed in (
        replace(content, version=4),
        replace(content, name="印川市财政局"),
        replace(content, es_id="21990000009103"),
        replace(content, created=content.created - timedelta(days=1)),
    ):
        with pytest.raises(YinxinError, match=r"hsm\."):
            signer.sign(ToBeSigned(Purpose.SEAL_MAKING, seal_info(changed), intent))
    # asked again after the crash, the same seal is finished
    made = octets(house, make_directly(house.seal, SYSTEM, request(2)))
    assert read_seal(made).info == seal_info(content)
    with pytest.raises(YinxinError, match=r"hsm\."):
        signer.sign(ToBeSigned(Purpose.SEAL_MAKING, seal_info(replace(content, certificates=(b"\x30\x00",))), intent))

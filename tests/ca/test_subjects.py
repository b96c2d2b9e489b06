"""Hostile names: whatever is typed, a certificate holds exactly it, or nothing is signed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ca.issue import Subject, issue
from ca.models import CaCertificate
from ca.names import read_name, write_name
from ca.prepare import prepare, wanted_from
from ca.profiles import CODE_SIGNER
from ca.reading import NO_IDENTITY, read_certificate
from ca.reading.certificate import read_tbs
from ca.suites import Suite
from foundation import der
from foundation.errors import InvalidInput
from foundation.principal import SYSTEM
from tests.ca.conftest import Region

HOSTILE = [
    "",
    " ",
    " 局",
    "局 ",
    "印川市\x00市场监督管理局",
    "印川市\n局",
    "印川市\r\nX-Injected: 1",
    "\x1b[31m局",
    "局\u202e局",  # right-to-left override
    "局\u200b局",  # zero width space
    "局\ufeff",
    "局\ue000局",  # private use
    "局\u2028局",
    "\ud800",  # half a surrogate pair
    "局" * 65,
    "x" * 100_000,
    "\x7f",
]
FINE = ["𠮷野家", "欧阳·买买提", 'O\'Brien, "Q" + <x>/CN=y', "Ⅻ局", "局🏛", "\U00031350印"]


def order(region: Region, subject: Subject, key: str) -> bytes:
    return issue(
        region.room,
        SYSTEM,
        suite=Suite.SM2,
        profile="code-signer",
        subject=subject,
        spki=region.key(Suite.SM2),
        request_key=key,
    ).der


def count(region: Region) -> int | None:
    with region.room.ground.db.read() as session:
        return session.scalar(select(func.count()).select_from(CaCertificate))


@pytest.mark.parametrize("field", ["common_name", "organization", "organizational_unit", "locality", "serial_number"])
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:20])
def test_hostile_text_is_refused_and_leaves_nothing(region: Region, field: str, text: str) -> None:
    if field == "locality" and text == "局" * 65:
        text = "局" * 129  # its upper bound is 128
    before = count(region)
    subject = Subject(**{"common_name": "码", "organization": "局", field: text})
    with pytest.raises(InvalidInput):
        order(region, subject, f"hostile-{region.room.ground.ids.token()}")
    assert count(region) == before


@pytest.mark.parametrize("country", ["", "C", "CHN", "cn", "中国", "C\x00", "1N"])
def test_countries_are_two_capital_letters(region: Region, country: str) -> None:
    with pytest.raises(InvalidInput):
        order(region, Subject("码", "局", country=country), f"country-{region.room.ground.ids.token()}")


@pytest.mark.parametrize("text", FINE)
def test_unusual_but_honest_names_come_back_whole(region: Region, text: str) -> None:
    made = read_certificate(order(region, Subject(text, "局"), f"fine-{region.room.ground.ids.token()}"))
    assert made.subject.attributes == (("2.5.4.6", "CN"), ("2.5.4.10", "局"), ("2.5.4.3", text))


def test_naughty_strings_are_whole_or_refused(region: Region, vectors: Path) -> None:
    """Through template and lints, as every order goes; whether the database holds them is asked above."""
    authority, key = region.room.authority("sm2-issuing"), region.key(Suite.SM2)
    whole, refused = 0, 0
    for text in json.loads((vectors / "naughty-strings.json").read_text()):
        try:
            wanted = wanted_from(authority, CODE_SIGNER, Subject(text, "局"), key, NO_IDENTITY, "naughty")
            made = read_tbs(prepare(region.room, wanted, region.clock.now()).tbs)
        except InvalidInput:
            refused += 1
            continue
        assert made.subject.common_name == text
        whole += 1
    assert whole > 100
    assert refused > 100


@settings(max_examples=300, deadline=None)
@given(st.text(), st.text(max_size=20))
def test_a_name_is_read_as_it_was_written(common_name: str, organization: str) -> None:
    try:
        written = write_name(Subject(common_name, organization))
    except InvalidInput:
        assert any(0xD800 <= ord(char) <= 0xDFFF for char in common_name + organization)
        return
    read = read_name(der.parse(written))
    assert (read.common_name, read.organization, read.raw) == (common_name, organization, written)

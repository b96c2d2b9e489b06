"""Messages: what goes in comes out, and nothing else is taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsm.keys import Algorithm, KeyRef, Purpose
from hsm.service import messages as m
from hsm.service.coding import decode, encode
from hsm.service.errors import BadMessage
from hsm.service.table import TABLE


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Inner:
    name: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class Outer:
    number: int
    yes: bool
    colour: Colour
    colours: frozenset[Colour]
    inner: Inner | None
    several: tuple[Inner, ...]
    at: datetime
    identifier: UUID


inners = st.builds(Inner, st.text(), st.binary())
outers = st.builds(
    Outer,
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.sampled_from(Colour),
    st.frozensets(st.sampled_from(Colour)),
    st.none() | inners,
    st.lists(inners, max_size=4).map(tuple),
    st.datetimes(timezones=st.just(UTC)),
    st.uuids(),
)


@given(outers)
def test_what_goes_in_comes_out(message: Outer) -> None:
    assert decode(Outer, encode(message)) == message


@given(st.binary(max_size=200))
def test_any_octets_are_a_message_or_refused(octets: bytes) -> None:
    for kind in (Outer, m.SignCertificate, m.GenerateKey, m.Found):
        try:
            found = decode(kind, octets)
        except BadMessage:
            continue
        assert encode(found) == octets, "one message, one spelling"


@given(outers, st.data())
def test_a_message_cut_or_lengthened_is_refused(message: Outer, data: st.DataObject) -> None:
    octets = encode(message)
    cut = data.draw(st.integers(0, len(octets) - 1))
    for wrong in (octets[:cut], octets + b"\x00"):
        with pytest.raises(BadMessage):
            decode(Outer, wrong)


def test_a_length_beyond_the_message_costs_nothing() -> None:
    with pytest.raises(BadMessage):
        decode(m.Names, b"\xff\xff\xff\xff")
    with pytest.raises(BadMessage):
        decode(m.Signed, b"\xff\xff\xff\xff" + bytes(10))


def test_a_key_travels_whole() -> None:
    ref = KeyRef("ca/root", 3, Algorithm.SM2, frozenset({Purpose.CRL, Purpose.CERTIFICATE}), b"spki")
    assert decode(m.Found, encode(m.Found(ref))).ref == ref


def test_every_purpose_has_its_own_request_and_nobody_asks_to_sign_a_hash() -> None:
    inside_only = {Purpose.KEY_CENTRE}
    assert set(m.SIGNING) == set(Purpose) - inside_only
    assert len(set(m.SIGNING.values())) == len(m.SIGNING)
    names = [operation.name for operation in TABLE]
    assert not [name for name in names if "hash" in name or "digest" in name or name in ("sign", "sign.any")]

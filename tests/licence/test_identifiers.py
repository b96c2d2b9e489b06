"""电子证照标识: public vectors (facts/standards §5.2) and what must be refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.identifiers import BadIdentifier, Identifier, parse

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

VECTORS = (
    ("11100000MB03271699022.340100.000000016.001", "9"),
    ("11100000MB0143028R001.11440000000000000X.0000000001.001", "M"),
    ("11100000000013127D001.370100.2026000001.001", "V"),
)


@pytest.mark.parametrize(("body", "check"), VECTORS)
def test_public_vectors_are_reproduced(body: str, check: str) -> None:
    text = f"1.2.156.3005.2.{body}.{check}"
    identifier = parse(text)
    assert identifier.check == check
    assert str(identifier) == text


@pytest.mark.parametrize(
    "text",
    [
        "1.2.156.3003.2.11100000MB03271699022.340100.000000016.001.9",
        "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.8",
        "1.2.156.3005.2.11100000MB03271699022.340100.000000016.1.9",
        "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001",
        "1.2.156.3005.2.11100000MB03271698022.340100.000000016.001.9",
        "1.2.156.3005.2.11100000MB03271699022.34010.000000016.001.9",
        "1.2.156.3005.2.11100000MB03271699022.340100.00000o016.001.9",
        "1.2.156.3005.2.11100000MB03271699022.340100.000000016.00१.9",
        "",
        "x" * 5000,
    ],
)
def test_wrong_root_shape_and_check_are_refused(text: str) -> None:
    with pytest.raises(BadIdentifier):
        parse(text)


@given(st.text(ALPHABET, min_size=20, max_size=20), st.integers(0, 19), st.integers(1, 35))
def test_any_single_wrong_character_is_caught(serial: str, at: int, shift: int) -> None:
    good = str(Identifier("11100000MB0143028R001", "219900", serial))
    wrong = ALPHABET[(ALPHABET.index(serial[at]) + shift) % 36]
    bad = good.replace(serial, serial[:at] + wrong + serial[at + 1 :], 1)
    with pytest.raises(BadIdentifier):
        parse(bad)


def test_a_change_counts_the_version_up_and_keeps_the_rest() -> None:
    first = Identifier("11100000MB0143028R001", "219900", "A" * 20)
    assert parse(str(first.next_version())) == Identifier("11100000MB0143028R001", "219900", "A" * 20, 2)
    with pytest.raises(BadIdentifier):
        Identifier("11100000MB0143028R001", "219900", "A" * 20, 999).next_version()

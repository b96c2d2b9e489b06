"""Check characters against public samples and `python-stdnum`."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from foundation.masking import mask_id_number, mask_name, mask_text
from foundation.numbers import citizen_number_check, is_citizen_number, is_uscc, make_uscc, mod37_36_check


def test_public_samples() -> None:
    assert is_citizen_number("11010519491231002X")
    assert not is_citizen_number("110105194912310021")
    assert not is_citizen_number("11010519490231002X")
    assert is_uscc("11100000MB0143028R")
    assert not is_uscc("11100000MB0143028Q")


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("11100000MB03271699022.340100.000000016.001", "9"),
        ("11100000MB0143028R001.11440000000000000X.0000000001.001", "M"),
        ("11100000000013127D001.370100.2026000001.001", "V"),
    ],
)
def test_mod_37_36_of_standards_5_2(text: str, check: str) -> None:
    assert mod37_36_check(text) == check


@given(st.dates(min_value=date(1900, 1, 1)), st.integers(0, 999))
def test_citizen_numbers_agree_with_stdnum(born: object, order: int) -> None:
    first17 = f"110105{born:%Y%m%d}{order:03}"
    assert ric.calc_check_digit(first17 + "0") == citizen_number_check(first17)


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8))
def test_uscc_agrees_with_stdnum(organisation: str) -> None:
    code = make_uscc("11", "219900", organisation)
    assert is_uscc(code)
    assert uscc.calc_check_digit(code[:17]) == code[17]


def test_masking_keeps_what_recognises_and_hides_the_rest() -> None:
    assert mask_id_number("219901199001011237") == "2199**********1237"
    assert mask_name("张三") == "张*"
    assert mask_name("欧阳修文") == "欧**文"
    assert mask_text("证件219901199001011237，手机13812345678。") == "证件2199**********1237，手机138****5678。"
    assert mask_text("0f8219901199001011237") == "0f8219901199001011237"  # inside a longer token: not a number

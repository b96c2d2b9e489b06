"""The three types, and the one door their data comes through."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_10

from foundation import fonts
from foundation.errors import InvalidInput
from foundation.numbers import is_citizen_number, is_uscc
from licence import samples
from licence.catalogue import catalogue, complete, last_day, licence_type, validate
from licence.face import capital_amount
from licence.kinds import BadValue, clean, day, money, name
from licence.numbering import mod11_10_check

GOOD = {slug: samples.rows(slug)[0] for slug in samples.MAKERS}


def faults(slug: str, **changes: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        validate(licence_type(slug), GOOD[slug] | changes)
    assert refused.value.code == "licence.data"
    return {fault.pointer: fault.detail.zh for fault in refused.value.faults}


def test_the_national_type_codes() -> None:
    codes = {kind.slug: kind.code21 for kind in catalogue().values()}
    assert codes["business-licence"] == "11100000MB0143028R001"
    assert codes["road-transport"] == "11100000000019713D008"
    assert codes["food-operation"][:18] == "11100000MB0143028R"
    assert all(is_uscc(code[:18]) for code in codes.values())


def test_a_type_is_found_by_slug_and_by_code() -> None:
    for kind in catalogue().values():
        assert licence_type(kind.slug) is licence_type(kind.code21) is kind


@pytest.mark.parametrize("slug", samples.MAKERS)
def test_the_printed_code_carries_only_what_the_face_shows(slug: str) -> None:
    kind = licence_type(slug)
    shown = {key for item in kind.layout.printed for key in item.keys}
    assert set(kind.code_fields) - {"number"} <= shown


@pytest.mark.parametrize("slug", samples.MAKERS)
def test_the_seal_and_the_code_stand_on_the_page(slug: str) -> None:
    layout = licence_type(slug).layout
    place = layout.seal_place
    assert place.page == 1
    assert 38 < place.x_mm < layout.width - 38
    assert 38 < place.y_mm < layout.height - 38
    assert layout.code.size >= 0.40 * 73


@pytest.mark.parametrize("slug", samples.MAKERS)
def test_all_sample_rows_are_good_and_normalising_is_stable(slug: str) -> None:
    kind = licence_type(slug)
    for row in samples.rows(slug):
        once = complete(kind, validate(kind, row), date(2026, 11, 22))
        assert validate(kind, once) == once


def test_the_committed_samples_are_what_the_script_makes() -> None:
    for file, data in samples.files().items():
        assert (samples.FOLDER / file).read_bytes() == data


def test_sample_people_and_firms_are_nobody() -> None:
    for slug in samples.MAKERS:
        for row in samples.rows(slug):
            code = row["holder_code"]
            assert code.startswith("219901") if is_citizen_number(code) else code[2:8] == "219900"


def test_every_faulty_row_is_refused_for_its_fault_only() -> None:
    kind = licence_type("food-operation")
    first, *bad = samples.faulty_rows()
    for row in (first, *bad[-2:]):
        validate(kind, row)
    for row, (key, _, why) in zip(bad[:-2], samples.FAULTS, strict=True):
        with pytest.raises(InvalidInput) as refused:
            complete(kind, validate(kind, row), date(2026, 11, 22))
        assert [fault.pointer for fault in refused.value.faults] == [f"/data/{key}"], why


def test_every_bad_field_is_named_at_once() -> None:
    found = faults("food-operation", holder_name="", holder_code="1", valid_to="2024-02-30", colour="红")
    assert set(found) == {"/data/holder_name", "/data/holder_code", "/data/valid_to", "/data/colour"}


def test_a_character_without_a_glyph_is_named_with_its_code_point() -> None:
    assert "“😀” (U+1F600)" in faults("business-licence", holder_name="印川市😀公司")["/data/holder_name"]
    assert "U+2EBF0" in faults("business-licence", legal_representative="李\U0002ebf0")["/data/legal_representative"]


@pytest.mark.parametrize("char", ["\u0000", "\u202e", "\u200b", "\ufeff", "\u2028", "\n", "\u0301", "\ud800"])
def test_what_cannot_be_seen_is_refused(char: str) -> None:
    assert "/data/address" in faults("business-licence", address=f"印川市{char}平安路")


@pytest.mark.parametrize("value", [5, None, [], {"a": 1}, True])
def test_anything_but_text_is_refused(value: object) -> None:
    assert "/data/address" in faults("business-licence", address=value)


def test_dates_out_of_order_are_refused() -> None:
    assert "/data/valid_to" in faults("road-transport", valid_from="2026-01-02", valid_to="2026-01-01")
    kind = licence_type("business-licence")
    with pytest.raises(InvalidInput) as refused:
        complete(kind, validate(kind, GOOD["business-licence"] | {"established_on": "2027-01-01"}), date(2026, 11, 22))
    assert refused.value.faults[0].pointer == "/data/established_on"


def test_validity_follows_from_the_day_of_issue() -> None:
    kind = licence_type("food-operation")
    data = validate(kind, GOOD["food-operation"] | {"valid_to": ""})
    assert complete(kind, data, date(2024, 3, 10))["valid_to"] == "2029-03-09"
    assert last_day(date(2024, 2, 29), 5) == date(2029, 2, 28)
    assert last_day(date(2024, 2, 29), 4) == date(2028, 2, 28)
    assert last_day(date(2024, 1, 1), 1) == date(2024, 12, 31)


def test_text_is_brought_to_one_form() -> None:
    assert clean("  ⾦⼭e\u0301 ") == "金山é"
    assert name("买买提 • 艾力".replace(" ", "")) == "买买提·艾力"
    assert day("2024年5月6日") == day("２０２４－０５－０６") == date(2024, 5, 6)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("500万元", "5000000"),
        ("5,000,000.00", "5000000"),
        ("人民币1.5亿元", "150000000"),
        ("０．５０元", "0.5"),
        ("0", "0"),
    ],
)
def test_money_is_stored_in_yuan(typed: str, stored: str) -> None:
    assert money(typed) == stored


@pytest.mark.parametrize("typed", ["-1", "1.234", "1e9", "五百万", "1000000000000", "NaN", "万", "1,000美元"])
def test_money_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(BadValue):
        money(typed)


@pytest.mark.parametrize(
    ("yuan", "capitals"),
    [
        ("5000000", "伍佰万元整"),
        ("100010000", "壹亿零壹万元整"),
        ("1001", "壹仟零壹元整"),
        ("10500000", "壹仟零伍拾万元整"),
        ("20.03", "贰拾元零叁分"),
        ("0.5", "伍角整"),
        ("0", "零元整"),
        ("1234567.5", "壹佰贰拾叁万肆仟伍佰陆拾柒元伍角整"),
    ],
)
def test_capital_amounts(yuan: str, capitals: str) -> None:
    assert capital_amount(Decimal(yuan)) == capitals


@given(st.text("0123456789", min_size=1, max_size=20))
def test_check_digit_agrees_with_stdnum(digits: str) -> None:
    assert mod11_10_check(digits) == mod_11_10.calc_check_digit(digits)


def test_licence_numbers() -> None:
    food, road = licence_type("food-operation"), licence_type("road-transport")
    data = validate(food, GOOD["food-operation"])
    number = food.number_rule.make(data, "219900", 42)
    assert number[:2] == "JY"
    assert number[3:9] == "219900"
    assert len(number) == 16
    food.number_rule.verify(number)
    with pytest.raises(InvalidInput):
        food.number_rule.verify(number[:-1] + str((int(number[-1]) + 1) % 10))
    assert food.number_rule.series(data, "219900") != food.number_rule.series(
        data | {"business_form": "食品销售经营者"}, "219900"
    )
    assert road.number_rule.make({}, "219900", 7) == "219900000007"
    business = licence_type("business-licence")
    assert business.number_rule.series(GOOD["business-licence"], "219900") is None
    assert business.number_rule.make(GOOD["business-licence"], "", 0) == GOOD["business-licence"]["holder_code"]


def test_fonts_hold_gb2312_and_the_rare_characters_of_names() -> None:
    for row in range(0xB0, 0xF8):
        text = b"".join(bytes((row, cell)) for cell in range(0xA1, 0xFF)).decode("gb2312", "ignore")
        for file in ("serif", "serif-bold", "sans"):
            assert all(ord(char) in fonts.coverage(fonts.path(file)) for char in text)
    assert fonts.missing("䶮𬭎㛃𤧛堃喆犇㵾𣲗𬱖㭎鹔") == []
    assert fonts.missing("印\t川😀") == ["\t", "😀"]

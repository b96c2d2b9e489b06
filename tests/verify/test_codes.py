"""Printed codes: the committed vectors, altered codes, and texts that are no codes at all."""

from __future__ import annotations

import base64
import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ca.reading import read_certificate
from foundation.errors import InvalidInput, YinxinError
from tests.limits import calls
from tests.verify import make_code_vectors as vectors
from verify import base41, cbor, codes
from verify.code_errors import CodeError, CodeFault
from verify.code_templates import CodeTemplate, TemplateField, build_dictionary

DOCUMENT = json.loads(vectors.PLACE.read_text())


def code_trust() -> codes.CodeTrust:
    keys = []
    for entry in DOCUMENT["keys"]:
        certificate = read_certificate(base64.b64decode(entry["certificate"]))
        keys.append(
            codes.CodeKey(
                certificate.der,
                certificate.spki,
                certificate.subject.text,
                certificate.not_before,
                certificate.not_after,
            )
        )
    return codes.CodeTrust(tuple(keys), tuple(CodeTemplate.from_json(t) for t in DOCUMENT["templates"]))


TRUST = code_trust()


@pytest.mark.parametrize("case", DOCUMENT["cases"], ids=lambda case: case["name"])
def test_committed_vectors(case: dict) -> None:
    """Made by gmssl; the browser's decoder is held against the same file."""
    if case["result"] == "ok":
        checked = codes.check(codes.read(case["text"]), TRUST)
        assert dict(checked.values) == case["values"]
        assert checked.expires_on == date(2031, 11, 21)
        if "to_be_signed" in case:
            assert checked.parsed.to_be_signed.hex() == case["to_be_signed"]
            assert checked.parsed.status_index == case["status_index"]
            assert checked.parsed.issued_on.isoformat() == case["issued_on"]
        return
    with pytest.raises(CodeError) as caught:
        codes.check(codes.read(case["text"]), TRUST)
    assert caught.value.fault.value == case["result"]


def test_committed_vectors_are_what_the_script_makes() -> None:
    made = vectors.build()
    assert made["keys"] == DOCUMENT["keys"]
    assert made["templates"] == DOCUMENT["templates"]
    assert [c["name"] for c in made["cases"]] == [c["name"] for c in DOCUMENT["cases"]]


def test_every_single_character_change_is_refused() -> None:
    good = DOCUMENT["cases"][0]["text"]
    start = good.index("#") + 1
    for at in range(start, len(good)):
        other = "1" if good[at] == "0" else "0"
        with pytest.raises(CodeError):
            codes.check(codes.read(good[:at] + other + good[at + 1 :]), TRUST)


def test_a_revoked_code_key_is_refused_even_for_old_codes() -> None:
    """Whoever stole the key can write any day of issue."""
    key = TRUST.keys[0]
    revoked = codes.CodeKey(key.certificate, key.spki, key.subject, key.not_before, key.not_after, key.not_after)
    with pytest.raises(CodeError) as caught:
        codes.check(codes.read(DOCUMENT["cases"][0]["text"]), codes.CodeTrust((revoked,), TRUST.templates))
    assert caught.value.fault is CodeFault.KEY_NOT_VALID


def test_another_key_with_the_same_kid_does_not_hide_the_right_one() -> None:
    """Eight octets can collide; the right key must be found wherever it stands."""
    key = TRUST.keys[0]

    class Twin(codes.CodeKey):
        @property
        def kid(self) -> bytes:
            return key.kid

    other = Twin(b"x", pki_spki(), "twin", key.not_before, key.not_after)
    checked = codes.check(codes.read(DOCUMENT["cases"][0]["text"]), codes.CodeTrust((other, key), TRUST.templates))
    assert checked.key is key


def pki_spki() -> bytes:
    from tests.verify import pki

    return pki.key("twin").spki


@given(st.binary(max_size=300))
def test_base41_round_trip(data: bytes) -> None:
    assert base41.decode(base41.encode(data)) == data


@given(st.text(base41.ALPHABET, max_size=60))
def test_base41_has_one_text_for_each_octet_string(text: str) -> None:
    try:
        data = base41.decode(text)
    except base41.NotBase41:
        return
    assert base41.encode(data) == text


@given(st.text(max_size=400) | st.text(base41.ALPHABET + "#", max_size=400))
@settings(max_examples=400)
def test_any_text_is_read_or_refused_by_name(text: str) -> None:
    faults = []
    try:
        codes.read(text)
    except CodeError as error:
        faults.append(error.fault)
    assert set(faults) <= {CodeFault.UNREADABLE, CodeFault.UNKNOWN_FORMAT}


@given(st.binary(max_size=200))
@settings(max_examples=400)
def test_any_octets_are_read_or_refused_by_name(data: bytes) -> None:
    with pytest.raises(CodeError):
        codes.read("HTTPS://A/V#" + base41.encode(data))


_VALUES = st.recursive(
    st.integers(-(2**63), 2**63) | st.binary(max_size=20) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(-9, 99), inner, max_size=3),
    max_leaves=6,
)


@given(_VALUES)
def test_cbor_round_trip(value: object) -> None:
    encoded = cbor.encode(value)  # type: ignore[arg-type]
    try:
        decoded = cbor.decode(encoded)
    except cbor.CborError as error:
        decoded = str(error)
    assert decoded in (value, "too deep")


@given(st.binary(max_size=60))
@settings(max_examples=500)
def test_cbor_accepts_only_the_one_spelling(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except cbor.CborError:
        return
    assert cbor.encode(value) == data


@pytest.mark.parametrize(
    "hostile",
    [
        "9f" * 60,
        "81" * 60,
        "9b00ffffffffffffff",
        "5bffffffffffffffff",
        "c074",
        "f5",
        "1800",
        "a2020001 00",
        "a20100 0100",
    ],
)
def test_hostile_cbor_is_refused(hostile: str) -> None:
    with pytest.raises(cbor.CborError):
        cbor.decode(bytes.fromhex(hostile.replace(" ", "")))


def test_fields_that_cannot_be_printed_are_refused() -> None:
    template = TRUST.templates[0]
    with pytest.raises(InvalidInput, match="code_fields"):
        codes.prepare(template, {"ZZBH": "1"}, 1, date(2026, 1, 1), kid=bytes(8))
    with pytest.raises(InvalidInput, match="code_fields"):
        codes.prepare(template, vectors.VALUES | {"DZ": "甲\x1f乙"}, 1, date(2026, 1, 1), kid=bytes(8))
    with pytest.raises(InvalidInput, match="code_fields"):
        codes.prepare(template, vectors.VALUES | {"DZ": "字" * 5000}, 1, date(2026, 1, 1), kid=bytes(8))


def test_rare_characters_survive() -> None:
    """GB 18030 names: four-octet characters and those outside the basic plane."""
    values = vectors.VALUES | {"CZZT": "䶮𠮷㛃𪚥·é"}
    template = TRUST.templates[0]
    draft = codes.prepare(template, values, 0, vectors.ISSUED, kid=TRUST.keys[0].kid)
    text = codes.assemble(draft, vectors.sign(draft.to_be_signed, 77), base_url="https://yz.example.gov.cn")
    assert codes.check(codes.read(text), TRUST).values["CZZT"] == values["CZZT"]
    assert codes.read(text).base == "HTTPS://YZ.EXAMPLE.GOV.CN"


def test_template_files_round_trip_and_name_damage() -> None:
    template = TRUST.templates[0]
    assert CodeTemplate.from_json(json.loads(template.file_bytes())) == template
    damaged = template.to_json() | {"dictionary": base64.b64encode(b"other words").decode()}
    with pytest.raises(YinxinError) as caught:
        CodeTemplate.from_json(damaged)
    assert caught.value.code == "verify.template_damaged"
    with pytest.raises(YinxinError):
        CodeTemplate("x", 1, "t", "n", "n", (TemplateField("a", "a", "a"), TemplateField("a", "a", "a")), b"")


def test_a_dictionary_saves_room() -> None:
    samples = [f"印川市新城区玉印路{n}号 热食类食品制售；冷食类食品制售" for n in range(60)]
    template = TRUST.templates[0]
    plain = CodeTemplate("plain", 1, "t", "n", "n", template.fields, b"")
    trained = CodeTemplate("plain", 1, "t", "n", "n", template.fields, build_dictionary(samples))
    values = vectors.VALUES | {"DZ": "印川市新城区玉印路七百号", "JYXM": "冷食类食品制售"}
    sizes = [len(codes.prepare(t, values, 1, vectors.ISSUED, kid=bytes(8)).payload) for t in (plain, trained)]
    assert sizes[1] <= sizes[0] - 25


def test_a_code_is_checked_with_little_work() -> None:
    """Calls: twice what they are now. Seconds are measured by `bench`."""
    text = DOCUMENT["cases"][0]["text"]
    codes.check(codes.read(text), TRUST)
    assert calls(lambda: codes.check(codes.read(text), TRUST)) < 1000

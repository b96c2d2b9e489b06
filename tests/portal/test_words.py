"""Every sentence has its English, and nothing on a page slips past the catalogue (双语)."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo

from licence.catalogue import catalogue
from verify.code_answers import ANSWERS
from verify.code_errors import CodeFault
from verify.status import LicenceState

ROOT = Path(__file__).resolve().parents[2]
tool = runpy.run_path(str(ROOT / "tools" / "make_messages.py"))
HAN = re.compile(r"[\u3400-\u9fff]")
SPOKEN = {
    "JSON", "OIDC", "nonce", "token", "UUID", "HTTP ", "COSE", "CBOR", "base41", "令牌", "证书链", "payload", "scope",
}  # fmt: skip
"""Our words, not those of the person who reads the page."""


def test_no_sentence_lacks_its_english() -> None:
    known = {message.id: message.string for message in tool["catalogue"]() if message.id}
    missing = [text for text in tool["said"]() if not known.get(text)]
    assert missing == []


def test_the_catalogue_says_nothing_that_no_page_says() -> None:
    known = {message.id for message in tool["catalogue"]() if message.id}
    assert known == set(tool["said"]())


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    with (tool["FOLDER"] / "messages.mo").open("rb") as file:
        compiled = {message.id: message.string for message in read_mo(file) if message.id}
    assert compiled == {message.id: message.string for message in tool["catalogue"]() if message.id}


def test_placeholders_survive_translation() -> None:
    for message in tool["catalogue"]():
        if message.id:
            assert sorted(re.findall(r"%\(\w+\)s", message.id)) == sorted(re.findall(r"%\(\w+\)s", message.string))


@pytest.mark.parametrize("path", sorted((ROOT / "portal" / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_templates_hold_no_chinese_outside_the_catalogue(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for pattern in (r"\{#.*?#\}", r"_\((\"[^\"]*\"|'[^']*')", r'lang="zh-CN"[^>]*>[^<]*<'):
        text = re.sub(pattern, "", text, flags=re.DOTALL)
    assert [line.strip() for line in text.splitlines() if HAN.search(line) and "：</span>" not in line] == []


@pytest.mark.parametrize("path", sorted((ROOT / "portal" / "static" / "js").glob("*.js")), ids=lambda path: path.name)
def test_scripts_hold_no_words_for_people(path: Path) -> None:
    code = re.sub(r"//[^\n]*|/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    if path.name == "code.js":
        code = re.sub(r"/\^.*\$/", "", code)  # the date of a licence is written 2031年11月21日
    assert not HAN.search(code)


def test_plain_words_only() -> None:
    for message in tool["catalogue"]():
        if message.id:
            assert not [word for word in SPOKEN if word in message.id or word in message.string], message.id


def test_every_outcome_of_a_code_has_its_answer() -> None:
    keys = {answer.key for answer in ANSWERS}
    assert {fault.value for fault in CodeFault} <= keys
    assert {state.value for state in LicenceState} <= keys
    assert {"offline", "unregistered", "no_trust"} <= keys


def test_offline_is_never_green() -> None:
    assert {answer.key for answer in ANSWERS if answer.verdict == "genuine"} == {"valid"}


def test_every_field_of_every_type_has_an_english_label() -> None:
    for kind in catalogue().values():
        assert not HAN.search(kind.name_en)
        assert not [spec.key for spec in kind.fields if HAN.search(spec.label_en) or not spec.label_en]

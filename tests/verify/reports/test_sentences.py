"""One source of words: every outcome has its sentence, in both languages, and nobody calls an unsound seal valid."""

from __future__ import annotations

import re

import pytest

from tests.verify.conftest import Sealed
from tests.verify.reports.samples import CASES, sample
from verify.indications import FAILED_SUBS, Indication, Sub, indication_of
from verify.report import Verdict
from verify.safe_text import clean
from verify.sentences import INDICATIONS, KINDS, REASONS, VERDICTS, sentence
from verify.words import _WORDS

CHINESE = re.compile(r"[\u4e00-\u9fff]")
JARGON = re.compile(r"\b(CMS|POE|EKU|nonce|OIDC|CRL|OCSP|DER)\b")


@pytest.mark.parametrize("sub", Sub)
def test_every_sub_indication_has_a_clerks_sentence(sub: Sub) -> None:
    why = REASONS[sub]
    assert CHINESE.search(why.zh)
    assert not CHINESE.search(why.en)
    assert why.zh.endswith("。")
    assert why.en.endswith(".")
    assert not JARGON.search(why.zh + why.en)
    assert len(why.zh) <= 60
    failed = indication_of(sub) is Indication.FAILED
    assert failed == (sub in FAILED_SUBS)
    if sub in FAILED_SUBS - {Sub.FORMAT_FAILURE}:
        assert "不要采信" in why.zh  # decided against: no "ask again later"


def test_tables_are_complete_and_say_different_things() -> None:
    assert set(INDICATIONS) == set(Indication)
    assert set(VERDICTS) == set(Verdict)
    assert set(REASONS) == set(Sub)
    assert len({why.zh for why in REASONS.values()}) == len({why.en for why in REASONS.values()}) == len(Sub)


def test_findings_speak_both_languages() -> None:
    for code, (_, zh, en) in _WORDS.items():
        assert CHINESE.search(zh), code
        assert not CHINESE.search(en), code


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_sound_is_called_valid(kind: str) -> None:
    for sub in (None, *Sub):
        for sound in (True, False):
            said = sentence(kind, sub, sound=sound, signer="某局", at=None, proved=False)
            assert ("：有效" in said.zh) == (": valid" in said.en) == (sub is None and sound)
            assert said.zh.startswith(KINDS[kind].zh)


@pytest.mark.parametrize("name", CASES)
def test_json_and_report_agree(name: str) -> None:
    report = sample(name).report
    told = report.to_json()
    assert told["summary_zh"].startswith(VERDICTS[report.verdict].zh[:4])
    for signature, said in zip(report.signatures, told["signatures"], strict=True):
        assert said["sentence_zh"] == signature.sentence.zh == clean(signature.sentence.zh, 5000)


# --- the tree --------------------------------------------------------------------------------------------------------


def test_who_covers_whom() -> None:
    first, second = sample("pdf-two").report.signatures
    assert (first.covers, second.covers) == ((), ("Seal1",))
    signer, counter = sample("cms").report.signatures
    assert (signer.parent, counter.parent, counter.covers) == (None, signer.name, (signer.name,))


def test_a_second_seal_covers_the_first_in_our_own_files(sealed: Sealed) -> None:
    names = [(one.name, one.covers) for one in sealed.judge(sealed.dual).signatures]
    assert names == [("Seal1", ()), ("Seal2", ("Seal1",))]

"""The browser's answers about codes say what the verifier says: same verdicts, same sentences, no code without one."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from verify import words
from verify.code_answers import ANSWERS
from verify.code_errors import CodeError, CodeFault
from verify.code_judge import judge_text
from verify.code_trust import KnownKeys
from verify.codes import CodeTrust
from verify.report import Severity, Verdict
from verify.sentences import VERDICTS
from verify.status import LicenceState

BY_KEY = {one.key: one for one in ANSWERS}


@pytest.mark.parametrize("fault", list(CodeFault))
def test_a_fault_is_told_in_the_verifiers_words(fault: CodeFault) -> None:
    answer = BY_KEY[fault.value]
    assert answer.text == CodeError(fault, "why").detail
    assert answer.verdict is not Verdict.GENUINE


@pytest.mark.parametrize("state", list(LicenceState))
def test_a_state_is_told_in_the_verifiers_words(state: LicenceState) -> None:
    answer, told = BY_KEY[state.value], words.finding(f"licence.{state.value}", "2026-11-23")
    without = (told.text.zh.replace("（2026-11-23）", "").replace("（2026-11-23 查询）", ""),
               told.text.en.replace(" (2026-11-23)", "").replace(" (asked 2026-11-23)", ""))  # fmt: skip
    assert without[0] in answer.text.zh
    assert without[1] in answer.text.en
    assert (answer.verdict is Verdict.GENUINE) == (told.severity is Severity.INFO)


@pytest.mark.parametrize("key", BY_KEY)
def test_every_heading_begins_with_the_verdict_of_the_reports(key: str) -> None:
    answer = BY_KEY[key]
    said = VERDICTS[answer.verdict]
    assert answer.heading.zh.startswith(said.zh.rstrip("。"))
    assert answer.heading.en.startswith(said.en.rstrip("."))
    assert not re.search(r"[{}]", answer.text.zh + answer.text.en)
    assert not re.search(r"[\u3400-\u9fff]", answer.heading.en + answer.text.en)


def test_the_verifier_says_so_too_of_a_text_that_is_no_code() -> None:
    known = KnownKeys(CodeTrust(), {})
    _, found, _ = judge_text("no code at all", known, datetime(2026, 11, 23, tzinfo=UTC), None)
    assert [one.text for one in found] == [BY_KEY["code.unreadable"].text]

"""The approval inbox: the sample's waiting contract is shown as it will be signed, and decided with a code."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

CASE = re.compile(r'href="(/seals/uses/[0-9a-f-]{36})"')


def text(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


def waiting(ask: Callable[..., Any]) -> str:
    found = CASE.search(text(ask("/seals/uses", "seal8")))
    assert found is not None
    return found[1]


def test_the_case_shows_the_document_the_place_and_what_is_signed(ask: Callable[..., Any]) -> None:
    path = waiting(ask)
    page = text(ask(path, "seal8"))
    assert "HT-01" in page
    assert "21990000000004" in page
    assert 'class="seal-marks"' in page
    assert page.count('class="seal-box"') == 1
    assert "Yinxin seal approval v1" in page
    assert "decision: approve" in page
    assert ask(f"{path}/page/1", "seal8").data.startswith(b"\x89PNG")
    assert ask(f"{path}/document", "seal8").data.startswith(b"%PDF")
    assert ask(f"{path}/seal.svg", "seal8").data.startswith(b"<svg")
    assert b"decision: refuse" in ask(f"{path}/statement/refuse.txt", "seal8").data


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"do": "device"}, "请选择同意或不同意"),
        ({"do": "cloud", "decision": "refuse"}, "不同意时请写明原因"),
        ({"do": "device", "decision": "approve", "certificate": "12", "signature": "AAAA"}, "64 位十六进制"),
        ({"do": "device", "decision": "approve", "certificate": "0" * 64, "signature": "?"}, "签名读不出来"),
        ({"do": "device", "decision": "approve", "certificate": "0" * 64, "signature": "AAAA"}, "行政人员证书"),
        ({"do": "cloud", "decision": "approve", "code": "000000"}, "验证码"),
    ],
)
def test_what_is_missing_is_said(ask: Callable[..., Any], form: dict[str, str], words: str) -> None:
    answer = ask(waiting(ask), "seal8", data=form)
    assert answer.status_code == 422
    assert words in text(answer)


def test_the_requester_sees_it_and_does_not_decide(ask: Callable[..., Any]) -> None:
    path = waiting(ask)
    page = text(ask(path, "seal5"))
    assert "撤回申请" in page
    assert 'name="decision"' not in page
    assert ask(path, "seal5", data={"do": "device", "decision": "approve"}).status_code == 403


@pytest.mark.parametrize("caller", ["seal1", "seal2", "citizen", "clerk", "transport", "window"])
def test_it_is_nobody_elses(ask: Callable[..., Any], caller: str) -> None:
    path = waiting(ask)
    for further in ("", "/page/1", "/document", "/seal.svg", "/statement/approve.txt"):
        assert ask(path + further, caller).status_code in (403, 404)

"""Rules and ledger, for the owners of a seal: what is in force, what is proposed and decided, what was used."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

UUIDS = re.compile(r'href="/seals/([0-9a-f-]{36})"')


def text(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


def contract(ask: Callable[..., Any]) -> str:
    found = UUIDS.search(text(ask("/seals?code=21990000000004", "seal6")))
    assert found is not None
    return f"/seals/{found[1]}"


def test_the_rules_in_force_and_a_proposal(ask: Callable[..., Any]) -> None:
    path = contract(ask) + "/rules"
    page = text(ask(path, "seal6"))
    assert "生效中" in page
    assert "白*" in page or "白＊" in page or "*" in page, "the approver, masked"
    wrong = ask(path, "seal6", data={"approvals": "2"})
    assert wrong.status_code == 422
    assert "审批人名单不足" in text(wrong)
    assert ask(path, "seal6", data={"approvals": "0", "per_day": "5", "days": "12345", "start": "09:00", "end": "17:00",
               "formats": ["pdf"]}).status_code == 303  # fmt: skip
    own, other = text(ask(path, "seal6")), text(ask(path, "seal7"))
    assert "须由另一名印章管理人确认" in own
    form = re.search(r'action="(/seals/[0-9a-f-]+/rules/[0-9a-f-]+)"', other)
    assert form is not None
    assert "Yinxin seal policy v1" in other
    assert b"decision: approve" in ask(f"{form[1]}/approve.txt", "seal7").data
    unsigned = ask(form[1], "seal7", data={"decision": "approve", "certificate": "0" * 64, "signature": "AAAA"})
    assert unsigned.status_code == 422


def test_an_approver_is_named_with_a_tick_and_days_with_words(ask: Callable[..., Any]) -> None:
    path = contract(ask) + "/rules"
    offered = re.findall(r'name="approver" value="(person:[^ ]+ [0-9a-f]{64})"', text(ask(path, "seal6")))
    assert len(offered) == 1, "the one with a cloud signature"
    form = {"approvals": "1", "approver": offered, "days": ["1", "5"], "start": "09:00", "end": "17:00"}
    wrong = ask(path, "seal6", data={**form, "end": "08:00"})
    assert wrong.status_code == 422
    assert re.search(r'name="days" value="5" checked', text(wrong)), "what was ticked stays ticked"
    assert re.search(r'name="approver" value="[^"]+" checked', text(wrong))
    assert ask(path, "seal6", data={**form, "valid_minutes": "180"}).status_code == 303
    page = text(ask(path, "seal6"))
    assert "周一、周五 09:00–17:00" in page
    assert "3 小时" in page


def test_the_ledger_and_its_table(ask: Callable[..., Any]) -> None:
    register = text(ask("/seals?code=21990000000001", "seal6"))
    found = UUIDS.search(register)
    assert found is not None
    path = f"/seals/{found[1]}/ledger"
    page = text(ask(path + "?check=1", "seal6"))
    assert "PDF" in page
    assert "台账与审计记录一致" in page or "不一致" in page
    assert ask(path + ".csv", "seal6").data.startswith(b"\xef\xbb\xbforder")
    assert "没有符合条件" in text(ask(path + "?since=2099-01-01", "seal6"))


@pytest.mark.parametrize("caller", ["seal1", "seal2", "seal5", "citizen", "clerk"])
def test_they_are_for_owners(ask: Callable[..., Any], caller: str) -> None:
    path = contract(ask)
    for further in ("/rules", "/ledger", "/ledger.csv"):
        assert ask(path + further, caller).status_code in (403, 404)

"""Cloud signatures on pages: asked for by oneself, agreed to by another, told what for, revoked by either."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest

from portal.seals import words_cloud
from seal.approval.cloud import keys
from seal.approval.cloud.models import KeyState, SealCloudKey
from tests.portal.house import PageHouse

Ask = Callable[..., Any]
MINE, OTHERS = "/seals/cloud-key", "/authority/cloud-keys"


def text(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


@pytest.fixture
def live(pages: PageHouse) -> Iterator[Callable[[], SealCloudKey]]:
    """What seal9 has at the moment; ended afterwards, so that tests do not meet each other's."""

    def found() -> SealCloudKey:
        row = keys.mine(pages.house.cloud, pages.callers["seal9"])
        assert row is not None
        return row

    yield found
    row = keys.mine(pages.house.cloud, pages.callers["seal9"])
    if row is not None:
        office = pages.callers["approver"]
        (keys.refuse if row.state == KeyState.REQUESTED else keys.revoke)(pages.house.cloud, office, row.id)


def test_asked_for_agreed_by_another_told_and_revoked(ask: Ask, live: Callable[[], SealCloudKey]) -> None:
    assert "您还没有云签名" in text(ask(MINE, "seal9"))
    assert ask(MINE, "seal9", data={}).status_code == 303
    page = text(ask(MINE, "seal9"))
    assert "等待证书复审员批准" in page
    again = ask(MINE, "seal9", data={})
    assert again.status_code == 422
    assert "已有云签名密钥或待批申请" in text(again)
    row = live()
    office = text(ask(OTHERS, "approver"))
    assert "宋**" in office
    assert "印川市市场监督管理局" in office
    assert "宋时雨" not in office
    assert ask(f"{OTHERS}/{row.id}", "approver", data={"decision": "approve"}).status_code == 303
    row = live()
    page = text(ask(MINE, "seal9"))
    assert f"{row.person} {row.certificate}" in page, "the line for the seal's rules"
    unsure = ask(f"{MINE}/{row.id}/revocation", "seal9", data={})
    assert unsure.status_code == 422
    assert "我确认吊销" in text(unsure)
    assert ask(f"{MINE}/{row.id}/revocation", "seal9", data={"sure": "yes"}).status_code == 303
    page = text(ask(MINE, "seal9"))
    assert "您还没有云签名" in page
    assert "已吊销" in page
    gone = ask(f"{OTHERS}/{row.id}", "approver", data={"decision": "refuse"})
    assert gone.status_code == 422


def test_refused_and_revoked_by_the_office(ask: Ask, live: Callable[[], SealCloudKey]) -> None:
    ask(MINE, "seal9", data={})
    assert ask(f"{OTHERS}/{live().id}", "approver", data={"decision": "refuse"}).status_code == 303
    ask(MINE, "seal9", data={})
    row = live()
    assert ask(f"{OTHERS}/{row.id}", "approver", data={"decision": "perhaps"}).status_code == 422
    ask(f"{OTHERS}/{row.id}", "approver", data={"decision": "approve"})
    lost = {"sure": "yes", "compromised": "yes"}
    assert ask(f"{OTHERS}/{row.id}/revocation", "approver", data=lost).status_code == 303
    assert "已吊销，立即生效" in text(ask(f"{OTHERS}?done=revoked", "approver"))


def test_nobody_agrees_to_their_own_and_nobody_revokes_anothers(
    ask: Ask, pages: PageHouse, live: Callable[[], SealCloudKey]
) -> None:
    ask(MINE, "seal9", data={})
    row, mine = live(), pages.callers["seal9"]
    both = type(mine)(
        mine.kind, mine.label, mine.permissions | pages.callers["approver"].permissions, mine.department, mine.person_id
    )
    pages.callers["both"] = both
    try:
        assert "须由另一人批准" in text(ask(OTHERS, "both"))
        own = ask(f"{OTHERS}/{row.id}", "both", data={"decision": "approve"})
    finally:
        del pages.callers["both"]
    assert own.status_code == 422
    assert "不能批准自己的申请" in text(own)
    ask(f"{OTHERS}/{row.id}", "approver", data={"decision": "approve"})
    assert ask(f"{MINE}/{row.id}/revocation", "seal8", data={"sure": "yes"}).status_code == 404
    assert live().state == KeyState.ACTIVE


@pytest.mark.parametrize("caller", ["", "citizen", "clerk", "seal5", "officer", "admin"])
def test_it_is_for_the_persons_concerned(ask: Ask, caller: str) -> None:
    assert ask(MINE, caller).status_code in (303, 403)
    assert ask(OTHERS, caller).status_code in (303, 403)
    nobody = "00000000-0000-7000-8000-000000000000"
    assert ask(f"{OTHERS}/{nobody}", caller, data={"decision": "approve"}).status_code in (401, 403)


def test_a_key_that_is_none_is_not_found(ask: Ask) -> None:
    nobody = "00000000-0000-7000-8000-000000000000"
    assert ask(f"{OTHERS}/{nobody}", "approver", data={"decision": "approve"}).status_code == 404


@pytest.mark.parametrize("table", ["CLOUD", "OFFICE"])
def test_every_word_has_its_english(table: str) -> None:
    for key, word in getattr(words_cloud, table).items():
        assert word.zh, key
        assert word.en, key
        assert not re.search(r"[\u3400-\u9fff]", word.en), key

"""Approving with a cloud signature in Chromium: a code out of the message, for this document and this decision only."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete

from foundation.web.models import WebCounter
from server import upkeep
from tests.portal.conftest import PHONE, Opened, sms_code
from tests.portal.house import PageHouse
from tests.seal.papers import pdf

pytestmark = pytest.mark.browser
CONTRACT = "21990000000004"


def waiting_case(opened: Opened, matter: str) -> tuple[Page, str]:
    """A clerk stamps by hand with the seal under rules; the page that says it waits, and the matter's number."""
    clerk = opened("seal5", "/seals/stamp")
    choice = clerk.locator(f"#f-seal option:has-text('{CONTRACT}')").get_attribute("value")
    clerk.locator("#f-seal").select_option(choice)
    clerk.locator("#f-file").set_input_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": pdf()})
    clerk.locator("main form button.button").click()
    clerk.wait_for_url("**/seals/stamp/*-*")
    clerk.locator("#place-form details > summary").click()
    clerk.locator("#f-matter").fill(matter)
    clerk.locator("button[value=stamp]").click()
    clerk.wait_for_url("**/done/*")
    return clerk, matter


def the_case(approver: Page, matter: str) -> None:
    approver.get_by_role("row", name=re.compile(matter)).get_by_role("link").click()
    expect(approver.locator(".desk-sheet img")).to_be_visible()


def ask_for_code(page: Page, decision: str) -> str:
    form = page.locator("form", has=page.locator("#f-code"))
    form.locator("#f-decision").select_option(decision)
    form.locator("button[value=code]").click()
    expect(page.locator(".note.good")).to_contain_text("139****0015")
    return sms_code(page, "13900000015")


@pytest.fixture(autouse=True)
def a_minute_later(pages: PageHouse) -> None:
    """A phone gets one code a minute; the tests do not wait for it."""
    with pages.house.ground.db.begin() as session:
        session.execute(delete(WebCounter).where(WebCounter.window_seconds == 60))


def test_approved_from_the_inbox_on_a_phone_and_the_clerk_fetches_it(opened: Opened, pages: PageHouse) -> None:
    clerk, matter = waiting_case(opened, "YS-BROWSER-1")
    approver = opened("seal8", "/seals/uses", size=PHONE)
    the_case(approver, matter)
    code = ask_for_code(approver, "approve")
    expect(approver.locator("#f-decision")).to_have_value("approve")
    approver.locator("#f-code").fill(code)
    approver.locator("button[value=cloud]").click()
    approver.wait_for_url("**done=1")
    expect(approver.locator("h1")).to_contain_text("已同意")
    worker = upkeep.worker(pages.house)
    while worker.run_one():
        pass
    clerk.reload()
    with clerk.expect_download() as found:
        clerk.locator("#result").click()
    assert found.value.path().read_bytes().startswith(pdf()[:1000]), "sealed upon the very bytes that were shown"


def test_a_code_counts_for_its_decision_and_its_request_only(opened: Opened) -> None:
    _, first = waiting_case(opened, "YS-BROWSER-2")
    _, other = waiting_case(opened, "YS-BROWSER-3")
    approver = opened("seal8", "/seals/uses")
    the_case(approver, first)
    code = ask_for_code(approver, "approve")
    approver.locator("#f-decision").select_option("refuse")
    approver.locator("#f-reason").fill("不符合规定")
    approver.locator("#f-code").fill(code)
    approver.locator("button[value=cloud]").click()
    expect(approver.locator("#errors")).to_contain_text("与本次审批不符")
    approver.goto("/seals/uses")
    the_case(approver, other)
    approver.locator("#f-decision").select_option("approve")
    approver.locator("#f-code").fill(code)
    approver.locator("button[value=cloud]").click()
    expect(approver.locator("#errors")).to_contain_text("与本次审批不符")


def test_asked_for_and_agreed_to_by_click(opened: Opened) -> None:
    mine = opened("seal9", "/seals/cloud-key")
    mine.get_by_role("button", name="申请开通云签名").click()
    expect(mine.locator(".note.good")).to_contain_text("已提交申请")
    office = opened("approver", "/authority/cloud-keys")
    office.get_by_role("button", name="批准并生成").click()
    expect(office.locator(".note.good")).to_contain_text("密钥和证书已生成")
    mine.reload()
    expect(mine.locator("#f-line")).to_have_value(re.compile(r"^person:[0-9a-f-]{36} [0-9a-f]{64}$"))
    mine.get_by_label("我确认吊销").check()
    mine.get_by_role("button", name="吊销云签名").click()
    expect(mine.locator(".note.good")).to_contain_text("已吊销")
    expect(mine.get_by_role("button", name="申请开通云签名")).to_be_visible()

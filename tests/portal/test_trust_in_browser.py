"""The trust and cloud-signature pages in Chromium: entered and agreed to by click, sound in every guise."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.portal.conftest import PHONE, Opened
from tests.portal.test_accessible import examine
from tests.portal.test_trust_pages import BELOW, ROOT

pytestmark = pytest.mark.browser
CODE = "620000"
# The light desk differs from these in nothing they do not look at: dark has its layout, phone its colours.
GUISES: dict[str, dict[str, Any]] = {
    "phone": {"lang": "en", "size": PHONE},
    "elder": {"lang": "zh", "view": "elder", "size": PHONE},
    "dark": {"lang": "zh", "color_scheme": "dark"},
}
WALKS = {
    "trust1": ("/trust", "/trust/changes", "CHANGE", "/trust/lists", "/trust/enter", f"/trust/regions/{CODE}",
               f"/trust/regions/{CODE}/change"),
    "trust2": ("CHANGE",),
    "seal8": ("/seals/cloud-key", "/seals/uses"),
    "seal9": ("/seals/cloud-key",),
    "approver": ("/authority/cloud-keys",),
}  # fmt: skip


def enter_region(opened: Opened) -> None:
    clerk = opened("trust1", "/trust/enter")
    clerk.get_by_label("行政区划代码", exact=True).fill(CODE)
    clerk.locator("#f-name_zh").fill("页面测试省")
    files = [("root.cer", ROOT.certificate), ("below.cer", BELOW.certificate)]
    payloads = [FilePayload(name=name, mimeType="application/pkix-cert", buffer=data) for name, data in files]
    clerk.locator("#f-files").set_input_files(payloads)
    clerk.locator("#f-new-places").fill(CODE[:2])
    clerk.locator("#f-reason").fill("指纹已电话核对")
    clerk.get_by_role("button", name="提出，请另一人同意").click()
    expect(clerk.locator(".note.good")).to_contain_text("另一位")
    second = opened("trust2", clerk.url.split("?")[0])
    second.get_by_role("button", name="同意，立即生效").click()
    expect(second.locator(".note.good")).to_contain_text("立即生效")


def walk(page: Page, paths: tuple[str, ...]) -> None:
    for path in paths:
        if path == "CHANGE":
            page.goto("/trust/changes")
            page.goto(page.locator("main th a").first.get_attribute("href") or "")
        else:
            page.goto(path)
        page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
        examine(page, path)


def test_a_region_is_entered_agreed_to_and_withdrawn_by_click(opened: Opened) -> None:
    enter_region(opened)
    clerk = opened("trust1", f"/trust/regions/{CODE}")
    clerk.locator("#f-at").fill("2026-11-20T08:00")
    clerk.locator("#s-reason").fill("对方通报密钥泄露")
    clerk.get_by_role("button", name="提出不再信任").click()
    expect(clerk.locator("#differences + ul")).to_contain_text("2026-11-20 08:00")
    assert clerk.locator("button[name=decision]").count() == 0, "nobody decides on their own"
    second = opened("trust2", clerk.url.split("?")[0])
    second.get_by_role("button", name="不同意", exact=True).click()
    expect(second.locator("h1 .badge")).to_contain_text("不同意")


@pytest.mark.parametrize("guise", GUISES)
def test_no_violation_and_no_sideways_scrolling(opened: Opened, guise: str) -> None:
    if opened("trust1", f"/trust/regions/{CODE}").locator("#roots").count() == 0:
        enter_region(opened)
    for caller, paths in WALKS.items():
        page = opened(caller, "/verify", bypass_csp=True, **GUISES[guise])
        walk(page, paths)

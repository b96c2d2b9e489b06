"""The same in Debian's Chromium (浏览器实测): cookies, redirects and the form policy as a browser enforces them.

A browser follows a form's redirects only where the page's `form-action` allows, which no HTTP library checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from server.sample import Login
from tests.examples.conftest import NAME, Systems
from tests.portal.conftest import CHROMIUM, FLAGS


@pytest.fixture
def page() -> Iterator[Page]:
    """A fresh profile; fails at the end when the console showed an error."""
    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        made = browser.new_context(locale="zh-CN").new_page()
        made.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        yield made
        browser.close()
    assert [text for text in said if "favicon" not in text and "404" not in text] == []


@pytest.mark.browser
@pytest.mark.node
def test_a_browser_logs_in_once_for_both_and_out_again(
    systems: Systems, residents: Iterator[Login], page: Page
) -> None:
    person, region = next(residents), systems.region.url
    page.goto(systems.a)
    page.get_by_role("link", name="用印信登录").click()
    page.wait_for_url(f"{region}/login?*")
    expect(page.get_by_role("main")).to_contain_text("部门系统甲")
    page.locator("input[name=identifier]").fill(person.username)
    page.locator("input[name=password]").fill(person.password)
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url(f"{region}/login/code")
    page.locator("input[name=code]").fill(_code(page, region))
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url(f"{systems.a}/")
    expect(page.locator("strong")).to_have_text(NAME)

    page.goto(systems.b)
    page.get_by_role("link", name="用印信登录").click()
    page.wait_for_url(f"{systems.b}/")
    expect(page.locator("strong")).to_have_text(NAME)

    page.goto(systems.a)
    page.get_by_role("link", name="退出").click()
    page.wait_for_url(f"{systems.a}/goodbye?state=bye")
    page.goto(f"{systems.b}/login")
    page.wait_for_url(f"{region}/login?*")


def _code(page: Page, region: str) -> str:
    """From the outbox, in another tab."""
    outbox = page.context.new_page()
    outbox.goto(f"{region}/outbox")
    found = re.search(r"验证码 (\d{6})", outbox.get_by_role("main").inner_text())
    outbox.close()
    assert found
    return found[1]

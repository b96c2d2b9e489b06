"""Every page in every guise (无障碍): no A or AA violation by axe-core, nothing scrolls sideways at 375 or 320 px."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.portal.conftest import DESK, PHONE, enter
from tests.region import Region

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async rules => (await axe.run({runOnly: {type: 'tag', values: rules}})).violations.map(one =>
  `${one.id}: ${one.nodes.slice(0, 3).map(node => node.html.slice(0, 120) + ' ' + node.failureSummary).join(' | ')}`)"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGES: dict[str, tuple[str, ...]] = {
    "": ("/", "/verify", "/V", "/login", "/outbox", "/docs", "/nothing-here"),
    "citizen": ("/my/licences", "MY", "/my/certificates", "/my/certificates/apply/person"),
    "clerk": (
        "/console",
        "/console/issue/business-licence",
        "/console/issue/food-operation",
        "ONE",
        "/console/seals/design",
    ),
    "window": ("/window",),
    "admin": (
        "/admin",
        "/authority",
        "/authority/certificates",
        "CERTIFICATE",
        "/authority/expiry",
        "/authority/health",
        "/authority/ceremonies",
    ),
    "ra1": ("/authority/approvals", "/authority/bulk"),
}
FIRST_OF = {"MY": "/my/licences", "ONE": "/console", "CERTIFICATE": "/authority/certificates"}
GUISES = {
    "standard": ("standard", "light", DESK),
    "phone": ("standard", "light", PHONE),
    "elder": ("elder", "light", PHONE),
    "dark": ("standard", "dark", DESK),
}


def open_context(visit: Callable[..., BrowserContext], region: Region, guise: str, language: str) -> BrowserContext:
    view, scheme, size = GUISES[guise]
    context = visit(size, color_scheme=scheme, bypass_csp=True)
    context.add_cookies(
        [
            {"name": "yinxin_view", "value": view, "url": region.url},
            {"name": "yinxin_lang", "value": language, "url": region.url},
        ]
    )
    return context


def walk(page: Page, paths: tuple[str, ...]) -> None:
    """Open each path; the names in capitals stand for the first of a list."""
    for path in paths:
        if path in FIRST_OF:
            start = FIRST_OF[path]
            page.goto(start)
            page.goto(
                page.locator(f"main a[href*='{start}/']:not([href*='/issue/'])").first.get_attribute("href") or ""
            )
        else:
            page.goto(path)
        examine(page, path)


def examine(page: Page, path: str) -> None:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(RUN, RULES)
    assert found == [], f"{path}: {found}"
    for width in (page.viewport_size or DESK)["width"], 320:
        if width > 400:
            continue
        page.set_viewport_size({"width": width, "height": 812})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path} is {wide} px wide at {width}"


@pytest.mark.parametrize("guise", GUISES)
@pytest.mark.parametrize("username", PAGES)
def test_no_violation_and_no_sideways_scrolling(
    visit: Callable[..., BrowserContext], region: Region, username: str, guise: str
) -> None:
    language = "en" if guise in ("phone", "dark") else "zh"
    context = open_context(visit, region, guise, language)
    page = enter(context, region, username, PAGES[username][0]) if username else context.new_page()
    walk(page, PAGES[username])


@pytest.mark.parametrize("guise", GUISES)
def test_a_report_has_no_violation(visit: Callable[..., BrowserContext], region: Region, guise: str) -> None:
    page = open_context(visit, region, guise, "zh").new_page()
    page.goto("/verify")
    page.locator("#f-code").fill("HTTP://127.0.0.1:8000/V#ABC")
    page.locator("#code-form button").click()
    page.locator(".verdict").wait_for()
    examine(page, "report")


def test_the_examination_finds_what_is_wrong(visit: Callable[..., BrowserContext], region: Region) -> None:
    """An examiner that never complains proves nothing."""
    page = open_context(visit, region, "phone", "zh").new_page()
    page.goto("/verify")
    page.evaluate("document.querySelector('label').remove(); document.querySelector('main').style.color = '#ccc'")
    with pytest.raises(AssertionError, match="color-contrast"):
        examine(page, "spoiled")

"""Every seal page in every guise (印章页面无障碍): no A or AA violation, no sideways scrolling at 375 and 320 px.

Each page is loaded twice only: as it is, also in the dark; then in large type, in English, on a phone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.portal import seal_walk as walk
from tests.portal.conftest import DESK, enter, visits
from tests.portal.test_accessible import AXE, RULES, RUN
from tests.region import Region
from tests.seal.papers import ofd, pdf

pytestmark = pytest.mark.browser
Visit = Callable[..., BrowserContext]
CONTRAST = "async () => (await axe.run({runOnly: ['color-contrast']})).violations.map(one => one.nodes[0].html)"


@pytest.fixture(scope="module")
def opened(chromium: Browser, region: Region) -> Iterator[Visit]:
    with visits(chromium, region) as visit:
        yield visit


def found(page: Page, start: str, link: str = "main tbody a[href*='/seals/']") -> str:
    page.goto(start)
    return page.locator(link).first.get_attribute("href") or ""


def clerk(page: Page) -> list[str]:
    return ["/seals", found(page, "/seals?code=21990000000001"), "/seals/apply"]


def approver(page: Page) -> list[str]:
    return ["/seals/waiting", found(page, "/seals?state=applied")]


def owner(page: Page) -> list[str]:
    contract, one = found(page, "/seals?code=21990000000004"), found(page, "/seals?code=21990000000001")
    return [f"{contract}/rules", f"{one}/ledger?check=1"]


def consenting(page: Page) -> list[str]:
    return ["/seals/uses", found(page, "/seals/uses")]


def keeper(page: Page) -> list[str]:
    paths = ["/seals/stamp", "/seals/batches", "/seals/uses"]
    for name, octets in (("a.pdf", pdf(3)), ("a.ofd", ofd("通知"))):
        page.goto("/seals/stamp")
        walk.choose(page, "21990000000001")
        page.locator("#f-file").set_input_files({"name": name, "mimeType": "application/pdf", "buffer": octets})
        page.get_by_role("button", name="上传并查看").click()
        page.wait_for_url("**/seals/stamp/*-*")
        paths.append(page.url.split("?")[0])
    page.goto("/seals/batches")
    page.locator("#f-files").set_input_files([walk.archive(2)])
    page.get_by_role("button", name="上传并新建批次").click()
    page.wait_for_url("**/batches/*-*")
    return [*paths, page.url.split("?")[0]]


PEOPLE = {"seal1": clerk, "seal2": approver, "seal6": owner, "seal8": consenting, "seal5": keeper}


@pytest.mark.parametrize("username", PEOPLE)
def test_no_violation_in_any_guise(opened: Visit, region: Region, username: str) -> None:
    context = opened(DESK, bypass_csp=True)
    page = enter(context, region, username, "/seals/uses" if username == "seal8" else "/seals")
    for path in PEOPLE[username](page):
        guise(context, region, "standard", "zh")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(path)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        open_all(page)
        assert page.evaluate(RUN, RULES) == [], path
        page.emulate_media(color_scheme="dark")
        assert page.evaluate(CONTRAST) == [], f"{path}, dark"
        page.emulate_media(color_scheme="light")
        narrow(page, path)
        guise(context, region, "elder", "en")
        page.goto(path)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        open_all(page)
        assert page.evaluate(RUN, RULES) == [], f"{path}, large type"
        narrow(page, f"{path}, large type")


def test_a_form_with_faults_and_several_seals(opened: Visit, region: Region) -> None:
    context = opened(DESK, bypass_csp=True)
    page = enter(context, region, "seal5", "/seals/stamp")
    guise(context, region, "standard", "en")
    walk.upload(page, "21990000000001")
    page.locator("button[value=add]").click()
    page.wait_for_load_state("networkidle")
    page.locator("#f-x_mm").fill("2")
    page.locator("button[value=stamp]").click()
    page.locator("#errors").wait_for()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(RUN, RULES) == []
    narrow(page, "several seals, one beside the page")


def guise(context: BrowserContext, region: Region, view: str, language: str) -> None:
    cookies = {"yinxin_view": view, "yinxin_lang": language}
    context.add_cookies([{"name": name, "value": value, "url": region.url} for name, value in cookies.items()])


def open_all(page: Page) -> None:
    """What is folded away is read too."""
    page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")


def narrow(page: Page, path: str) -> None:
    for width in 375, 320:
        page.set_viewport_size({"width": width, "height": 812})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path} is {wide} px wide at {width}"

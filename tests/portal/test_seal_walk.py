"""One walk through all pages of seals (印章页面全程): from the application to the destruction, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Page, expect

from tests.portal import seal_walk as walk
from tests.portal.conftest import enter
from tests.region import Region

pytestmark = pytest.mark.browser
Visit = Callable[..., BrowserContext]


class People:
    """A page for each, logged in when first needed."""

    def __init__(self, visit: Visit, region: Region) -> None:
        self._visit, self._region = visit, region
        self._pages: dict[str, Page] = {}

    def __call__(self, username: str, path: str = "/seals") -> Page:
        known = self._pages.get(username)
        if known is None:
            known = self._pages[username] = enter(self._visit(), self._region, username, path)
        else:
            known.goto(path)
        return known


def test_from_the_application_to_the_destruction(visit: Visit, region: Region) -> None:
    people = People(visit, region)
    path = made_and_in_use(people)
    consenting = ruled(people, region, path)
    sealed = stamped(people, path, consenting)
    assert walk.verdict(visit().new_page(), "合同.pdf", sealed) == "genuine"
    walk.pictured(region)
    recorded(people, path)
    anybody = visit().new_page()
    suspended(people, path)
    assert walk.verdict(anybody, "合同.pdf", sealed) == "genuine"
    expect(anybody.locator("main")).to_contain_text("停用")
    ended(people, path)
    assert walk.verdict(visit().new_page(), "合同.pdf", sealed) == "genuine", (
        "stamped before the end, and it can prove so"
    )


def made_and_in_use(people: People) -> str:
    path = walk.apply(people("seal1"))
    waiting = people("seal2", "/seals/waiting")
    row = waiting.get_by_role("row", name=re.compile(walk.LINE))
    walk.shown(waiting, ".seal-thumb")
    row.get_by_role("link").click()
    assert waiting.url.endswith(path)
    for username, name, state in (
        ("seal2", "approve", "待制作"),
        ("seal3", "begin", "待备案"),
        ("seal4", "file", "已备案，待发放"),
        ("seal4", "issue", "已发放，待接收"),
        ("seal1", "accept", "在用"),
    ):
        walk.step(people(username), path, name, state)
    register = people("seal1", "/seals")
    row = register.get_by_role("row", name=re.compile(walk.LINE))
    expect(row.locator(".badge")).to_have_text("在用")
    walk.shown(register, ".seal-thumb")
    return path


def ruled(people: People, region: Region, path: str) -> walk.Device:
    """Rules that one owner proposes and the other signs for; the approver they name."""
    second, consenting = walk.devices(region, "seal7", "seal8")
    owner = people("seal6", f"{path}/rules")
    owner.locator("#f-approvals").select_option("1")
    owner.get_by_text("用 UKey 审批的人").click()
    owner.locator("#f-approvers").fill(f"{consenting.person} {consenting.fingerprint}")
    owner.get_by_role("button", name="提出", exact=True).click()
    owner.wait_for_url("**?done=1")
    other = people("seal7", f"{path}/rules")
    second.fill(other, "form[action*='/rules/']", "a[href$='approve.txt']")
    other.wait_for_url("**?done=1")
    expect(other.locator("h3 .badge").first).to_have_text("生效中")
    return consenting


def stamped(people: People, path: str, consenting: walk.Device) -> bytes:
    """Placed by hand, approved by the person the rules name, fetched by who asked."""
    keeper = people("seal5", "/seals/stamp")
    walk.upload(keeper, walk.LINE)
    before = float(keeper.locator("#f-x_mm").input_value())
    walk.drag(keeper, 100)
    assert 36 < before - float(keeper.locator("#f-x_mm").input_value()) < 39
    keeper.locator("button[value=stamp]").click()
    expect(keeper.get_by_role("heading", name="正在等待审批")).to_be_visible()
    done = keeper.url
    approver = people("seal8", "/seals/uses")
    approver.get_by_role("row", name=re.compile(walk.LINE)).get_by_role("link").first.click()
    walk.shown(approver, ".desk-sheet img")
    expect(approver.locator(".seal-marks image")).to_have_count(1)
    approver.locator("details", has=approver.locator("input[name=certificate]")).locator("summary").first.click()
    consenting.fill(approver, "form[enctype]", "a[href$='approve.txt']")
    approver.wait_for_url("**?done=1")
    expect(approver.locator("h1 .badge")).to_have_text("已同意")
    keeper.goto(done)
    keeper.locator("#result").wait_for(timeout=60_000)  # a page that still works reloads by itself
    return walk.fetched(keeper, "#result")


def recorded(people: People, path: str) -> None:
    owner = people("seal6", f"{path}/ledger?check=1")
    expect(owner.get_by_text("台账与审计记录一致。")).to_be_visible()
    row = owner.locator("tbody tr").first
    pictures = row.locator("[data-label='页面图像摘要'] span")
    assert re.fullmatch("[0-9a-f]{64}", pictures.get_attribute("title") or "")
    table = walk.fetched(owner, "a[href*='ledger.csv']").decode("utf-8-sig")
    assert (pictures.get_attribute("title") or "") in table


def suspended(people: People, path: str) -> None:
    """Not to be stamped with from now on, begun or not."""
    keeper = people("seal5", "/seals/stamp")
    walk.upload(keeper, walk.LINE)
    walk.step(people("seal1"), path, "suspend", "停用", reason="custodian-absent", words="保管人出差")
    keeper.locator("button[value=stamp]").click()
    expect(keeper.get_by_role("alert")).to_contain_text("停用")
    keeper.goto("/seals/stamp")
    expect(keeper.locator("#f-seal option", has_text=walk.LINE)).to_have_count(0)


def ended(people: People, path: str) -> None:
    """Resumed, revoked, its keys stopped."""
    walk.step(people("seal2"), path, "resume", "在用", reason="cleared", words="已返回")
    walk.step(people("seal1"), path, "revoke", "已注销", reason="no-longer-needed", words="事项取消")
    maker = people("seal3", path)
    walk.step(maker, path, "retire", "销毁中")
    expect(maker.get_by_role("heading", name="密钥销毁进度")).to_be_visible()


def test_a_batch_with_its_progress_and_results(visit: Visit, region: Region) -> None:
    page = enter(visit(), region, "seal5", "/seals/batches")
    walk.choose(page, "21990000000001")
    note: FilePayload = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"no"}
    page.locator("#f-files").set_input_files([walk.archive(12), note])
    page.get_by_role("button", name="上传并新建批次").click()
    expect(page.get_by_text("收入 12 份，未收入 1 份")).to_be_visible()
    page.get_by_role("button", name="开始盖章").click()
    expect(page.locator("h1 .badge")).to_have_text("已完成", timeout=60_000)
    expect(page.locator("progress")).to_have_attribute("value", "12")
    assert walk.fetched(page, "a[href*='/items/1']").startswith(b"%PDF")
    assert walk.fetched(page, "a[href$='results.zip']").startswith(b"PK")

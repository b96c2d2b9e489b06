"""The five journeys (五条主线) in Debian's Chromium, against a region started the way a user starts it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal.pictures import code_in
from tests.portal.conftest import PHONE, enter, sms_code
from tests.portal.house import FOOD
from tests.region import Region

pytestmark = pytest.mark.browser
Visit = Callable[..., BrowserContext]


def fill_food(page: Page, name: str) -> None:
    for key, value in {**FOOD, "holder_name": name}.items():
        field = page.locator(f"#f-{key}")
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def issue_food(page: Page, name: str) -> str:
    """Issue by form; the address of the new licence's page."""
    page.goto("/console/issue/food-operation")
    fill_food(page, name)
    page.get_by_role("button", name="签发并盖章").click()
    page.wait_for_url("**/console/licences/**")
    expect(page.get_by_text("已签发、盖章并登记。")).to_be_visible()
    return page.url.split("?")[0]


def revoke(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("注销原因").select_option("withdrawn")
    page.get_by_label("我已核对").check()
    page.get_by_role("button", name="注销").click()
    expect(page.get_by_text("已注销。从现在起")).to_be_visible()


def download(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name, exact=True).click()
    target = folder / waiting.value.suggested_filename
    waiting.value.save_as(target)
    return target


def test_a_citizen_logs_in_on_the_phone_and_shows_a_licence(visit: Visit, region: Region, tmp_path: Path) -> None:
    page = enter(visit(PHONE), region, "citizen", "/my/licences")
    expect(page.get_by_role("heading", name="我的证照", level=1)).to_be_visible()
    page.get_by_role("link", name=re.compile("道路运输经营许可证")).click()
    code = page.get_by_alt_text("证照二维码，供窗口扫描")
    expect(code).to_be_visible()
    assert code.evaluate("image => image.naturalWidth") > 0
    assert download(page, "下载 PDF", tmp_path).read_bytes().startswith(b"%PDF")
    assert download(page, "下载 OFD", tmp_path).read_bytes().startswith(b"PK")


def test_a_department_issues_by_form_downloads_and_revokes(visit: Visit, region: Region, tmp_path: Path) -> None:
    page = enter(visit(), region, "clerk", "/console")
    page.get_by_role("link", name="签发食品经营许可证").click()
    # a mistake is named beside the field and on top, and what was typed stays
    page.locator("#f-holder_name").fill("竹里馆茶饮店")
    page.locator("#f-holder_code").fill("123")
    page.get_by_role("button", name="签发并盖章").click()
    expect(page.get_by_role("alert")).to_contain_text("需要更正")
    expect(page.locator("#f-holder_code")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#f-holder_name")).to_have_value("竹里馆茶饮店")
    page.get_by_role("alert").get_by_role("link").first.click()
    address = issue_food(page, "竹里馆茶饮店")
    assert download(page, "下载 PDF", tmp_path).read_bytes().startswith(b"%PDF")
    assert download(page, "下载二维码", tmp_path).read_bytes().startswith(b"\x89PNG")
    page.goto("/console?type=food-operation&state=valid")
    expect(page.get_by_role("table").get_by_role("link").first).to_have_attribute("href", re.compile(address[-36:]))
    # revoking wants a reason and a tick
    page.goto(address)
    page.get_by_role("button", name="注销").click()
    expect(page.get_by_role("alert")).to_contain_text("请选择注销原因。")
    revoke(page, address)
    expect(page.locator("main .badge", has_text="已注销").first).to_be_visible()


def test_a_window_scans_by_camera_and_sees_genuine_then_revoked(
    visit: Visit, camera: Callable[[bytes], BrowserContext], region: Region
) -> None:
    clerk = enter(visit(), region, "clerk", "/console")
    address = issue_food(clerk, "云栖早点铺")
    code = clerk.context.request.get(f"/licences/{address[-36:]}/code.png")
    window = enter(camera(code.body()), region, "window", "/window")
    window.get_by_role("button", name="打开摄像头").click()
    verdict = window.locator("#result .verdict")
    expect(verdict).to_have_class(re.compile(r"\bgenuine\b"))
    expect(verdict).to_contain_text("真实有效")
    expect(window.locator("#result")).to_contain_text("食品经营许可证")
    revoke(clerk, address)
    window.reload()
    window.get_by_role("button", name="打开摄像头").click()
    expect(verdict).to_have_class(re.compile(r"\bnot_genuine\b"))
    expect(verdict).to_contain_text("证照已注销")


def test_a_handheld_scanner_is_answered_by_one_request(visit: Visit, region: Region) -> None:
    """As quick as a page can be; seconds are measured by `bench`."""
    text = licence_code(visit, region)
    page = enter(visit(), region, "window", "/window")
    expect(page.locator("#f-code")).to_be_focused()
    page.keyboard.insert_text(text)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("Enter")
    expect(page.locator("#result .verdict.genuine")).to_be_visible()
    assert len(asked) == 1, asked
    altered = text[:-9] + ("0" if text[-9] != "0" else "1") + text[-8:]
    page.keyboard.insert_text(altered)
    page.keyboard.press("Enter")
    expect(page.locator("#result .verdict")).not_to_have_class(re.compile(r"\bgenuine$"))


def licence_code(visit: Visit, region: Region) -> str:
    """The text of the citizen's printed code, read out of the picture her phone shows."""
    page = enter(visit(PHONE), region, "citizen", "/my/licences")
    page.get_by_role("link", name=re.compile("道路运输经营许可证")).click()
    address = page.url[-36:]
    return code_in(page.context.request.get(f"/licences/{address}/code.png").body())


def test_a_printed_code_opens_and_its_content_reaches_no_server(visit: Visit, region: Region) -> None:
    text = licence_code(visit, region)
    fragment = text.split("#")[1]
    page = visit(PHONE).new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    page.goto(text.lower().split("#")[0] + "#" + fragment)
    expect(page.locator(".verdict.genuine")).to_be_visible()
    expect(page.locator("#result")).to_contain_text("道路运输经营许可证")
    assert not any(fragment[20:60] in line for line in sent[1:])
    assert page.goto(f"/v/{fragment}") is not None  # some scanners open it as a path
    expect(page.locator(".verdict.genuine")).to_be_visible()
    assert fragment[20:60] not in region.log.read_text(encoding="utf-8")


def test_anybody_verifies_a_file_and_an_altered_one(visit: Visit, region: Region, tmp_path: Path) -> None:
    holder = enter(visit(PHONE), region, "citizen", "/my/licences")
    holder.get_by_role("link", name=re.compile("食品经营许可证")).first.click()
    file = download(holder, "下载 PDF", tmp_path)
    page = visit().new_page()
    page.goto("/verify")
    page.locator("#f-file").set_input_files(file)
    page.get_by_role("button", name="开始核验").click()
    expect(page.locator(".verdict.genuine")).to_contain_text("真实有效")
    expect(page.locator("main")).to_contain_text("印川市市场监督管理局")
    data = bytearray(file.read_bytes())
    at = data.index(b"stream") + 40
    data[at] ^= 1
    altered = tmp_path / "altered.pdf"
    altered.write_bytes(data)
    page.locator("#f-file").set_input_files(altered)
    page.get_by_role("button", name="开始核验").click()
    expect(page.locator(".verdict.not_genuine")).to_contain_text("验证不通过")


def test_verification_works_without_scripts(visit: Visit, region: Region) -> None:
    text = licence_code(visit, region)
    page = visit(PHONE, scripts=False).new_page()
    page.goto("/V")
    page.get_by_label("二维码内容").fill(text)
    page.get_by_role("button", name="核验二维码").click()
    expect(page.locator(".verdict.genuine")).to_be_visible()


def test_an_administrator_sees_the_tree_the_counts_and_sound_checkpoints(visit: Visit, region: Region) -> None:
    page = enter(visit(), region, "admin", "/admin")
    expect(page.locator(".tree > li")).to_have_count(2)
    expect(page.locator(".tree > li > ul > li")).to_have_count(2)
    expect(page.locator(".counts li", has_text="有效证照").locator("b")).to_have_text(re.compile(r"[3-9]|\d\d"))
    page.get_by_role("button", name="立即逐条核验").click()
    expect(page.locator(".note.good")).to_contain_text("没有发现改动")


def test_the_window_keeps_working_without_a_network(visit: Visit, region: Region) -> None:
    text = licence_code(visit, region)
    context = visit()
    page = enter(context, region, "window", "/window")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("caches.match('/window/offline').then(Boolean)")
    page.reload()
    context.set_offline(True)
    page.reload()
    expect(page.locator("#offline")).to_be_visible()
    page.locator("#f-code").fill(text)
    page.keyboard.press("Enter")
    expect(page.locator("#result .verdict.cannot_tell")).to_contain_text("签名有效，状态未知（离线）")
    expect(page.locator("#result")).to_contain_text("道路运输经营许可证")


def test_a_keyboard_alone_logs_in_out_and_verifies(visit: Visit, region: Region) -> None:
    page = visit().new_page()
    page.goto("/login")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    type_into(page, "identifier", "transport")
    type_into(page, "password", region.login("transport").password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/login/code**")
    code = sms_code(page, region.login("transport").phone)
    type_into(page, "code", code)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    tab_to(page, "form[action='/logout'] button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="您已退出登录")).to_be_visible()
    page.goto("/console")
    assert "/login" in page.url
    page.goto("/verify")
    type_into(page, "code", "HTTP://127.0.0.1:8000/V#ABC")
    tab_to(page, "#code-form button")
    page.keyboard.press("Enter")
    expect(page.locator(".verdict.cannot_tell")).to_be_visible()


def tab_to(page: Page, selector: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement?.matches(s)", selector):
            visible: Any = page.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'")
            assert visible, "focus cannot be seen"
            return
    raise AssertionError(f"the keyboard never reaches {selector}")


def type_into(page: Page, name: str, text: str) -> None:
    tab_to(page, f"[name={name}]")
    page.keyboard.insert_text(text)

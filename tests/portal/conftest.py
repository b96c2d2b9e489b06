"""Chromium, the running region and the people who use it (浏览器测试)."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize, sync_playwright
from werkzeug.serving import make_server

from tests.portal.house import PageHouse, page_house
from tests.region import Region, free_port

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
PHONE: ViewportSize = {"width": 375, "height": 812}
DESK: ViewportSize = {"width": 1440, "height": 900}


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageHouse]:
    """The region's pages in this process, callers chosen by the header X-Test-Caller."""
    with page_house(tmp_path_factory.mktemp("pages") / "home") as house:
        yield house


@pytest.fixture
def ask(pages: PageHouse) -> Callable[..., Any]:
    """`ask("/console", "clerk")`: one GET (or POST with `data`) the way a browser sends it; a form's token is added."""

    def send(path: str, caller: str = "", *, data: dict[str, Any] | None = None, lang: str = "zh", **more: Any) -> Any:
        client = pages.app.test_client()
        headers = {"X-Test-Caller": caller, "Accept": "text/html", "Accept-Language": lang}
        if data is None:
            return client.get(path, headers=headers, **more)
        form = client.get("/verify", headers=headers).get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', form)
        assert token
        return client.post(path, data={"csrf_token": token[1], **data}, headers=headers, **more)

    return send


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Per module, not per session: while it is open its event loop runs, and pyHanko's own would be refused."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def visit(chromium: Browser, region: Region) -> Iterator[Callable[..., BrowserContext]]:
    """A fresh browser profile against the running region; fails at the end when a page logged an error."""
    with visits(chromium, region) as opened:
        yield opened


@contextmanager
def visits(chromium: Browser, region: Region) -> Iterator[Callable[..., BrowserContext]]:
    opened: list[BrowserContext] = []
    said: list[str] = []

    def open_(viewport: ViewportSize | None = None, *, scripts: bool = True, **more: Any) -> BrowserContext:
        context = chromium.new_context(
            base_url=region.url,
            viewport=viewport or DESK,
            locale="zh-CN",
            java_script_enabled=scripts,
            accept_downloads=True,
            **more,
        )
        context.set_default_timeout(15_000)
        context.on("weberror", lambda fault: said.append(str(fault.error)))
        context.on("console", lambda line: said.append(line.text) if _refused(line.text) else None)
        opened.append(context)
        return context

    yield open_
    for context in opened:
        context.close()
    assert said == []


def _refused(text: str) -> bool:
    """The browser's words when our own content policy blocks something of ours."""
    return "Content Security Policy" in text


Opened = Callable[..., Page]


@pytest.fixture
def opened(pages: PageHouse, chromium: Browser) -> Iterator[Opened]:
    """`opened("seal8", "/seals/uses")`: a page of that caller in a real browser, without login or its code."""
    port = free_port()
    server = make_server("127.0.0.1", port, pages.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url, contexts = f"http://127.0.0.1:{port}", []

    def open_(
        caller: str, path: str, *, size: ViewportSize = DESK, lang: str = "zh", view: str = "standard", **more: Any
    ) -> Page:
        context = chromium.new_context(base_url=url, viewport=size, locale="zh-CN", accept_downloads=True, **more)
        context.set_default_timeout(20_000)
        cookies = {"test-caller": caller, "yinxin_lang": lang, "yinxin_view": view}
        context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    server.shutdown()


_entered: dict[tuple[str, str], Any] = {}
"""Cookies of who has logged in, by region and account: a phone gets one code a minute, as it should."""


def enter(context: BrowserContext, region: Region, username: str, path: str) -> Page:
    """A page of somebody logged in, through the login pages the first time."""
    known = _entered.get((region.url, username))
    page = context.new_page()
    if known is not None:
        context.add_cookies([cookie for cookie in known if cookie["name"] == "yinxin"])
        page.goto(path)
        return page
    page.goto(path)
    page.wait_for_url(re.compile(r"/login\?"))
    log_in(page, region, username)
    assert page.url.endswith(path)
    _entered[region.url, username] = context.cookies()
    return page


def log_in(page: Page, region: Region, username: str) -> None:
    """Through the pages a person sees: password, then the code out of the sample messages."""
    if "/login" not in page.url:
        page.goto("/login")
    login = region.login(username)
    page.get_by_label(re.compile("用户名|user name", re.IGNORECASE)).fill(login.username)
    page.get_by_label(re.compile("密码|password", re.IGNORECASE)).fill(login.password)
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/login/code**")
    page.locator("#f-code").fill(sms_code(page, login.phone))
    page.locator("form[action='/login/code'] button").click()
    page.wait_for_url(lambda url: "/login" not in url)


def sms_code(page: Page, phone: str) -> str:
    """The newest code sent to a phone."""
    with page.context.expect_page() as waiting:
        page.evaluate("open('/outbox')")
    outbox = waiting.value
    outbox.wait_for_load_state()
    text = outbox.locator("tr", has_text=phone).first.inner_text()
    outbox.close()
    found = re.search(r"(?<!\d)\d{6}(?!\d)", text.replace(phone, ""))
    assert found, text
    return found[0]


@pytest.fixture
def camera(playwright: Playwright, region: Region, tmp_path: Path) -> Iterator[Callable[[bytes], BrowserContext]]:
    """A browser whose camera sees the given picture, a little turned, as a phone is held."""
    started: list[Browser] = []

    def open_(picture: bytes) -> BrowserContext:
        film = tmp_path / f"camera{len(started)}.mjpeg"
        film.write_bytes(_frame(picture) * 2)
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, f"--use-file-for-fake-video-capture={film}"]
        )
        started.append(browser)
        context = browser.new_context(base_url=region.url, viewport=DESK, locale="zh-CN", permissions=["camera"])
        context.set_default_timeout(15_000)
        return context

    yield open_
    for browser in started:
        browser.close()


def _frame(picture: bytes) -> bytes:
    code = Image.open(io.BytesIO(picture)).convert("RGB")
    code = code.resize((760, 760), Image.Resampling.NEAREST).rotate(4, expand=True, fillcolor="white")
    frame = Image.new("RGB", (1280, 960), "white")
    frame.paste(code, ((1280 - code.width) // 2, (960 - code.height) // 2))
    target = io.BytesIO()
    frame.save(target, "JPEG", quality=85)
    return target.getvalue()

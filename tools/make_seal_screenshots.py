"""Take the pictures of docs/seals.md (印章页面截图): `.venv/bin/python tools/make_seal_screenshots.py`.

As `make_screenshots.py`: callers are chosen by a cookie, everything shown is real. A seal's red must stay red, so the
palette is made with more care than that of the other pictures.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402 - the checkout is put on the path first
from playwright.sync_api import BrowserContext, Page, ViewportSize, sync_playwright  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

from tests.portal.conftest import CHROMIUM, FLAGS  # noqa: E402
from tests.portal.house import page_house  # noqa: E402
from tests.portal.seal_walk import PAPER, choose  # noqa: E402
from tests.region import free_port  # noqa: E402

OUT = ROOT / "docs" / "screenshots"
DESK, PHONE = (1280, 800), (375, 812)
Visit = Callable[[str, tuple[int, int]], BrowserContext]


def main() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as home, page_house(Path(home), public_url=url) as house:
        server = make_server("127.0.0.1", port, house.app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as started:
            browser = started.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--lang=zh-CN"])

            def visit(who: str, size: tuple[int, int]) -> BrowserContext:
                viewport: ViewportSize = {"width": size[0], "height": size[1]}
                context = browser.new_context(base_url=url, viewport=viewport, locale="zh-CN")
                context.add_cookies([{"name": "test-caller", "value": who, "url": url}])
                return context

            _looked_at(visit)
            _stamped(visit)
        server.shutdown()


def _looked_at(visit: Visit) -> None:
    page = visit("seal2", (1280, 940)).new_page()
    _open(page, "/seals")
    _save(page, "seal-register")
    page = visit("seal1", (1280, 1180)).new_page()
    _open(page, _first(page, "/seals?code=21990000000001"))
    _save(page, "seal-one")
    page = visit("seal1", PHONE).new_page()
    _open(page, "/seals")
    page.evaluate("scrollTo({top: 330, behavior: 'instant'})")
    page.wait_for_load_state("networkidle")
    _save(page, "seal-register-phone")
    page = visit("seal8", (1280, 1330)).new_page()
    _open(page, _first(page, "/seals/uses"))
    _save(page, "approval-inbox")
    page = visit("sealer", (1280, 960)).new_page()
    _open(page, "/console/seals/design")
    page.locator("#f-text").fill("印川市市场监督管理局")
    page.locator("button[value=preview]").click()
    page.wait_for_load_state("networkidle")
    _save(page, "seal-design")


def _stamped(visit: Visit) -> None:
    """Two seals in one order, the first with its date."""
    page = visit("seal5", (1280, 1300)).new_page()
    _open(page, "/seals/stamp")
    choose(page, "21990000000001")
    page.locator("#f-file").set_input_files(PAPER)
    page.locator("main form button.button").click()
    page.wait_for_url("**/seals/stamp/*-*")
    page.get_by_text("更多选项").click()
    page.locator("#f-dated").fill("2026-11-23")
    page.wait_for_load_state("networkidle")
    page.locator("button[value=add]").click()
    page.wait_for_load_state("networkidle")
    _save(page, "stamp-by-hand")


def _first(page: Page, start: str) -> str:
    page.goto(start)
    return page.locator("main tbody a[href*='/seals/']").first.get_attribute("href") or ""


def _open(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")


def _save(page: Page, name: str) -> None:
    target = OUT / f"{name}.png"
    page.screenshot(path=target)
    shown = Image.open(target).convert("RGB")
    shown.quantize(256, kmeans=3, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    main()

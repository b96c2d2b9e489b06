"""Take the README's pictures (截图): `.venv/bin/python tools/make_screenshots.py`, from the sample region's own pages.

Callers are chosen by a cookie, as in `tests/portal`; everything that is shown is real.
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
from playwright.sync_api import BrowserContext, Page, sync_playwright  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

from licence import files  # noqa: E402
from tests.portal.conftest import CHROMIUM, FLAGS  # noqa: E402
from tests.portal.forged import painted_over  # noqa: E402
from tests.portal.house import PageHouse, page_house  # noqa: E402
from tests.region import free_port  # noqa: E402

OUT = ROOT / "docs" / "screenshots"
PHONE, DESK = (375, 812), (1440, 900)


def main() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as home, page_house(Path(home), public_url=url) as house:
        server = make_server("127.0.0.1", port, house.app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as started:
            browser = started.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--lang=zh-CN"])

            def visit(who: str, size: tuple[int, int], *, lang: str = "zh", view: str = "standard") -> BrowserContext:
                context = browser.new_context(
                    base_url=url, viewport={"width": size[0], "height": size[1]}, locale="zh-CN"
                )
                cookies = {"yinxin_lang": lang, "yinxin_view": view, "test-caller": who}
                context.add_cookies([{"name": key, "value": value, "url": url} for key, value in cookies.items()])
                return context

            _take(house, visit)
        server.shutdown()


def _take(house: PageHouse, visit: Callable[..., BrowserContext]) -> None:
    food = house.food.id
    code = files.code_text(house.house.licence, house.callers["citizen"], food)
    pdf = files.file(house.house.licence, house.callers["citizen"], food, files.Format.PDF).data
    plain = {
        "home": ("nobody", DESK, "/", {}),
        "home-en": ("nobody", DESK, "/", {"lang": "en"}),
        "my-licences-phone": ("citizen", PHONE, "/my/licences", {}),
        "licence-phone": ("citizen", PHONE, f"/my/licences/{food}", {}),
        "licence-phone-elder": ("citizen", PHONE, f"/my/licences/{food}", {"view": "elder"}),
        "console": ("clerk", DESK, "/console", {}),
        "issue": ("clerk", DESK, "/console/issue/food-operation", {}),
        "overview": ("admin", DESK, "/admin", {}),
    }
    for name, (who, size, path, more) in plain.items():
        page = visit(who, size, **more).new_page()
        page.goto(path)
        _save(page, name)
    page = visit("nobody", PHONE).new_page()
    page.goto(f"/V#{code.split('#')[1]}")
    page.locator("#result .verdict.genuine").wait_for()
    _save(page, "code-opened-phone")
    page = visit("window", DESK).new_page()
    page.goto("/window")
    page.locator("#f-code").fill(code)
    page.keyboard.press("Enter")
    page.locator("#result .verdict.genuine").wait_for()
    _save(page, "window")
    altered = bytearray(pdf)
    altered[altered.index(b"stream") + 40] ^= 1
    for name, data in (("report-genuine", pdf), ("report-altered", bytes(altered))):
        page = visit("nobody", DESK).new_page()
        page.goto("/verify")
        page.locator("#f-file").set_input_files(
            {"name": "食品经营许可证.pdf", "mimeType": "application/pdf", "buffer": data}
        )
        page.locator("#file-form button").click()
        page.locator(".verdict").wait_for()
        _save(page, name)
    _take_reports(house, visit, pdf)


def _take_reports(house: PageHouse, visit: Callable[..., BrowserContext], pdf: bytes) -> None:
    """What changed after sealing, an OFD on a phone, several files in English."""
    ofd = files.file(house.house.licence, house.callers["citizen"], house.food.id, files.Format.OFD).data
    changed = painted_over(pdf)
    for name, size, lang, given in (
        ("report-changed", (1440, 1180), "zh", {"食品经营许可证.pdf": changed}),
        ("report-phone", PHONE, "zh", {"食品经营许可证.ofd": ofd}),
        ("report-several", (1440, 760), "en", {"licence.pdf": pdf, "received.pdf": changed, "licence.ofd": ofd}),
    ):
        page = visit("nobody", size, lang=lang).new_page()
        page.goto("/verify")
        page.locator("#f-file").set_input_files(
            [{"name": one, "mimeType": "application/octet-stream", "buffer": data} for one, data in given.items()]
        )
        page.locator("#file-form button").click()
        page.locator(".verdict").first.wait_for()
        if name == "report-phone":
            there = "document.querySelector('.seal-shown').getBoundingClientRect().top - 190"
            page.evaluate(f"scrollTo({{top: {there}, behavior: 'instant'}})")
        _save(page, name)


def _save(page: Page, name: str) -> None:
    """The first screenful, in few colours: a README is read over slow lines too."""
    target = OUT / f"{name}.png"
    page.screenshot(path=target)
    Image.open(target).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    main()

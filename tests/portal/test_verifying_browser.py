"""The verification page in a browser: phone and desk, both languages, 长辈版, without scripts; axe finds nothing."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from licence import files
from licence.revoke import Reason, revoke
from tests.portal.conftest import DESK, PHONE
from tests.portal.forged import by_a_stranger, painted_over
from tests.portal.house import PageHouse
from tests.portal.test_accessible import examine
from tests.region import free_port

pytestmark = pytest.mark.browser
GUISES = {
    "phone": (PHONE, "zh", "standard", True),
    "desk": (DESK, "en", "standard", True),
    "elder": (PHONE, "zh", "elder", True),
    "plain": (PHONE, "en", "standard", False),
}
CASES: dict[str, tuple[tuple[str, ...], str]] = {
    "genuine": (("good.pdf",), "genuine"),
    "sketch": (("good.ofd",), "genuine"),
    "painted": (("painted.pdf",), "not_genuine"),
    "stranger": (("stranger.pdf",), "cannot_tell"),
    "revoked": (("revoked.pdf",), "not_genuine"),
    "several": (("good.ofd", "painted.pdf", "rubbish.txt"), "genuine"),
}
TRIED = [("phone", case) for case in ("genuine", "painted", "stranger", "revoked")]
TRIED += [("desk", "painted"), ("desk", "several"), ("elder", "painted"), ("elder", "sketch"), ("plain", "several")]


@dataclass(frozen=True)
class Site:
    url: str
    folder: Path


@pytest.fixture(scope="module")
def site(pages: PageHouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages on a port, and files of every kind of verdict."""
    folder = tmp_path_factory.mktemp("verify")
    room, citizen = pages.house.licence, pages.callers["citizen"]
    for form in files.Format:
        (folder / f"good.{form.value}").write_bytes(files.file(room, citizen, pages.food.id, form).data)
    (folder / "painted.pdf").write_bytes(painted_over((folder / "good.pdf").read_bytes()))
    (folder / "stranger.pdf").write_bytes(by_a_stranger())
    ended = pages.issue("verify-page-ended").id
    (folder / "revoked.pdf").write_bytes(files.file(room, citizen, ended, files.Format.PDF).data)
    revoke(room, pages.callers["clerk"], ended, reason=Reason.CANCELLED)
    (folder / "rubbish.txt").write_bytes(b"rubbish")
    server = make_server("127.0.0.1", free_port(), pages.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", folder)
    server.shutdown()
    thread.join()


def opened(chromium: Browser, site: Site, guise: str, said: list[str]) -> Page:
    size, language, view, scripts = GUISES[guise]
    width, height = size["width"], size["height"]
    # axe is put into the page from here, which our own policy rightly refuses
    context = chromium.new_context(
        base_url=site.url,
        viewport={"width": width, "height": height},
        java_script_enabled=scripts,
        accept_downloads=True,
        bypass_csp=scripts,
    )
    context.set_default_timeout(30_000)
    cookies = {"yinxin_lang": language, "yinxin_view": view}
    context.add_cookies([{"name": key, "value": value, "url": site.url} for key, value in cookies.items()])
    context.on("console", lambda line: said.append(line.text) if "Content Security Policy" in line.text else None)
    page = context.new_page()
    page.goto("/verify")
    return page


def sent(page: Page, site: Site, *names: str) -> Page:
    page.locator("#f-file").set_input_files([site.folder / name for name in names])
    page.locator("#file-form button[type=submit]").click()
    page.locator(".verdict").first.wait_for()
    return page


@pytest.mark.parametrize(("guise", "case"), TRIED)
def test_every_verdict_in_every_guise(chromium: Browser, site: Site, guise: str, case: str) -> None:
    names, verdict = CASES[case]
    said: list[str] = []
    page = sent(opened(chromium, site, guise, said), site, *names)
    expect(page.locator(".verdict").first).to_have_attribute("data-verdict", verdict)
    if GUISES[guise][3]:
        for summary in page.locator("main details > summary").all()[:8]:
            summary.click()
        examine(page, f"{case} {guise}")
    page.context.close()
    assert said == []


def test_pictures_are_seen_under_our_own_policy(chromium: Browser, site: Site) -> None:
    """Nothing is bypassed here: the seal's picture has pixels, and the page's picture was loaded."""
    said: list[str] = []
    page = sent(opened(chromium, site, "plain", said), site, "good.ofd")
    assert said == []
    expect(page.locator(".seal-shown img")).to_be_visible()
    box = page.locator(".sheet svg").bounding_box()
    assert box is not None
    assert box["width"] > 200
    shot = page.locator(".seal-shown img").screenshot()
    colours = Image.open(io.BytesIO(shot)).convert("RGB").getcolors(1_000_000) or []
    assert any(red > 150 and green < 90 for _count, (red, green, _blue) in colours), "the seal is red"  # type: ignore[misc]
    page.context.close()


def test_a_report_is_downloaded_without_scripts(chromium: Browser, site: Site) -> None:
    page = sent(opened(chromium, site, "plain", []), site, "good.ofd")
    for form, start in (("PDF", b"%PDF"), ("JSON", b"{"), ("XML", b"<")):
        with page.expect_download() as waiting:
            page.locator(".downloads button", has_text=form).click()
        assert waiting.value.suggested_filename.endswith(form.lower())
        assert Path(waiting.value.path()).read_bytes().startswith(start)
    assert "report" not in page.url
    page.context.close()

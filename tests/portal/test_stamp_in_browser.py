"""Stamping by hand in Chromium: the seal dragged to its place with scripts, clicked there without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.portal.conftest import enter
from tests.region import Region
from tests.seal.papers import pdf

pytestmark = pytest.mark.browser


def upload(page: Page) -> None:
    page.locator("#f-file").set_input_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": pdf()})
    page.locator("main form button.button").click()
    page.wait_for_url("**/seals/stamp/*-*")
    page.wait_for_load_state("networkidle")


def stamp(page: Page) -> None:
    page.locator("button[value=stamp]").click()
    page.wait_for_url("**/done/*")
    with page.expect_download() as found:
        page.locator("#result").click()
    assert found.value.suggested_filename.endswith(".pdf")


def test_dragged_to_its_place(visit: Callable[..., BrowserContext], region: Region) -> None:
    page = enter(visit(), region, "seal5", "/seals/stamp")
    upload(page)
    seal = page.locator(".wide-view .grip image")
    seal.scroll_into_view_if_needed()
    box = seal.bounding_box()
    assert box is not None
    before = float(page.locator("#f-x_mm").input_value())
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] - 60, box["y"] + 40, steps=4)
    page.mouse.up()
    assert 36 < before - float(page.locator("#f-x_mm").input_value()) < 39, "100 pixels of 560 over 210 mm"
    stamp(page)


def test_clicked_without_scripts(visit: Callable[..., BrowserContext], region: Region) -> None:
    page = enter(visit(scripts=False), region, "seal5", "/seals/stamp")
    upload(page)
    page.locator(".wide-view .sheet-click").click(position={"x": 280, "y": 100})
    page.wait_for_load_state("networkidle")
    assert page.locator("#f-x_mm").input_value() == "105"
    stamp(page)

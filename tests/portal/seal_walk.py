"""A seal's whole life through its pages (印章全程): each step by the person whose step it is, as a reader clicks it."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import FilePayload, Page, expect

from ca.issue import IdentityExtensions, Subject, issue
from ca.reading.certificate import read_certificate
from ca.suites import Suite
from foundation.principal import SYSTEM
from hsm import private_keys
from hsm.keys import Algorithm
from seal import ledger_pictures
from server.house import open_house
from server.sample_people import MARKET
from server.sample_seals import official, paper
from tests.region import Region

LINE = "行政许可专用章"
PAPER: FilePayload = {"name": "合同.pdf", "mimeType": "application/pdf", "buffer": paper()}
ADDRESS = re.compile(r"/seals/[0-9a-f-]{36}")


@dataclass(frozen=True)
class Device:
    """An official's certificate and its key, in a token we never see into."""

    key: private_keys.PrivateKey
    fingerprint: str
    person: str

    def fill(self, page: Page, form: str, statement: str, decision: str = "approve") -> None:
        """Fetch what is to be signed from the page, sign it outside, bring the file back."""
        page.locator(statement).first.scroll_into_view_if_needed()
        with page.expect_download() as waiting:
            page.locator(statement).first.click()
        said = waiting.value.path().read_bytes()
        within = page.locator(form)
        within.locator("select[name=decision]").select_option(decision)
        within.locator("input[name=certificate]").fill(self.fingerprint)
        value = private_keys.sign(self.key, said)
        within.locator("input[type=file]").set_input_files(
            {"name": "signature.bin", "mimeType": "application/octet-stream", "buffer": value}
        )
        within.locator("button[type=submit]").click()


def devices(region: Region, *usernames: str) -> list[Device]:
    """What the registration desk hands out: officials' certificates for keys made elsewhere."""
    made = []
    with open_house(region.settings) as house:
        for username in usernames:
            login, key = region.login(username), private_keys.generate(Algorithm.SM2)
            issued = issue(
                house.ca,
                SYSTEM,
                suite=Suite.SM2,
                profile="official",
                subject=Subject(login.name, organization=MARKET.name),
                spki=key.spki,
                identity=IdentityExtensions(citizen_number=login.citizen_number, organization_code=MARKET.uscc),
                request_key=f"walk:{key.spki[-12:].hex()}",
            )
            person = official(house, username).label
            made.append(Device(key, read_certificate(issued.der).fingerprint, person))
    return made


def pictured(region: Region) -> None:
    """What a worker does every half minute: hash the pictures of stamped pages for the ledger."""
    with open_house(region.settings) as house:
        ledger_pictures.tick(house.seal)


def shown(page: Page, selector: str) -> None:
    """A picture that is there and was really drawn."""
    picture = page.locator(selector).first
    picture.scroll_into_view_if_needed()
    page.wait_for_function("one => one.complete && one.naturalWidth > 0", arg=picture.element_handle())


def apply(clerk: Page) -> str:
    """The address of the new application."""
    clerk.goto("/seals/apply")
    clerk.locator("#f-kind").select_option("business")
    clerk.locator("#f-line").fill(LINE)
    clerk.get_by_role("button", name="预览印模").click()
    shown(clerk, ".seal-picture img")
    clerk.locator("#f-reason").select_option("business-need")
    clerk.get_by_role("button", name="提交申请").click()
    clerk.wait_for_url("**?done=applied")
    found = ADDRESS.search(clerk.url)
    assert found is not None
    return found[0]


def step(page: Page, path: str, name: str, state: str, **fields: str) -> None:
    """Open one of the steps offered, fill it in, take it; what is grave is ticked."""
    page.goto(path)
    form = page.locator("details", has=page.locator(f"button[value={name}]"))
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    for field, value in fields.items():
        where = form.locator(f"[name={field}]")
        if where.evaluate("one => one.tagName") == "SELECT":
            where.select_option(value)
        else:
            where.fill(value)
    tick = form.locator("input[name=confirm]")
    if tick.count():
        tick.check()
    form.locator(f"button[value={name}]").click()
    page.wait_for_url("**?done=step")
    expect(page.locator("h1 .badge")).to_have_text(state)


def upload(keeper: Page, seal: str) -> None:
    keeper.goto("/seals/stamp")
    choose(keeper, seal)
    keeper.locator("#f-file").set_input_files(PAPER)
    with keeper.expect_response(re.compile("/page/1$")) as drawn:
        keeper.locator("main form button.button").click()
    assert drawn.value.ok
    keeper.wait_for_url("**/seals/stamp/*-*")
    keeper.wait_for_load_state("networkidle")


def choose(page: Page, seal: str) -> None:
    """The seal whose name and code contain these words."""
    option = page.locator("#f-seal option", has_text=seal).first
    page.locator("#f-seal").select_option(option.get_attribute("value") or "")


def drag(page: Page, left: int, down: int = 0) -> None:
    grip = page.locator(".wide-view .grip image")
    grip.scroll_into_view_if_needed()
    box: Any = grip.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 40 - left, box["y"] + 40 + down, steps=4)
    page.mouse.up()


def fetched(page: Page, selector: str) -> bytes:
    with page.expect_download() as waiting:
        page.locator(selector).first.click()
    return waiting.value.path().read_bytes()


def verdict(page: Page, name: str, data: bytes) -> str:
    """What the public verifier says of a file: the kind of its verdict."""
    page.goto("/verify")
    page.locator("#f-file").set_input_files({"name": name, "mimeType": "application/pdf", "buffer": data})
    page.get_by_role("button", name="开始核验").click()
    found = page.locator(".verdict").first
    found.wait_for()
    return found.get_attribute("data-verdict") or ""


def archive(count: int) -> FilePayload:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        for number in range(1, count + 1):
            out.writestr(f"{number:03d}.pdf", paper())
    return {"name": "many.zip", "mimeType": "application/zip", "buffer": buffer.getvalue()}

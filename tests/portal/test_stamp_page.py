"""Stamping by hand: without scripts by a click on the page, by keyword and riding; the file comes back sealed, once."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from tests.seal.papers import ofd, pdf

ANY = re.compile(r'name="(request_key|seal|x_mm|y_mm|page)"[^>]* value="([^"]*)"')


def text(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


def start(ask: Callable[..., Any], octets: bytes, caller: str = "seal5") -> tuple[str, dict[str, str]]:
    """Upload; the page's address, and its form as a browser would send it."""
    answer = ask("/seals/stamp", caller, data={"file": (io.BytesIO(octets), "notice.pdf")})
    assert answer.status_code == 303, text(answer)[-2000:]
    path = answer.headers["Location"].split("?")[0]
    page = text(ask(path, caller))
    fields = dict(ANY.findall(page))
    seal = re.search(r'<option value="([0-9a-f-]{36})" selected', page)
    assert seal is not None
    return path, {**fields, "seal": seal[1], "by": "point", "closing": "yes", "suites": "sm2", "form": "pades",
                  "date_where": "across", "occurrence": "1", "edge": "right"}  # fmt: skip


@pytest.mark.parametrize(("octets", "begins"), [(pdf(2), b"%PDF"), (ofd("通知"), b"PK")], ids=["pdf", "ofd"])
def test_a_click_without_scripts_and_the_stamp(ask: Callable[..., Any], octets: bytes, begins: bytes) -> None:
    path, form = start(ask, octets)
    picture = ask(f"{path}/page/1", "seal5")
    assert picture.mimetype in ("image/png", "image/svg+xml")
    clicked = text(ask(path, "seal5", data={**form, "wide.x": "280", "wide.y": "400"}))
    moved = {**form, **dict(ANY.findall(clicked))}
    assert moved["x_mm"] == "105", "the middle of 210 mm at 280 of 560 pixels"
    assert 'class="seal-marks"' in clicked
    done = ask(path, "seal5", data={**moved, "do": "stamp"})
    assert done.status_code == 303, text(done)[-3000:]
    assert "已盖章" in text(ask(done.headers["Location"], "seal5"))
    file = ask(done.headers["Location"] + "/file", "seal5")
    assert file.data.startswith(begins)
    assert len(file.data) > len(octets)
    twice = ask(path, "seal5", data={**moved, "do": "stamp"})
    assert twice.headers["Location"] == done.headers["Location"], "a double click stamps once"


def test_where_there_is_no_such_word_the_page_says_so(ask: Callable[..., Any]) -> None:
    path, form = start(ask, pdf())
    answer = ask(path, "seal5", data={**form, "by": "keyword", "text": "盖章处", "do": "stamp"})
    assert answer.status_code == 422
    assert "改用坐标" in text(answer)
    riding = ask(path, "seal5", data={**form, "by": "riding", "do": "stamp"})
    assert riding.status_code == 422
    assert "骑缝章至少需要两页" in text(riding)


@pytest.mark.parametrize("octets", [b"", b"hello", b"%PDF-1.4 nothing", b"PK\x03\x04nothing"])
def test_what_cannot_be_stamped_is_said_at_once(ask: Callable[..., Any], octets: bytes) -> None:
    answer = ask("/seals/stamp", "seal5", data={"file": (io.BytesIO(octets), "x.pdf")})
    assert answer.status_code == 422
    assert 'id="e-file"' in text(answer)


def test_a_document_is_its_owners_alone(ask: Callable[..., Any]) -> None:
    path, form = start(ask, pdf())
    for caller in ("seal1", "seal8", "citizen", "clerk"):
        assert ask(path, caller).status_code == 403
        assert ask(path, caller, data={**form, "do": "stamp"}).status_code == 403
    assert ask(path).status_code == 303
    assert ask(f"{path}/page/9", "seal5").status_code in (200, 422)

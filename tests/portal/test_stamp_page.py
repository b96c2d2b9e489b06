"""Stamping by hand: without scripts by a click on the page, by keyword and riding; the file comes back sealed, once."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from seal.ofd.package import Package
from seal.ses import read_signature
from tests.seal.papers import ofd, pdf
from tests.seal.test_ofd_documents import two

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


# --- several seals, dates, documents of a package ---------------------------------------------------------------------

FORM = re.compile(r'<input type="hidden" name="also" value="([^"]*)"')


def seals(ask: Callable[..., Any]) -> dict[str, str]:
    """Code and id of what the desk offers."""
    found = re.findall(r'<option value="([0-9a-f-]{36})"[^>]*>[^<]*（(\d{14})）', text(ask("/seals/stamp", "seal5")))
    return {code: seal_id for seal_id, code in found}


def also(page: Any) -> list[str]:
    return [unescape(one) for one in FORM.findall(page.get_data(as_text=True))]


@pytest.mark.parametrize(("octets", "kind"), [(pdf(), "pdf"), (ofd("公函"), "ofd")], ids=["pdf", "ofd"])
def test_two_seals_in_one_go_without_scripts(ask: Callable[..., Any], octets: bytes, kind: str) -> None:
    path, form = start(ask, octets)
    offered = seals(ask)
    first = {**form, "seal": offered["21990000000001"], "x_mm": "150", "y_mm": "200", "dated": "2026-11-23"}
    added = ask(path, "seal5", data={**first, "do": "add"})
    assert added.status_code == 200, text(added)[-2000:]
    page = text(added)
    assert "第 1 页，距左 150、距上 200 毫米" in page
    assert page.count('class="seal-box"') == 4, "two seals, on the wide and the narrow view"
    assert page.count('class="seal-date"') == 2, "the date goes with the first"
    second = {**first, "seal": offered["21990000000001"], "x_mm": "60", "also": also(added)}
    dropped = ask(path, "seal5", data={**second, "do": "drop-0"})
    assert also(dropped) == []
    back = ask(path, "seal5", data={**second, "do": "back"})
    assert also(back) == []
    assert 'name="x_mm" type="text" value="150"' in text(back)
    done = ask(path, "seal5", data={**second, "do": "stamp"})
    assert done.status_code == 303, text(done)[-3000:]
    file = ask(done.headers["Location"] + "/file", "seal5").data
    if kind == "pdf":
        assert file.count(b"/ByteRange") == 2
    else:
        package = Package.read(file)
        assert len([name for name in package if name.endswith("SignedValue.dat")]) == 2
        assert any("Annot" in name for name in package), "the date"


def test_a_seal_that_wants_approval_comes_last(ask: Callable[..., Any]) -> None:
    path, form = start(ask, pdf())
    offered = seals(ask)
    free = {**form, "seal": offered["21990000000001"], "x_mm": "60"}
    ruled = {**form, "seal": offered["21990000000004"], "x_mm": "150"}
    placed = also(ask(path, "seal5", data={**ruled, "do": "add"}))
    wrong = ask(path, "seal5", data={**free, "also": placed, "do": "stamp"})
    assert wrong.status_code == 422
    assert "请放在最后一枚" in text(wrong)
    placed = also(ask(path, "seal5", data={**free, "do": "add"}))
    right = ask(path, "seal5", data={**ruled, "also": placed, "do": "stamp"})
    assert right.status_code == 303
    assert "正在等待审批" in text(ask(right.headers["Location"], "seal5"))


def test_a_seal_that_would_not_lie_on_the_page_is_not_added(ask: Callable[..., Any]) -> None:
    path, form = start(ask, pdf())
    answer = ask(path, "seal5", data={**form, "x_mm": "3", "do": "add"})
    assert answer.status_code == 422
    assert also(answer) == []
    broken = ask(path, "seal5", data={**form, "also": ["{", "[]", '{"seal": 1}'], "do": "look"})
    assert broken.status_code == 200
    assert also(broken) == []


def test_which_document_and_which_generation_of_an_ofd(ask: Callable[..., Any]) -> None:
    path, form = start(ask, two())
    page = text(ask(path, "seal5"))
    assert "盖哪一份文档" in page
    assert "签名域" not in page, "an OFD has none"
    chosen = {**form, "ofd_document": "2", "ofd_version": "5"}
    shown = text(ask(path, "seal5", data={**chosen, "do": "look"}))
    assert f"{path}/page/1?document=2" in shown
    assert ask(f"{path}/page/1?document=2", "seal5").mimetype == "image/svg+xml"
    done = ask(path, "seal5", data={**chosen, "do": "stamp"})
    assert done.status_code == 303, text(done)[-3000:]
    package = Package.read(ask(done.headers["Location"] + "/file", "seal5").data)
    values = [name for name in package if name.endswith("SignedValue.dat")]
    assert [name.startswith("Doc_1/") for name in values] == [True]
    assert read_signature(package.file(values[0])).version == 5

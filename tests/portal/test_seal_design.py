"""The design desk: preview and files from one form, faults beside their field, names never in an address."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

PAGE = "/console/seals/design"
EMBLEM = b'<svg xmlns="http://www.w3.org/2000/svg"><path fill-rule="evenodd" d="M0 0H9V9H0ZM3 3H6V6H3Z"/></svg>'
GOOD = {"kind": "special", "text": "印川市市场监督管理局", "line": "行政审批专用章", "code": "2199000000001"}


def text(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_empty_form_offers_every_kind(ask: Callable[..., Any], lang: str) -> None:
    page = text(ask(PAGE, "sealer", lang=lang))
    assert ("印模设计" if lang == "zh" else "Design a seal") in page
    assert page.count("<option") == 21 + 4 + 3
    assert "40 × 30 mm" in page
    assert 'name="do" value="pdf"' not in page, "nothing to download before a preview"


def test_a_preview_shows_the_seal_and_offers_its_files(ask: Callable[..., Any]) -> None:
    page = text(ask(PAGE, "sealer", data={**GOOD, "do": "preview"}))
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    assert found is not None
    assert b'viewBox="0 0 40 40"' in base64.b64decode(found[1])
    assert "40 × 40 mm" in page
    for one in ("svg", "png", "pdf", "ofd"):
        assert f'name="do" value="{one}"' in page
    assert GOOD["line"] in page


@pytest.mark.parametrize(
    ("wanted", "media", "start"),
    [
        ("svg", "image/svg+xml", b"<svg"),
        ("png", "image/png", b"\x89PNG"),
        ("pdf", "application/pdf", b"%PDF"),
        ("ofd", "application/ofd", b"PK"),
    ],
)
def test_each_button_gives_its_file(ask: Callable[..., Any], wanted: str, media: str, start: bytes) -> None:
    answer = ask(PAGE, "sealer", data={**GOOD, "do": wanted})
    assert (answer.status_code, answer.mimetype, answer.data[: len(start)]) == (200, media, start)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="seal.{wanted}"'
    assert "市场".encode() not in answer.data, "outlines only; the words stay in the form"


@pytest.mark.parametrize(
    ("typed", "field", "zh", "en"),
    [
        ({"kind": "government", "text": "印川市人民政府"}, "artwork", "不附带国徽", "ships none"),
        ({**GOOD, "text": "印川\U000e0041局局"}, "text", "U+E0041", "U+E0041"),
        ({**GOOD, "line": ""}, "kind", "须填写用途横文", "needs its line"),
        ({**GOOD, "width": "wide"}, "width", "毫米", "millimetres"),
        ({**GOOD, "width": "nan"}, "width", "毫米", "millimetres"),
        ({**GOOD, "code": "二一九九"}, "code", "数字和字母", "figures and letters"),
        ({**GOOD, "kind": "<b>"}, "kind", "没有这一印模种类", "no such kind"),
    ],
)
def test_a_fault_stands_beside_its_field(
    ask: Callable[..., Any], typed: dict[str, str], field: str, zh: str, en: str
) -> None:
    for lang, words in (("zh", zh), ("en", en)):
        answer = ask(PAGE, "sealer", data={**typed, "do": "preview"}, lang=lang)
        page = text(answer)
        assert answer.status_code == 422
        fault = re.search(rf'id="e-{field}">([^<]*)<', page)
        assert fault is not None
        assert words in fault[1]
        assert "<b>" not in page


def test_artwork_goes_into_its_slot_and_stays_for_the_downloads(ask: Callable[..., Any]) -> None:
    typed = {"kind": "government", "text": "印川市人民政府"}
    page = text(ask(PAGE, "sealer", data={**typed, "do": "preview", "artwork": (io.BytesIO(EMBLEM), "emblem.svg")}))
    kept = re.search(r'name="artwork_path" value="([^"]+)"', page)
    assert kept is not None
    first = ask(PAGE, "sealer", data={**typed, "do": "svg", "artwork": (io.BytesIO(EMBLEM), "emblem.svg")})
    again = ask(PAGE, "sealer", data={**typed, "do": "svg", "artwork_path": kept[1]})
    assert first.data == again.data
    hostile = ask(PAGE, "sealer", data={**typed, "do": "svg", "artwork_path": "<svg onload='x'/>"})
    assert hostile.status_code == 422


def test_only_who_works_with_seals_comes_in(ask: Callable[..., Any]) -> None:
    assert ask(PAGE, "citizen").status_code == 403
    assert ask(PAGE).status_code in (302, 303, 401)
    assert PAGE in text(ask("/seals", "sealer"))
    assert "/seals" not in text(ask("/", "citizen"))

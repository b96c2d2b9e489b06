"""The pages of seals: register, one seal's life, applications; who may open what."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

UUIDS = re.compile(r'href="/seals/([0-9a-f-]{36})"')


def text(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_register_shows_what_the_caller_may_see(ask: Callable[..., Any], lang: str) -> None:
    mine = text(ask("/seals", "sealer", lang=lang))
    assert ("印章库" if lang == "zh" else "Register of seals") in mine
    assert "21990000000001" in mine
    assert "21990000000002" not in mine, "another department's"
    region = text(ask("/seals", "seal2", lang=lang))
    assert "21990000000002" in region
    assert ("在用" if lang == "zh" else "In use") in region


def test_one_seal_with_picture_certificates_and_history(ask: Callable[..., Any]) -> None:
    register = text(ask("/seals?code=21990000000001", "seal1"))
    file_id = UUIDS.search(register)
    assert file_id is not None
    page = text(ask(f"/seals/{file_id[1]}", "seal1"))
    assert "21990000000001" in page
    assert "接收启用" in page
    picture = ask(f"/seals/{file_id[1]}/picture.svg", "seal1")
    assert picture.mimetype == "image/svg+xml"
    assert picture.data.startswith(b"<svg")

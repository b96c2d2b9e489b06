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


def send(ask: Callable[..., Any], path: str, caller: str, **data: Any) -> Any:
    return ask(path, caller, data=data)


def test_from_application_to_use_every_person_at_their_page(ask: Callable[..., Any]) -> None:
    form = {"kind": "business", "department_name": "印川市市场监督管理局", "text": "印川市市场监督管理局",
            "line": "窗口专用章", "reason": "business-need", "custody": "cloud"}  # fmt: skip
    preview = text(ask("/seals/apply", "seal1", data={**form, "do": "preview"}))
    assert "data:image/svg+xml;base64," in preview
    applied = ask("/seals/apply", "seal1", data={**form, "do": "send"})
    assert applied.status_code == 303, text(applied)[-3000:]
    path = applied.headers["Location"].split("?")[0]
    assert path in text(ask("/seals/waiting", "seal2"))
    assert ask(f"{path}/steps", "seal1", data={"step": "approve"}).status_code in (403, 422), "own request"
    for caller, step in (
        ("seal2", "approve"),
        ("seal3", "begin"),
        ("seal4", "file"),
        ("seal4", "issue"),
        ("seal1", "accept"),
    ):
        assert f'value="{step}"' in text(ask(path, caller)), (caller, step)
        answer = ask(f"{path}/steps", caller, data={"step": step})
        assert answer.status_code == 303, text(answer)[-2000:]
    page = text(ask(path, "seal1"))
    assert "在用" in page
    assert "窗口专用章" in page
    again = ask(f"{path}/steps", "seal1", data={"step": "suspend", "reason": "custodian-absent", "words": "出差"})
    assert again.status_code == 422, "asked twice before a seal is stopped"
    stopped = {"step": "suspend", "reason": "custodian-absent", "words": "出差两周", "confirm": "yes"}
    assert ask(f"{path}/steps", "seal1", data=stopped).status_code == 303
    assert "出差两周" in text(ask(path, "seal2"))


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"reason": ""}, "reason"), ({"text": "印"}, "text"), ({"custody": "ukey"}, "custodian"), ({"width": "x",
      "picture_kind": "special"}, "width")],
)  # fmt: skip
def test_a_fault_of_an_application_stands_beside_its_field(
    ask: Callable[..., Any], changed: dict[str, str], field: str
) -> None:
    form = {"kind": "business", "department_name": "印川市市场监督管理局", "text": "印川市市场监督管理局",
            "line": "测试章", "reason": "business-need", "custody": "cloud", "do": "send"}  # fmt: skip
    answer = ask("/seals/apply", "seal1", data={**form, **changed})
    assert answer.status_code == 422
    assert f'id="e-{field}"' in text(answer)

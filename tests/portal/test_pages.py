"""Each page for the right caller, the wrong one and nobody (页面), through Flask's client over the real rooms."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest

from foundation.principal import Permission
from licence import code_image, files
from tests.portal.house import FOOD, PageHouse

Ask = Callable[..., Any]
OWNERS = {
    "/my/licences": {"citizen", "stranger"},
    "/console": {"clerk", "transport"},
    "/console/issue/food-operation": {"clerk", "transport"},
    "/window": {"window"},
    "/admin": {"admin"},
}
CALLERS = ("citizen", "stranger", "clerk", "transport", "window", "admin")


@pytest.mark.parametrize("path", ["/", "/verify", "/V", "/v", "/V/", "/v/", "/window/offline"])
def test_public_pages_are_for_everybody(ask: Ask, path: str) -> None:
    for caller in ("", *CALLERS):
        answer = ask(path, caller)
        assert answer.status_code == 200
        assert 'lang="zh-CN"' in answer.text


@pytest.mark.parametrize("path", OWNERS)
def test_a_page_opens_for_its_owners_only(ask: Ask, path: str) -> None:
    for caller in CALLERS:
        answer = ask(path, caller)
        assert answer.status_code == (200 if caller in OWNERS[path] else 403), caller
    nobody = ask(path)
    assert nobody.status_code == 303
    assert nobody.headers["Location"].startswith("/login?next=")
    assert unquote(nobody.headers["Location"]).endswith(path)


def test_no_page_has_inline_script_style_or_handler(ask: Ask, pages: PageHouse) -> None:
    paths = {
        "": ["/", "/verify", "/V", "/window/offline", "/nothing"],
        "clerk": ["/console", "/console/issue/food-operation"],
    }
    paths |= {"citizen": ["/my/licences", f"/my/licences/{pages.food.id}"], "window": ["/window"], "admin": ["/admin"]}
    for caller, some in paths.items():
        for path in some:
            text = ask(path, caller).text
            assert not re.search(r"<script(?![^>]*\ssrc=)", text), path
            assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text), path
            assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", text), path


def test_wasm_is_allowed_on_the_window_page_alone(ask: Ask) -> None:
    assert "'wasm-unsafe-eval'" in ask("/window", "window").headers["Content-Security-Policy"]
    for path in ("/", "/verify", "/V"):
        assert "unsafe" not in ask(path).headers["Content-Security-Policy"]


def test_pages_speak_english_when_asked(ask: Ask) -> None:
    text = ask("/verify", lang="en").text
    assert 'lang="en"' in text
    assert "Check sealed PDF and OFD files" in text
    assert "真伪核验" not in text


def test_the_large_view_is_a_link_that_comes_back(ask: Ask) -> None:
    answer = ask("/preferences?view=elder&back=/verify")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/verify")
    assert "yinxin_view=elder" in answer.headers["Set-Cookie"]
    for evil in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        assert ask(f"/preferences?view=elder&back={evil}").headers["Location"] == "/"


# --- wallet ----------------------------------------------------------------------------------------------------------


def test_a_citizen_sees_the_own_licences_and_nobody_elses(ask: Ask, pages: PageHouse) -> None:
    address = f"/my/licences/{pages.food.id}"
    assert "食品经营许可证" in ask("/my/licences", "citizen").text
    assert "没有找到电子证照" in ask("/my/licences", "stranger").text
    page = ask(address, "citizen")
    assert f"/licences/{pages.food.id}/code.svg" in page.text
    assert FOOD["holder_code"] not in page.text
    assert ask(address, "stranger").status_code == 404
    assert FOOD["holder_name"] in page.text  # their own


def test_an_official_reaches_no_licence_through_the_wallet(pages: PageHouse) -> None:
    clerk = replace(pages.callers["clerk"], permissions=pages.callers["clerk"].permissions | {Permission.LICENCE_OWN})
    pages.callers["clerk-who-is-a-citizen"] = clerk
    headers = {"X-Test-Caller": "clerk-who-is-a-citizen", "Accept": "text/html"}
    assert pages.app.test_client().get(f"/my/licences/{pages.food.id}", headers=headers).status_code == 404


@pytest.mark.parametrize(
    ("name", "kind", "start"),
    [
        ("file.pdf", "application/pdf", b"%PDF"),
        ("file.ofd", "application/ofd", b"PK"),
        ("code.svg", "image/svg+xml", b"<svg"),
        ("code.png", "image/png", b"\x89PNG"),
    ],
)
def test_files_go_to_the_holder_and_the_department_only(
    ask: Ask, pages: PageHouse, name: str, kind: str, start: bytes
) -> None:
    address = f"/licences/{pages.food.id}/{name}"
    for caller in ("citizen", "clerk"):
        answer = ask(address, caller)
        assert answer.status_code == 200
        assert answer.mimetype == kind
        assert answer.data.startswith(start)
        assert answer.headers["Cache-Control"] == "no-store"
    for caller, status in {"stranger": 404, "transport": 404, "window": 403, "": 303}.items():
        assert ask(address, caller).status_code == status, caller


def test_a_revoked_licence_shows_no_code(ask: Ask, pages: PageHouse) -> None:
    licence = pages.issue("test:shown")
    ask(f"/console/licences/{licence.id}/revocation", "clerk", data={"reason": "cancelled", "confirm": "yes"})
    page = ask(f"/my/licences/{licence.id}", "citizen").text
    assert "二维码不再显示" in page
    assert "code.svg" not in page


# --- console ---------------------------------------------------------------------------------------------------------


def form(page: str, **changes: str) -> dict[str, str]:
    key = re.search(r'name="request_key" value="([^"]+)"', page)
    assert key
    return {"request_key": key[1], "suites": "sm2", **FOOD, **changes}


def test_issuing_twice_by_one_form_issues_once(ask: Ask) -> None:
    filled = form(ask("/console/issue/food-operation", "clerk").text)
    first = ask("/console/issue/food-operation", "clerk", data=filled)
    again = ask("/console/issue/food-operation", "clerk", data=filled)
    assert first.status_code == again.status_code == 303
    assert first.headers["Location"] == again.headers["Location"]
    assert "已签发、盖章并登记。" in ask(first.headers["Location"], "clerk").text


def test_a_bad_field_is_named_and_what_was_typed_stays(ask: Ask) -> None:
    filled = form(ask("/console/issue/food-operation", "clerk").text, holder_code="123", business_items="")
    answer = ask("/console/issue/food-operation", "clerk", data=filled)
    assert answer.status_code == 422
    assert answer.text.index('href="#f-holder_code"') < answer.text.index('id="e-holder_code"')
    assert 'href="#f-business_items"' in answer.text
    assert 'value="123"' in answer.text
    assert "错误：" in answer.text


def test_a_type_of_another_department_is_refused(ask: Ask) -> None:
    filled = form(ask("/console/issue/food-operation", "transport").text)
    assert ask("/console/issue/food-operation", "transport", data=filled).status_code == 403
    assert ask("/console/issue/nothing", "clerk").status_code == 404


def test_a_form_without_its_token_changes_nothing(pages: PageHouse) -> None:
    client = pages.app.test_client()
    answer = client.post(
        f"/console/licences/{pages.food.id}/revocation",
        data={"reason": "cancelled", "confirm": "yes"},
        headers={"X-Test-Caller": "clerk", "Accept": "text/html"},
    )
    assert answer.status_code == 403
    assert pages.food.state == "valid"


def test_revoking_wants_reason_and_tick_and_the_own_department(ask: Ask, pages: PageHouse) -> None:
    licence = pages.issue("test:revoke")
    address = f"/console/licences/{licence.id}/revocation"
    for data in ({}, {"reason": "cancelled"}, {"reason": "mood", "confirm": "yes"}):
        assert ask(address, "clerk", data=data).status_code == 422
    right = {"reason": "cancelled", "confirm": "yes", "note": "持证人申请"}
    assert ask(address, "transport", data=right).status_code == 404
    assert ask(address, "citizen", data=right).status_code == 403
    assert ask(address, "clerk", data=right).status_code == 303
    page = ask(f"/console/licences/{licence.id}?done=revoked", "clerk").text
    assert "注销信息" in page
    assert 'id="revoke-title"' not in page


def test_the_list_filters_and_searches(ask: Ask, pages: PageHouse) -> None:
    assert "营业执照" in ask("/console?type=business-licence", "clerk").text.split("<tbody>")[1]
    only = ask(f"/console?identifier={pages.food.identifier}", "clerk").text.split("<tbody>")[1]
    assert only.count("<tr>") == 1
    assert "没有符合条件的证照" in ask("/console?identifier=none", "clerk").text
    found = ask("/console", "clerk", data={"holder_code": FOOD["holder_code"].lower()})
    assert str(pages.food.id) in found.text
    assert ask("/console", "clerk", data={}).status_code == 422
    assert ask("/console?after=rubbish&state=rubbish&type=rubbish", "clerk").status_code == 200


# --- verification ----------------------------------------------------------------------------------------------------


def sealed(pages: PageHouse, format_: files.Format = files.Format.PDF) -> bytes:
    return files.file(pages.house.licence, pages.callers["citizen"], pages.food.id, format_).data


def code(pages: PageHouse) -> str:
    return files.code_text(pages.house.licence, pages.callers["citizen"], pages.food.id)


@pytest.mark.parametrize("format_", list(files.Format))
def test_a_sealed_file_is_genuine_and_an_altered_one_is_not(ask: Ask, pages: PageHouse, format_: files.Format) -> None:
    data = sealed(pages, format_)
    good = ask("/verify", data={"file": (io.BytesIO(data), f"证照.{format_.value}")})
    assert 'data-verdict="genuine"' in good.text
    assert "印川市市场监督管理局" in good.text
    assert not re.search(r"\dT\d\d:\d\d", good.text)  # times as people read them
    flipped = bytearray(data)
    flipped[len(data) // 3] ^= 1
    bad = ask("/verify", data={"file": (io.BytesIO(bytes(flipped)), f"x.{format_.value}")})
    assert 'data-verdict="genuine"' not in bad.text
    assert "<h1>验证不通过</h1>" in bad.text


def test_a_code_is_judged_by_text_and_by_picture(ask: Ask, pages: PageHouse) -> None:
    assert 'data-verdict="genuine"' in ask("/verify", data={"code": code(pages)}).text
    picture = code_image.png(code(pages))
    assert 'data-verdict="genuine"' in ask("/verify", data={"file": (io.BytesIO(picture), "code.png")}).text
    answer = ask("/window", "window", data={"image": (io.BytesIO(picture), "code.png")})
    assert 'data-verdict="genuine"' in answer.text
    assert 'data-verdict="genuine"' in ask("/window", "window", data={"code": code(pages)}).text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"file": (io.BytesIO(b""), "")}, "请先选择一个文件。"),
        ({"code": "  "}, "请粘贴二维码内容。"),
        ({}, "请先选择一个文件。"),
    ],
)
def test_nothing_to_verify_is_said_beside_the_field(ask: Ask, data: dict[str, Any], words: str) -> None:
    answer = ask("/verify", data=data)
    assert answer.status_code == 422
    assert answer.text.count(words) == 2


def test_pictures_that_hold_no_code_say_what_to_do(ask: Ask) -> None:
    from PIL import Image

    blank = io.BytesIO()
    Image.new("L", (300, 300), 255).save(blank, "PNG")
    for data, words in ((blank.getvalue(), "没有找到二维码"), (b"\x89PNG\r\n\x1a\nrubbish", "图片打不开")):
        answer = ask("/window", "window", data={"image": (io.BytesIO(data), "x.png")})
        assert answer.status_code == 422
        assert words in answer.text


def test_the_name_of_a_file_cannot_speak(ask: Ask) -> None:
    answer = ask("/verify", data={"file": (io.BytesIO(b"rubbish"), '<img src=x onerror="1">\u202e.pdf')})
    assert "<img src=x" not in answer.text
    assert "\u202e" not in answer.text


def test_a_code_in_the_path_moves_into_the_fragment(ask: Ask, pages: PageHouse) -> None:
    body = code(pages).split("#")[1]
    answer = ask(f"/v/{body}")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/V#{body}"
    assert ask("/v/<script>").status_code == 404


# --- overview, assets, worker ----------------------------------------------------------------------------------------


def test_the_overview_counts_and_proves_the_trail(ask: Ask) -> None:
    page = ask("/admin", "admin").text
    assert "印川市" in page
    assert "最近检查点" in page
    assert "没有发现改动" in ask("/admin/audit", "admin", data={}).text
    assert ask("/admin/audit", "clerk", data={}).status_code == 403


def test_static_files_are_packed_lasting_and_only_ours(pages: PageHouse) -> None:
    from portal.assets import asset

    client = pages.app.test_client()
    plain = client.get(asset("css/base.css"))
    packed = client.get(asset("css/base.css"), headers={"Accept-Encoding": "gzip"})
    assert "immutable" in plain.headers["Cache-Control"]
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 2
    assert client.get("/static/0/css/base.css").headers["Cache-Control"] == "no-cache"
    assert client.get("/static/0/../shell.py").status_code == 404
    assert client.get("/static/0/css/nothing.css").status_code == 404


def test_the_worker_keeps_public_files_only(ask: Ask, pages: PageHouse) -> None:
    text = ask("/window-worker-zh.js", "window").text
    assert "/window/offline?lang=zh" in text
    assert "/my/" not in text
    client = pages.app.test_client()
    for address in re.findall(r'"(/static/[^"]+)"', text):
        assert client.get(address).status_code == 200
    assert "csrf_token" not in ask("/window/offline").text

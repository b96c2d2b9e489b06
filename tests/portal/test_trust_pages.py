"""The trust pages: regions entered from files by two people, withdrawn, removed; signed lists taken in; our own out."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from ca.p7b import certificates_only
from ca.reading import read_certificate
from ca.schemas import pem
from portal.trust import words as words_of_trust
from tests.portal.house import PageHouse
from tests.verify.pki import Entity, make
from verify.anchors import AnchorRules, Use
from verify.regions import changes, editions, signed
from verify.regions.shapes import Region, RegionList, Root

Ask = Callable[..., Any]
ROOT = make("页面测试根证书", kind="ca", organization="页面测试省")
BELOW = make("页面测试下级", ROOT, kind="ca", organization="页面测试省")
LEAF = make("页面测试印章", BELOW)
SIGNER = make("页面测试列表签署")


def text(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


def form(code: str, *files: tuple[str, bytes], **more: str) -> dict[str, Any]:
    given = [(io.BytesIO(data), name) for name, data in files]
    fields = {"code": code, "name_zh": "页面测试省", "new-places": code[:2], "reason": "指纹已核对"}
    return {**fields, **more, "files": given}


def propose(ask: Ask, data: dict[str, Any], path: str = "/trust/enter") -> str:
    """The page of the change that was proposed."""
    answer = ask(path, "trust1", data=data, content_type="multipart/form-data")
    assert answer.status_code == 303, text(answer)
    return str(answer.headers["Location"]).split("?")[0]


def agree(ask: Ask, path: str) -> None:
    assert ask(path, "trust2", data={"decision": "agree"}).status_code == 303


def entered(ask: Ask, code: str, root: Entity = ROOT) -> None:
    agree(ask, propose(ask, form(code, ("root.cer", root.certificate))))


FILES = {
    "der": [("a.cer", ROOT.certificate), ("b.crt", BELOW.certificate)],
    "pem": [("a.pem", (pem(ROOT.certificate) + pem(BELOW.certificate)).encode())],
    "p7b": [("a.p7b", certificates_only([ROOT.certificate, BELOW.certificate]))],
}


@pytest.mark.parametrize("kind", FILES)
def test_a_region_counts_once_another_person_agrees(ask: Ask, pages: PageHouse, kind: str) -> None:
    code = {"der": "410000", "pem": "420000", "p7b": "430000"}[kind]
    path = propose(ask, form(code, *FILES[kind]))
    assert ask(f"/trust/regions/{code}", "trust1").status_code == 404
    own = ask(path, "trust1", data={"decision": "agree"})
    assert own.status_code == 403
    page = text(ask(path, "trust2"))
    assert "新增一个区域" in page
    assert "另一渠道" in page
    agree(ask, path)
    region = next(one for one in editions.book(pages.house.ground).regions if one.code == code)
    assert [one.certificate.der for one in region.roots] == [ROOT.certificate]
    assert [one.der for one in region.intermediates] == [BELOW.certificate]
    assert region.roots[0].rules.regions == frozenset({code[:2]})
    shown = text(ask(f"/trust/regions/{code}", "trust2"))
    assert "页面测试根证书" in shown
    assert "指纹已核对" in shown


def test_nobody_agrees_to_their_own_even_with_both_roles(ask: Ask, pages: PageHouse) -> None:
    path = propose(ask, form("440000", ("a.cer", ROOT.certificate)))
    both = pages.callers["trust1"]
    pages.callers["both"] = type(both)(
        both.kind, both.label, both.permissions | pages.callers["trust2"].permissions, both.department, both.person_id
    )
    try:
        page = ask(path, "both")
        assert "您自己提出的" in text(page)
        assert 'name="decision"' not in text(page)
        refused = ask(path, "both", data={"decision": "agree"})
    finally:
        del pages.callers["both"]
    assert refused.status_code == 422
    assert "不能审批自己提出的变更" in text(refused)
    assert ask(path, "trust2", data={"decision": "refuse"}).status_code == 303
    assert ask(path, "trust2", data={"decision": "agree"}).status_code == 422, "decided already"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no-file": ({}, "含自签名根证书"),
    "no-certificate": ({"files": ("a.cer", b"no certificate")}, "读不出证书"),
    "a-seal": ({"files": ("a.cer", LEAF.certificate)}, "不是机构"),
    "no-root": ({"files": ("a.cer", BELOW.certificate)}, "含自签名根证书"),
    "no-places": ({"files": ("a.cer", ROOT.certificate), "new-places": ""}, "勾选“不限地区”"),
    "bad-places": ({"files": ("a.cer", ROOT.certificate), "new-places": "河南"}, "2 至 6 位数字"),
    "bad-types": ({"files": ("a.cer", ROOT.certificate), "new-types": "许可证"}, "大写字母和数字"),
    "bad-time": ({"files": ("a.cer", ROOT.certificate), "new-trusted_until": "soon"}, "时间读不出来"),
    "bad-code": ({"files": ("a.cer", ROOT.certificate), "code": "41"}, "六位行政区划代码"),
    "no-reason": ({"files": ("a.cer", ROOT.certificate), "reason": " "}, "请写明理由"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_missing_is_said_beside_its_field(ask: Ask, case: str) -> None:
    data, words = dict(REFUSED[case][0]), REFUSED[case][1]
    files = [data.pop("files")] if "files" in data else []
    answer = ask("/trust/enter", "trust1", data=form("450000", *files) | data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert words in text(answer).split("<main", 1)[1]
    assert "页面测试省" in text(answer), "what was typed stays"


def test_limits_of_a_root_are_changed_and_the_difference_is_told(ask: Ask, pages: PageHouse) -> None:
    entered(ask, "460000")
    print_ = read_certificate(ROOT.certificate).fingerprint
    change = {
        "name_zh": "页面测试省", "keep": print_, f"{print_}-places": "46 4601", f"{print_}-uses": "seal",
        f"{print_}-types": "11100000MB0341032Y", f"{print_}-trusted_until": "2030-01-01T08:00", "reason": "缩小范围",
    }  # fmt: skip
    path = propose(ask, change, "/trust/regions/460000/change")
    page = text(ask(path, "trust2"))
    assert "代码以 46 开头的地区 → 代码以 46、4601 开头的地区" in page
    assert "2030-01-01 08:00" in page
    agree(ask, path)
    region = next(one for one in editions.book(pages.house.ground).regions if one.code == "460000")
    assert region.roots[0].rules.licence_types == frozenset({"11100000MB0341032Y"})
    assert region.roots[0].uses == frozenset({Use.SEAL})


def test_trust_is_withdrawn_since_a_time_and_a_region_removed(ask: Ask, pages: PageHouse) -> None:
    entered(ask, "500000")
    print_ = read_certificate(ROOT.certificate).fingerprint
    missing = ask("/trust/regions/500000/withdrawal", "trust1", data={"root": print_, "reason": "密钥泄露"})
    assert missing.status_code == 422
    assert "填写时间" in text(missing)
    withdrawal = {"root": print_, "at": "2026-11-20T08:00", "reason": "密钥泄露"}
    agree(ask, propose(ask, withdrawal, "/trust/regions/500000/withdrawal"))
    page = text(ask("/trust/regions/500000", "admin"))
    assert "2026-11-20 08:00" in page
    assert "已不再信任" in page
    agree(ask, propose(ask, {"reason": "不再互认"}, "/trust/regions/500000/removal"))
    assert ask("/trust/regions/500000", "trust1").status_code == 404
    assert "500000" in text(ask("/trust/changes", "trust1"))


def a_list(pages: PageHouse, number: int) -> bytes:
    now = pages.house.ground.clock.now().replace(microsecond=0)
    certificate = read_certificate(make("列表省根证书", kind="ca").certificate)
    region = Region("510000", "列表省", "", "", (Root(certificate, None, AnchorRules(regions=frozenset({"51"}))),))
    found = RegionList("pages-test", number, now, now + timedelta(days=7), None, (region,))
    data = signed.signing_input(SIGNER.certificate, found.payload())
    return signed.assemble([(data, SIGNER.sign(data))])


def take_in(ask: Ask, octets: bytes) -> Any:
    data = {"file": (io.BytesIO(octets), "regions.json")}
    return ask("/trust/lists", "trust1", data=data, content_type="multipart/form-data")


def test_a_signed_list_comes_in_once_its_signer_is_agreed_to(ask: Ask, pages: PageHouse) -> None:
    octets = a_list(pages, 3)
    early = take_in(ask, octets)
    assert early.status_code == 422
    assert "尚未经两人确认" in text(early)
    signers = {"scheme": "pages-test", "need": "1", "reason": "公文核对",
               "certificates": (io.BytesIO(SIGNER.certificate), "signer.cer")}  # fmt: skip
    path = propose(ask, signers, "/trust/lists/signers")
    assert "页面测试列表签署" in text(ask(path, "trust2"))
    agree(ask, path)
    at = octets.index(b'"signature":"') + 30
    forged = octets[:at] + (b"A" if octets[at : at + 1] != b"A" else b"B") + octets[at + 1 :]
    refused = take_in(ask, forged)
    assert refused.status_code == 422
    assert "签名不成立" in text(refused)
    assert "第 3 版" in text(take_in(ask, octets))
    page = text(ask("/trust/regions/510000", "trust1"))
    assert "pages-test" in page
    assert "没有本地登记可以移除" in page
    older = take_in(ask, a_list(pages, 2))
    assert older.status_code == 422
    assert "旧列表不能导入" in text(older)


@pytest.mark.parametrize(
    ("more", "words"),
    [({"scheme": "Not A Name"}, "小写字母"), ({"need": "2"}, "证书张数"), ({"reason": ""}, "请写明理由")],
    ids=["name", "number", "reason"],
)
def test_signers_need_their_fields(ask: Ask, more: dict[str, str], words: str) -> None:
    data = {"scheme": "other", "need": "1", "reason": "核对", "certificates": (io.BytesIO(SIGNER.certificate), "a.cer")}
    answer = ask("/trust/lists/signers", "trust1", data=data | more, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert words in text(answer).split("<main", 1)[1]


def test_our_own_list_is_published_and_believed_by_whoever_pins_its_signer(ask: Ask, pages: PageHouse) -> None:
    assert "最新版" in text(ask("/trust/lists/own", "trust1", data={}))
    page = text(ask("/trust/lists", "trust2"))
    octets = ask("/trust/lists/own/regions.json", "trust2").data
    signer = read_certificate(ask("/trust/lists/own/list-signer.cer", "trust2").data)
    assert re.sub(r"</?span[^>]*>", "", page).count(signer.fingerprint) == 1
    found = signed.verified(octets, signed.Pins((signer,)), pages.house.ground.clock.now())
    assert [one.code for one in found.list.regions] == [pages.house.ground.settings.region.code]


@pytest.mark.parametrize("caller", ["", "citizen", "clerk", "seal1", "window", "approver"])
def test_it_is_nobody_elses(ask: Ask, pages: PageHouse, caller: str) -> None:
    change = changes.listed(pages.house.regions)
    paths = ["/trust", "/trust/changes", "/trust/lists", "/trust/enter", "/trust/lists/own/regions.json"]
    for path in [*paths, *(f"/trust/changes/{one.id}" for one in change[:1])]:
        assert ask(path, caller).status_code in (303, 403), path


def test_who_may_only_look_cannot_propose_or_decide(ask: Ask) -> None:
    path = propose(ask, form("520000", ("a.cer", ROOT.certificate)))
    assert "只能查看" in text(ask(path, "admin"))
    for post, data in (("/trust/enter", form("530000")), (path, {"decision": "agree"}), ("/trust/lists/signers", {})):
        assert ask(post, "admin", data=data, content_type="multipart/form-data").status_code == 403
    assert ask("/trust/enter", "trust2").status_code == 403
    assert ask("/trust/changes/00000000-0000-7000-8000-000000000000", "trust2").status_code == 404
    assert ask("/trust/regions/999999/change", "trust1").status_code == 404


@pytest.mark.parametrize("table", ["COMMON", "REGIONS", "ENTER", "CHANGES", "LISTS", "USES"])
def test_every_word_has_its_english_with_the_same_placeholders(table: str) -> None:
    for key, word in getattr(words_of_trust, table).items():
        assert word.zh, key
        assert word.en, key
        assert not re.search(r"[\u3400-\u9fff]", word.en), key
        assert sorted(re.findall(r"%\(\w+\)s", word.zh)) == sorted(re.findall(r"%\(\w+\)s", word.en)), key

"""The public verification page: what it shows of every kind of file, what it refuses, and that it keeps nothing."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from PIL import Image

from licence import files
from portal import report_carried
from portal.report_parts import nodes_of, tree_of
from seal import ses
from seal.ofd.package import Package
from tests.portal.forged import by_a_stranger, painted_over
from tests.portal.house import PageHouse
from tests.verify import sealing
from tests.verify.pki import region
from tests.verify.test_seals import seal as make_seal
from verify.exhibits import shown
from verify.report import Report, SignatureReport, Verdict

Ask = Callable[..., Any]
NASTY = '\u202e<b onload="x">\u0007' + "长" * 300 + ".pdf"


def licence(pages: PageHouse, form: files.Format = files.Format.PDF) -> bytes:
    return files.file(pages.house.licence, pages.callers["citizen"], pages.food.id, form).data


def send(ask: Ask, *given: tuple[bytes, str], lang: str = "zh", **more: Any) -> Any:
    return ask("/verify", data={"file": [(io.BytesIO(data), name) for data, name in given], **more}, lang=lang)


@pytest.fixture(scope="module")
def forged(pages: PageHouse) -> bytes:
    return painted_over(licence(pages))


def test_a_genuine_pdf_shows_tree_picture_and_numbered_box(ask: Ask, pages: PageHouse) -> None:
    page = send(ask, (licence(pages), "a.pdf")).text
    assert page.index('data-verdict="genuine"') < page.index("签章一览") < page.index("技术细节")
    assert re.search(r'<image href="data:image/(png|jpeg);base64,', page)
    assert '<rect class="spot good"' in page
    assert "从页面上截取的图样" in page
    assert "：有效，时间" in page, "the verifier's own sentence"
    several = len(pages.house.verify.judge_file(licence(pages)).signatures) > 1
    assert ("加盖时已有签章 1，一并保护" in page) is several
    assert "吊销信息 CRL" in page or "吊销信息 OCSP" in page
    assert "没有留存" in page


def test_an_ofd_is_sketched_with_the_seal_of_its_data(ask: Ask, pages: PageHouse) -> None:
    page = send(ask, (licence(pages, files.Format.OFD), "a.ofd")).text
    assert "这是示意图" in page
    assert "印章数据中的图样" in page
    assert page.count('class="sketch"') > 10
    assert "食品经营许可证" in unescape(re.sub(r"<[^>]+>", "", page))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_changed_is_told_with_both_states(ask: Ask, forged: bytes, lang: str) -> None:
    page = send(ask, (forged, "b.pdf"), lang=lang).text
    words = ("不允许的改动", "盖章时", "现在") if lang == "zh" else ("Not allowed", "When sealed", "Now")
    assert all(f"<b>{word}</b>" in page for word in words)
    assert page.index(words[0]) < page.index("签章一览" if lang == "zh" else "Seals and signatures")
    compared = re.findall(r'class="compared">.*?</div>', page, re.DOTALL)
    assert len(re.findall(r'<image href="data:', compared[0])) == 2
    assert '<rect class="spot bad"' in compared[0]


def test_a_stranger_is_neither_green_nor_red(ask: Ask) -> None:
    page = send(ask, (by_a_stranger(), "s.pdf")).text
    assert 'data-verdict="cannot_tell"' in page
    assert "签章人未获信任" in page
    assert "不能确定" in page


def test_several_files_have_a_line_each(ask: Ask, pages: PageHouse, forged: bytes) -> None:
    picture = io.BytesIO()
    Image.new("L", (90, 90), 255).save(picture, "PNG")
    good = licence(pages)
    answer = send(ask, (good, "a.pdf"), (forged, NASTY), (b"rubbish", "c.bin"), (picture.getvalue(), "d.png"))
    assert answer.status_code == 200
    page = answer.text
    assert "核验结果：4 个文件" in page
    assert [re.search(r'data-label="结论"><span class="badge (\w+)"', row)[1] for row in rows(page)] == [  # type: ignore[index]
        "good",
        "bad",
        "warn",
        "warn",
    ]
    assert "没有找到二维码" in page
    for hostile in ("\u202e", "<b onload", "长" * 201):
        assert hostile not in page
    anchors = re.findall(r' id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors)), "no anchor stands twice"


def rows(page: str) -> list[str]:
    return re.findall(r"<tr><th scope=\"row\">.*?</tr>", page, re.DOTALL)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"at": "yesterday"}, "年-月-日"),
        ({"at": "2999-01-01"}, "今天或以前"),
        ({"at": "0001-01-01"}, "今天或以前"),
    ],
)
def test_a_day_that_is_none_is_refused_beside_its_field(ask: Ask, more: dict[str, str], words: str) -> None:
    answer = send(ask, (b"x", "x.pdf"), **more)
    assert answer.status_code == 422
    assert words in re.findall(r'id="e-at">([^<]*)', answer.text)[0]


def test_too_many_files_and_a_content_for_several_are_refused(ask: Ask) -> None:
    many = send(ask, *((b"x", f"{number}.pdf") for number in range(21)))
    assert (many.status_code, "一次最多核验 20 个文件" in many.text) == (422, True)
    both = send(ask, (b"x", "a"), (b"y", "b"), content=(io.BytesIO(b"z"), "z"))
    assert (both.status_code, "一次只能核验一个签名文件" in both.text) == (422, True)


def test_an_earlier_day_is_judged_as_it_was(ask: Ask, pages: PageHouse) -> None:
    page = send(ask, (licence(pages), "a.pdf"), at="2020-01-01").text
    assert "按此时的情况判断 2020-01-01 23:59" in page
    assert 'data-verdict="genuine"' not in page, "the seal did not exist yet"


def test_strict_is_said_on_the_page(ask: Ask, pages: PageHouse) -> None:
    page = send(ask, (licence(pages), "a.pdf"), strict="yes").text
    assert "严格核验</p>" in page
    assert 'name="strict" type="checkbox" value="yes" checked' in page


def of_kind(kind: str, pages: PageHouse) -> bytes:
    foreign = region("kinds")
    if kind == "seal":
        package = Package.read(licence(pages, files.Format.OFD))
        return ses.read_signature(
            next(package.file(name) for name in package if name.endswith("SignedValue.dat"))
        ).seal.raw
    if kind == "timestamp":
        return sealing.token(foreign.tsa, b"anything")
    return foreign.root.certificate if kind == "certificate" else foreign.crls()[0]


@pytest.mark.parametrize(
    ("kind", "words"),
    [("seal", "印章文件"), ("timestamp", "时间戳文件"), ("certificate", "数字证书"), ("list", "撤销信息")],
)
def test_other_kinds_have_their_page(ask: Ask, pages: PageHouse, kind: str, words: str) -> None:
    answer = send(ask, (of_kind(kind, pages), f"x.{kind}"))
    assert answer.status_code == 200
    assert f"<dd>{words}</dd>" in answer.text
    assert "签章一览" in answer.text
    assert ("印章数据中的图样" in answer.text) == (kind == "seal")


def test_a_seal_without_a_sound_picture_has_none(ask: Ask) -> None:
    foreign = region("kinds")
    answer = send(ask, (make_seal(foreign.maker, foreign.seal), "x.esl"))
    assert "<dd>印章文件</dd>" in answer.text
    assert "seal-shown" not in answer.text


# --- downloads --------------------------------------------------------------------------------------------------------


def carried(page: str) -> str:
    found = re.search(r'name="report" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_the_page_carries_its_report_for_the_downloads(ask: Ask, pages: PageHouse) -> None:
    data = licence(pages)
    text = carried(send(ask, (data, "a.pdf")).text)
    said = ask("/verify/report", data={"report": text, "as": "json"})
    assert said.headers["Content-Disposition"].startswith('attachment; filename="report-')
    plain = json.loads(said.data)
    there = len(pages.house.verify.judge_file(data).signatures)
    assert (plain["verdict"], plain["name"], len(plain["signatures"])) == ("genuine", "a.pdf", there)
    xml = ask("/verify/report", data={"report": text, "as": "xml"})
    assert (xml.mimetype, b"ValidationReport" in xml.data) == ("application/xml", True)
    pdf = ask("/verify/report", data={"report": text, "as": "pdf"}).data
    sealed = pages.house.verify.judge_file(pdf, "report.pdf")
    assert sealed.intact
    assert sealed.signatures[0].trusted
    assert ask("/verify/report", data={"report": text, "as": "exe"}).status_code == 404


def test_nobody_gets_a_report_of_his_own_making(ask: Ask, pages: PageHouse) -> None:
    text = carried(send(ask, (b"rubbish", "x.pdf")).text)
    octets = bytearray(base64.urlsafe_b64decode(text))
    octets[60] ^= 1
    for wrong in (base64.urlsafe_b64encode(octets).decode(), text[:-8], "", "%%%", "é", "A" * 900_000):
        answer = ask("/verify/report", data={"report": wrong, "as": "json"})
        assert answer.status_code == 422, wrong[:20]
        assert "请重新核验" in answer.text


def test_a_carried_report_ages(pages: PageHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    ground = pages.house.ground
    report = pages.house.verify.judge_file(b"rubbish", "x")
    monkeypatch.setattr(report_carried, "LIFE", -report_carried.LIFE)
    old = report_carried.carried(ground, report)
    with pytest.raises(Exception, match=r"report\.carried"):
        report_carried.opened(ground, old)


# --- parts ------------------------------------------------------------------------------------------------------------


def signature(name: str, parent: str | None = None) -> SignatureReport:
    return SignatureReport(name, "signature", "CMS", intact=True, trusted=True, sub_indication=None, parent=parent)


def a_report(pages: PageHouse, *signatures: SignatureReport) -> Report:
    now = pages.house.ground.clock.now()
    return Report("x", "pdf", "0" * 64, 1, Verdict.GENUINE, True, now, signatures)


def test_counter_signatures_hang_under_theirs_and_a_loop_is_cut(pages: PageHouse) -> None:
    tree = tree_of(nodes_of(a_report(pages, signature("a"), signature("b", "a"), signature("c", "b")), 1))
    assert [(one.number, [two.number for two in one.beneath]) for one in tree] == [(1, [2])]
    assert tree[0].beneath[0].beneath[0].number == 3
    looped = tree_of(nodes_of(a_report(pages, signature("a", "b"), signature("b", "a"), signature("c", "c")), 1))
    assert [one.number for one in looped] == [1, 3]


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 rubbish", b"PK\x03\x04rubbish"])
def test_what_cannot_be_drawn_has_no_pictures(pages: PageHouse, data: bytes) -> None:
    assert shown.gather(data, a_report(pages, signature("a"))).sheets == ()


def test_a_busy_machine_draws_no_pictures_and_judges_all_the_same(
    ask: Ask, pages: PageHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "WAIT_SECONDS", 0)
    for _ in range(shown.AT_ONCE):
        shown._room.acquire()
    try:
        page = send(ask, (licence(pages), "a.pdf")).text
    finally:
        for _ in range(shown.AT_ONCE):
            shown._room.release()
    assert 'data-verdict="genuine"' in page
    assert "这个文件的页面画不出来。结论不受影响。" in page

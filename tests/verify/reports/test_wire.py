"""Reports over HTTP and from the command line: the form asked for, under a name of ours, in the same words."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from lxml import etree
from werkzeug.test import TestResponse

from foundation.clock import FixedClock
from foundation.web.frame import make_app
from hsm.keys import Algorithm
from tests.conftest import START
from tests.seal import papers
from tests.seal.conftest import Region
from tests.verify.conftest import Sealed, trust_of
from tests.verify.reports.samples import HOSTILE, region, sample
from tests.verify.reports.test_xml import strictly
from verify.api import ROUTES
from verify.cli import command
from verify.judge import Context, judge
from verify.reports.names import PREFIXES
from verify.reports.sealing import ReportSealer
from verify.room import VerifyRoom


@pytest.fixture(scope="module")
def client(one_region: Region) -> FlaskClient:
    made = one_region.room
    settings = made.ground.settings
    ground = replace(made.ground, settings=settings)
    trust = trust_of(one_region)
    sealer = ReportSealer(ground, made.keys, made.ca, lambda: trust)
    app = make_app(settings, ground, [VerifyRoom(ground, lambda: trust), sealer], ROUTES)
    return app.test_client()


def ask(client: FlaskClient, data: bytes, name: str = "paper.pdf", **form: str) -> TestResponse:
    return client.post("/api/v1/verify/files", data={"file": (BytesIO(data), name), **form})


def test_every_form_says_the_same(client: FlaskClient, sealed: Sealed) -> None:
    plain = ask(client, sealed.dual).get_json()
    assert plain["verdict"] == "genuine"
    assert [one["covers"] for one in plain["signatures"]] == [[], ["Seal1"]]
    xml = ask(client, sealed.dual, format="xml")
    assert (xml.status_code, xml.content_type) == (200, "application/xml")
    strictly(xml.data)
    values = {element.text for element in etree.fromstring(xml.data).iterfind(".//vr:Value", PREFIXES)}
    for signature in plain["signatures"]:
        assert {signature["sentence_zh"], signature["sentence_en"]} <= values
    assert etree.fromstring(xml.data).find(".//tsl:X509Certificate", PREFIXES) is not None
    pdf = ask(client, sealed.dual, format="pdf")
    assert (pdf.status_code, pdf.content_type) == (200, "application/pdf")
    told = ask(client, pdf.data).get_json()
    assert [(one["kind"], one["indication"]) for one in told["signatures"]] == [("signature", "TOTAL-PASSED")]
    by_rsa = ask(client, ask(client, sealed.dual, format="pdf", suite="rsa").data).get_json()
    assert by_rsa["signatures"][0]["algorithm"] == "rsa-sha256"


def test_names_of_files_get_nowhere_near_headers(client: FlaskClient) -> None:
    for form in ("xml", "pdf"):
        answer = ask(client, papers.pdf(), '".pdf"; x=\u202e', format=form)
        assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''report-")
        assert "202e" not in answer.headers["Content-Disposition"].lower()


@pytest.mark.parametrize("form", [{"format": "html"}, {"format": "pdf", "suite": "md5"}])
def test_other_forms_are_refused(client: FlaskClient, form: dict[str, str]) -> None:
    answer = ask(client, papers.pdf(), **form)
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")


def run(folder: Path, *more: str) -> Result:
    trust = folder / "trust"
    (trust / "roots").mkdir(parents=True, exist_ok=True)
    (trust / "roots" / "root.cer").write_bytes(region(Algorithm.P256).root.certificate)
    return CliRunner().invoke(command(), [*more, "--trust", str(trust)])


def test_the_command_line_writes_reports_beside_each_other(tmp_path: Path) -> None:
    for name in ("one.pdf", "two.pdf"):
        (tmp_path / name).write_bytes(sample("pdf-unknown-root").data)
    files = [str(tmp_path / "one.pdf"), str(tmp_path / "two.pdf")]
    out = tmp_path / "out"
    for form in ("xml", "pdf"):
        done = run(tmp_path, *files, "--report", form, "--out", str(out))
        assert done.exit_code == 2, done.output
    assert sorted(path.name for path in out.iterdir()) == [
        "one.pdf.report.pdf",
        "one.pdf.report.xml",
        "two.pdf.report.pdf",
        "two.pdf.report.xml",
    ]
    strictly((out / "one.pdf.report.xml").read_bytes())
    assert (out / "one.pdf.report.pdf").read_bytes().startswith(b"%PDF-")


def test_reports_need_a_folder_and_replace_nothing(tmp_path: Path) -> None:
    (tmp_path / "one.pdf").write_bytes(sample("pdf-unknown-root").data)
    assert run(tmp_path, str(tmp_path / "one.pdf"), "--report", "xml").exit_code == 3
    out = tmp_path / "out"
    out.mkdir()
    (out / "one.pdf.report.xml").write_text("mine")
    assert run(tmp_path, str(tmp_path / "one.pdf"), "--report", "xml", "--out", str(out)).exit_code == 3
    assert (out / "one.pdf.report.xml").read_text() == "mine"


def test_hostile_words_in_every_json_field(sealed: Sealed) -> None:
    report = judge(sealed.sm2, name=HOSTILE, context=Context(sealed.trust, FixedClock(START)))
    told = json.dumps(report.to_json(), ensure_ascii=False)
    assert not {"\u202e", "\u202f", "\x1b", "\ufffe", "\ufdd0", "\u2028", "\ud800"} & set(told)

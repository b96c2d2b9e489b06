"""The PDF report: what a clerk reads, sealed by the service and by nobody else, on both databases."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import select, update

from ca.suites import Suite
from foundation.clock import FixedClock
from hsm.keys import Purpose
from hsm.service.errors import IntentUnknown, PolicyRefused
from hsm.service.policies import Asked
from seal.cms_writing import template
from tests.conftest import START
from tests.seal.conftest import Region
from tests.verify.conftest import Sealed, trust_of
from tests.verify.reports.samples import CASES, HOSTILE, sample
from verify.judge import Context, judge
from verify.pdf.pictures import of_report
from verify.report import Indication, Report, Sub, Verdict, clean
from verify.reports import mark
from verify.reports.basis import Basis
from verify.reports.mark import RECTANGLE
from verify.reports.models import VerifyReport
from verify.reports.pages import HEIGHT
from verify.reports.pdf_report import write
from verify.reports.policy import check
from verify.reports.sealing import ReportSealer

BASIS = Basis("印川市电子文件核验服务", "ab" * 32, "0193")


def words(data: bytes, folder: Path) -> str:
    """As poppler reads it, without line ends: a second opinion on fonts and order."""
    (folder / "report.pdf").write_bytes(data)
    done = subprocess.run(
        ["pdftotext", "-layout", str(folder / "report.pdf"), "-"], capture_output=True, check=True, text=True
    )
    return "".join(done.stdout.split())


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("name", CASES)
def test_the_verdict_and_every_signature_in_the_same_words(name: str, tmp_path: Path) -> None:
    made = sample(name)
    text = words(write(made.report, BASIS, of_report(made.data, made.report)), tmp_path)
    assert squeezed(clean(made.report.summary.zh)).replace("\ufffd", "[U+FFFD]") in text
    assert made.report.sha256 in text
    for signature in made.report.signatures:
        assert squeezed(signature.sentence.zh).replace("\ufffd", "[U+FFFD]")[:25] in text
        assert signature.indication.value in text
        assert squeezed(signature.sentence.en).replace("\ufffd", "[U+FFFD]")[:25] in text


@pytest.mark.parametrize("kind", ["sm2", "dual", "ofd"])
def test_our_own_files_with_their_seals(sealed: Sealed, kind: str, tmp_path: Path) -> None:
    data = getattr(sealed, kind)
    report = sealed.judge(data)
    text = words(write(report, BASIS, of_report(data, report)), tmp_path)
    assert "真实有效。" in text
    assert "印川市市场监督管理局" in text
    if kind == "ofd":
        assert (report.signatures[0].seal or {})["code"] in text


def test_pages_before_and_after_are_shown_where_something_changed() -> None:
    made = sample("pdf-changed")
    sights = of_report(made.data, made.report)
    assert sights
    data = write(made.report, BASIS, sights)
    assert data.count(b"/Subtype/Image") == 2
    assert write(made.report, BASIS).count(b"/Subtype/Image") == 0


def test_hostile_names_are_spelled_out(tmp_path: Path) -> None:
    data = write(sample("hostile").report, BASIS)
    text = words(data, tmp_path)
    assert not {"\u202e", "\u202f", "\x1b", "\ue000"} & set(text)
    assert "<script>" in text  # as text: nothing in a PDF reads it
    assert squeezed(clean(HOSTILE, 200))[:2] in text
    done = subprocess.run(["qpdf", "--check", str(tmp_path / "report.pdf")], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_many_signatures_and_long_words_end_on_further_pages() -> None:
    report = sample("pdf-sm2").report
    one = replace(report.signatures[0], signer_subject="X" * 3000, coverage=None)
    many = write(replace(report, signatures=(one,) * 200), BASIS)
    assert many.count(b"/Type/Page/") >= 15
    assert len(many) < 2_000_000


# --- sealing ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def sealer(request: pytest.FixtureRequest, make_region: Callable[[str], Region]) -> ReportSealer:
    region = make_region(request.param)
    room = region.room
    return ReportSealer(room.ground, room.keys, room.ca, lambda: trust_of(region))


def judged(data: bytes, sealer: ReportSealer) -> Report:
    return judge(data, name="report.pdf", context=Context(sealer.trust(), FixedClock(START + timedelta(minutes=1))))


def rows(sealer: ReportSealer) -> dict[UUID, VerifyReport]:
    with sealer.ground.db.read() as session:
        return {row.id: row for row in session.scalars(select(VerifyReport))}


def new_row(sealer: ReportSealer, before: dict[UUID, VerifyReport]) -> VerifyReport:
    (row,) = (row for identifier, row in rows(sealer).items() if identifier not in before)
    return row


def test_our_own_verifier_knows_a_report_but_takes_it_for_no_official_seal(sealer: ReportSealer) -> None:
    report = judged(sealer.sealed(sample("pdf-broken").report), sealer)
    (signature,) = report.signatures
    assert (signature.kind, signature.intact, signature.trusted) == ("signature", True, True)
    assert (signature.sub_indication, signature.time_source) == (None, "timestamp")
    assert "核验服务" in (signature.signer_subject or "")
    assert (report.verdict, report.has("file.no_official_seal")) == (Verdict.CANNOT_TELL, True)


def test_a_changed_report_is_refused(sealer: ReportSealer) -> None:
    made = bytearray(sealer.sealed(sample("pdf-broken").report))
    made[made.index(b"stream") + 40] ^= 1
    report = judged(bytes(made), sealer)
    assert (report.verdict, report.signatures[0].sub_indication) == (Verdict.NOT_GENUINE, Sub.HASH_FAILURE)


def test_an_rsa_report_stands_before_poppler(sealer: ReportSealer, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(sealer.sealed(sample("pdf-sm2").report, suite=Suite.RSA))
    done = subprocess.run(
        ["pdfsig", "-nocert", str(tmp_path / "report.pdf")], capture_output=True, check=False, text=True
    )
    assert "Signature is Valid" in done.stdout, done.stdout + done.stderr
    assert "Total document signed" in done.stdout


def test_the_row_holds_digests_and_nothing_else(sealer: ReportSealer) -> None:
    before = rows(sealer)
    report = sample("hostile").report
    made = sealer.sealed(report)
    row = new_row(sealer, before)
    assert (row.document_sha256, row.verdict) == (report.sha256, report.verdict.value)
    assert row.sha256 is not None
    assert str(row.id).encode() not in made  # packed in the page, for whoever reads it
    columns = {column.name for column in VerifyReport.__table__.columns}
    assert columns == {
        "id", "document_sha256", "verdict", "judged_at", "suite", "digest", "certificate", "created_at", "sha256",
    }  # fmt: skip


@pytest.mark.parametrize("place", ["verify.report.recorded", "verify.report.signed"])
def test_a_killed_process_leaves_no_report_and_the_next_request_makes_one(sealer: ReportSealer, place: str) -> None:
    settings, before = sealer.ground.settings, rows(sealer)
    done = subprocess.run(
        [sys.executable, "-m", "tests.verify.reports.crash_child", str(settings.home), settings.database.url],
        env={**os.environ, "YINXIN_FAILPOINT": place},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert new_row(sealer, before).sha256 is None
    assert judged(sealer.sealed(sample("pdf-sm2").report), sealer).signatures[0].trusted


def asked(sealer: ReportSealer, row: VerifyReport, **other: object) -> Asked:
    service = sealer._service(Suite.SM2)
    data = service.template.signed_attributes(bytes.fromhex(row.digest))
    known = Asked(service.signer.ref, Purpose.REPORT, f"report:{row.id}", data)
    return replace(known, **other)  # type: ignore[arg-type]


def test_the_signer_signs_a_recorded_report_once_and_nothing_else(sealer: ReportSealer) -> None:
    before, ground = rows(sealer), sealer.ground
    sealer.sealed(sample("pdf-sm2").report)
    row = new_row(sealer, before)
    with pytest.raises(IntentUnknown):
        check(ground, asked(sealer, row))  # handed out already
    with ground.db.begin() as session:
        session.execute(update(VerifyReport).where(VerifyReport.id == row.id).values(sha256=None))
    check(ground, asked(sealer, row))
    for intent in (f"report:{UUID(int=5)}", "report:x", f"seal:{row.id}"):
        with pytest.raises(IntentUnknown):
            check(ground, asked(sealer, row, intent=intent))
    other = template(sealer._service(Suite.RSA).template.certificate, (), Suite.SM2.scheme)
    wrong: dict[str, dict[str, object]] = {
        "report_other": {"data": sealer._service(Suite.SM2).template.signed_attributes(bytes(32))},
        "report_certificate": {"data": other.signed_attributes(bytes.fromhex(row.digest))},
        "report_key": {"ref": sealer._service(Suite.RSA).signer.ref},
        "report_shape": {"data": b"\x31\x00"},
    }
    for code, change in wrong.items():
        with pytest.raises(PolicyRefused) as refused:
            check(ground, asked(sealer, row, **change))
        assert code in refused.value.code
    late = replace(ground, clock=FixedClock(START + timedelta(minutes=6)))
    with pytest.raises(PolicyRefused, match="report"):
        check(late, asked(sealer, row))


@pytest.mark.parametrize("suite", [Suite.SM2, Suite.RSA])
def test_the_services_mark_is_drawn_and_says_that_it_is_no_official_seal(
    sealer: ReportSealer, suite: Suite, tmp_path: Path
) -> None:
    made = sealer.sealed(sample("pdf-sm2").report, suite=suite)
    report = judged(made, sealer)
    assert report.signatures[0].indication is Indication.PASSED
    assert report.signatures[0].changes == ()
    (tmp_path / "report.pdf").write_bytes(made)
    assert (
        subprocess.run(["qpdf", "--check", str(tmp_path / "report.pdf")], capture_output=True, check=False).returncode
        == 0
    )
    command = ["pdftoppm", "-r", "72", "-f", "1", "-l", "1", str(tmp_path / "report.pdf"), str(tmp_path / "page")]
    subprocess.run(command, check=True)
    page = Image.open(next(tmp_path.glob("page*.ppm"))).convert("RGB")
    left, low, right, top = RECTANGLE
    inside = page.crop((int(left), int(HEIGHT - top), int(right), int(HEIGHT - low)))
    found = {inside.getpixel((x, y)) for x in range(inside.width) for y in range(inside.height)}
    assert (15, 76, 129) in found, "the service's blue"
    assert not [one for one in found if isinstance(one, tuple) and one[0] > one[2] + 40], "and no red at all"


def test_a_long_name_of_a_service_stays_inside_the_mark() -> None:
    drawn = zlib.decompress(mark.visible("很长的" * 30, "sm2", START).appearance.deflated).decode()
    places = [float(one) for one in re.findall(r"q [\d.]+ 0 0 [\d.]+ ([\d.]+) [\d.]+ cm", drawn)]
    assert len(places) > 100
    assert max(places) < RECTANGLE[2] - RECTANGLE[0] - 4

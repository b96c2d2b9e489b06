"""Every published attack, on an SM2, an RSA and a GB/T 38540 seal: refused, with the page or field named (T19)."""

from __future__ import annotations

import re

import pytest

from foundation.clock import FixedClock
from seal.pdf.revision import Closing
from tests.verify import pki, sealing
from tests.verify.pdf_attacks import ATTACKS, VISIBLE, Attack
from tests.verify.pdf_papers import KINDS, File, paper, person, region_of, signed, stream, visible
from tests.verify.pki import NOW
from tests.verify.test_sealed import told
from verify.judge import Context, judge
from verify.pdf.pictures import before_after
from verify.report import Report, Severity, Verdict
from verify.trust import TrustStore


def context(kind: str) -> Context:
    region = region_of(kind)
    intermediates = [region.issuing.certificate]
    return Context(
        TrustStore.build([region.root.certificate], intermediates=intermediates, crls=region.crls()), FixedClock(NOW)
    )


def ask(kind: str, data: bytes) -> Report:
    return judge(data, name=None, context=context(kind))


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_file_is_refused_and_the_place_named(kind: str, attack: Attack) -> None:
    forged = attack.forge(File(signed(kind)))
    report = ask(kind, forged)
    assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False), told(report)
    changes = [change for change in report.signatures[0].changes if not change.allowed]
    assert attack.kind in {change.kind for change in changes}, changes
    named = [change for change in changes if change.kind == attack.kind]
    assert attack.page in {change.page for change in named}, named
    assert attack.field in {change.field for change in named}, named
    if attack.name in VISIBLE and kind == "sm2":
        assert any(change.box is not None for change in named), named
        sights = before_after(forged, report.signatures[0])
        assert any(sight.boxes and sight.before != sight.after for sight in sights)


ONLY_FORMS = {"shadow_replace_value", "shadow_replace_look"}
ALSO_COMMENTS = {"eaa_free_text", "eaa_stamp", "eaa_highlight", "eaa_link"}
NEVER = {"shadow_replace", "font_swap", "unlisted_widget", "new_form_field", "appearances_made_anew"}
TRIED = [attack for attack in ATTACKS if attack.name in ONLY_FORMS | ALSO_COMMENTS | NEVER]


@pytest.mark.parametrize("attack", TRIED, ids=lambda attack: attack.name)
def test_a_certification_does_not_open_an_official_seal(attack: Attack) -> None:
    """Whatever the dictionary allows, the content under an official seal stays as it was."""
    report = ask("sm2", attack.forge(File(signed("sm2", closing=Closing.CERTIFY_ANNOTATE))))
    assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False), told(report)


@pytest.mark.parametrize(
    ("level", "allowed"),
    [
        (Closing.OPEN, set()),
        (Closing.CERTIFY_FINAL, set()),
        (Closing.CERTIFY_FILL, ONLY_FORMS),
        (Closing.CERTIFY_ANNOTATE, ONLY_FORMS | ALSO_COMMENTS),
    ],
    ids=["open", "nothing", "forms", "comments"],
)
@pytest.mark.parametrize("attack", TRIED, ids=lambda attack: attack.name)
def test_a_persons_signature_lets_happen_what_its_certification_says(
    level: Closing, allowed: set[str], attack: Attack
) -> None:
    report = ask("sm2", attack.forge(File(signed("sm2", closing=level, signer="person"))))
    if attack.name in allowed:
        assert report.intact, told(report)
        assert report.has("pdf.changed_as_permitted")
        assert all(change.allowed for change in report.signatures[0].changes)
    else:
        assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False), told(report)


# --- signatures over signatures ---------------------------------------------------------------------------------------

OVER = (60.0, 600.0, 500.0, 780.0)
BESIDE = (60.0, 5.0, 200.0, 30.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_strangers_picture_over_the_text(kind: str) -> None:
    stranger = pki.region("pdf stranger")
    forged = sealing.pdf(
        stranger.seal, chain=(stranger.issuing,), document=signed(kind), closing=Closing.OPEN, field="X",
        visible=visible(OVER),
    )  # fmt: skip
    report = ask(kind, forged)
    assert (report.verdict, report.signatures[0].intact) == (Verdict.NOT_GENUINE, False), told(report)
    [change] = [change for change in report.signatures[0].changes if change.kind == "signature"]
    assert (change.page, change.field, change.allowed) == (1, "X", False)
    assert change.box == pytest.approx(OVER, abs=0.1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("paint", [b"1 1 1 rg 0 0 500 200 re f", b"0 g 0 0 500 200 re f"], ids=["white", "black"])
def test_even_a_trusted_seal_must_not_cover_words(kind: str, paint: bytes) -> None:
    forged = signed(kind, signed(kind), field="Seal2", shown=visible(OVER, paint))
    report = ask(kind, forged)
    assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False), told(report)
    assert report.has("pdf.covered")
    assert before_after(forged, report.signatures[0])[0].boxes


@pytest.mark.parametrize("kind", KINDS)
def test_a_trusted_seal_beside_the_words(kind: str) -> None:
    for shown in (visible(BESIDE, b"1 0 0 RG 4 w 5 5 300 100 re S"), visible(OVER, b"1 0 0 RG 1 w 5 5 300 100 re S")):
        report = ask(kind, signed(kind, signed(kind), field="Seal2", shown=shown))
        assert report.verdict is Verdict.GENUINE, told(report)
        assert report.has("pdf.sealed_again")
        [change] = [change for change in report.signatures[0].changes if change.kind == "signature"]
        assert (change.allowed, change.page, change.field) == (True, 1, "Seal2")


@pytest.mark.parametrize("kind", KINDS)
def test_the_picture_of_an_earlier_seal_is_altered(kind: str) -> None:
    once = signed(kind, shown=visible(BESIDE, b"1 0 0 RG 4 w 5 5 300 100 re S"))
    file = File(once)
    widget = max(number for number, body in file.objects.items() if b"(Seal1)" in body)
    report = ask(kind, file.update({widget: file.entry(widget, "/Rect", "[100 600 400 700]")}))
    assert report.verdict is Verdict.NOT_GENUINE, told(report)
    named = [change for change in report.signatures[0].changes if not change.allowed]
    assert {(change.kind, change.field, change.page) for change in named} == {("signature_altered", "Seal1", 1)}


# --- the octets themselves --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "numbers",
    [b"null", b"[0 0 0 0]", b"[0 -1 10 10]", b"[]", b"[0 10 20]", b"[0 9999999999 9999999999 1]", b"(x)", None],
    ids=["null", "zeros", "negative", "empty", "three", "overflow", "text", "missing"],
)
def test_usf_byte_range(kind: str, numbers: bytes | None) -> None:
    new = b"/ByteRange " + numbers if numbers is not None else b""
    forged = re.sub(rb"/ByteRange ?\[[^\]]*\]", lambda found: new.ljust(len(found[0])), signed(kind))
    report = ask(kind, forged)
    assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False), told(report)
    assert not report.has("unsigned"), told(report)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("contents", [b"<>", b"<00>", b"zeros", b"null", b"missing"], ids=lambda value: value.decode())
def test_usf_contents(kind: str, contents: bytes) -> None:
    def spoil(found: re.Match[bytes]) -> bytes:
        if contents == b"zeros":
            return b"/Contents <" + b"0" * (len(found[0]) - 12) + b">"
        return (b"" if contents == b"missing" else b"/Contents " + contents).ljust(len(found[0]))

    report = ask(kind, re.sub(rb"/Contents <[0-9A-Fa-f]{64,}>", spoil, signed(kind)))
    assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False), told(report)
    assert not report.has("unsigned"), told(report)


def _ranges(data: bytes) -> tuple[re.Match[bytes], int, int, int]:
    found = re.search(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\s*\]", data)
    assert found is not None
    first, second, last = (int(group) for group in found.groups())
    return found, first, second, last


@pytest.mark.parametrize("kind", KINDS)
def test_swa_wider_gap(kind: str) -> None:
    """The second range moves down, and something stands between."""
    data = signed(kind)
    found, first, second, last = _ranges(data)
    extra = b"\n%d 0 obj\n%s\nendobj\n" % (File(data).content[0], stream(b"evil"))
    moved = data[:second] + extra + data[second:]
    moved = moved.replace(
        found[0], (b"/ByteRange [0 %d %d %d]" % (first, second + len(extra), last)).ljust(len(found[0]))
    )
    report = ask(kind, moved)
    assert (report.verdict, report.has("pdf.byte_range")) == (Verdict.NOT_GENUINE, True), told(report)


@pytest.mark.parametrize("kind", KINDS)
def test_swa_signed_part_copied_behind(kind: str) -> None:
    """The signed octets are kept at the end, and the ranges point at them there."""
    data = signed(kind)
    found, first, second, last = _ranges(data)
    evil = data[second : second + last].replace(b"trailer", b"trailer", 1)
    wrapped = data[:second] + evil + data[second:]
    line = (b"/ByteRange [0 %d %d %d]" % (first, second + len(evil), last)).ljust(len(found[0]))
    report = ask(kind, wrapped.replace(found[0], line))
    assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False), told(report)


@pytest.mark.parametrize("kind", KINDS)
def test_isa_without_cross_reference(kind: str) -> None:
    file = File(signed(kind))
    body = b"%d 0 obj\n%s\nendobj\n" % (file.content[0], stream(b"evil"))
    for forged in (file.data + body, file.data + body + b"trailer\n<</Root 1 0 R>>\n%%EOF\n"):
        report = ask(kind, forged)
        assert (report.verdict, report.has("pdf.trailing_bytes")) == (Verdict.NOT_GENUINE, True), told(report)


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_stream_written_anew(kind: str) -> None:
    """None of the objects inside is named by the new table."""
    data = signed(kind, paper(packed=True))
    number = max(int(n) for n in re.findall(rb"(\d+) 0 obj\s*<<[^>]*/Type ?/ObjStm", data))
    found = re.search(rb"\n%d 0 obj\s*(<<[^>]*/ObjStm.*?endstream)" % number, data, re.DOTALL)
    assert found is not None
    file = File(data)
    report = ask(kind, file.update({number: found[1]}))
    assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False), told(report)


def test_nothing_is_said_above_information_about_good_files_of_the_same_kinds() -> None:
    """The files the attacks begin with; more of them in `test_pdf_good`."""
    for kind in KINDS:
        report = ask(kind, signed(kind))
        assert report.verdict is Verdict.GENUINE, told(report)
        assert all(item.severity in (Severity.INFO, Severity.WARNING) for item in report.findings)
    assert person("sm2").certificate

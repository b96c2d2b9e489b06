"""Honest files of the very kinds the attacks use: nothing above information is said about any of them."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from seal.pdf.revision import Closing
from tests.verify.pdf_attacks import eaa_highlight, shadow_replace_look, shadow_replace_value
from tests.verify.pdf_papers import KINDS, File, paper, region_of, signed, visible
from tests.verify.test_archive import with_document_stamp
from tests.verify.test_pdf_attacks import BESIDE, OVER, ask
from tests.verify.test_sealed import told
from verify.pdf.pictures import before_after
from verify.report import Report, Severity, Verdict

RING = b"1 0 0 RG 2 w 5 5 300 100 re S"


def _second(kind: str) -> bytes:
    return signed(kind, signed(kind), field="Seal2", shown=visible(BESIDE, RING))


def _thrice(kind: str) -> bytes:
    return signed(kind, _second(kind), field="Seal3", shown=visible(OVER, RING))


def _stamped(kind: str) -> bytes:
    return with_document_stamp(signed(kind), region_of(kind).tsa)


def _archived(kind: str) -> bytes:
    """A DSS dictionary, then a time stamp over it, twice: what B-LTA renews every few years."""
    data = signed(kind)
    for turn in range(2):
        writer = IncrementalPdfFileWriter(BytesIO(data))
        certificate = writer.add_object(generic.StreamObject(stream_data=region_of(kind).issuing.certificate))
        store = generic.DictionaryObject({pdf_name("/Certs"): generic.ArrayObject([certificate])})
        writer.root[pdf_name("/DSS")] = writer.add_object(store)
        writer.update_root()
        out = BytesIO()
        writer.write(out)
        data = with_document_stamp(out.getvalue(), region_of(kind).tsa, field=f"DocTS{turn}")
    return data


def _titled(kind: str) -> bytes:
    """A reader noted in the properties when it saved."""
    writer = IncrementalPdfFileWriter(BytesIO(signed(kind)))
    info = generic.DictionaryObject({pdf_name("/Producer"): generic.pdf_string("reader")})
    writer.set_info(writer.add_object(info))
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


GOOD: dict[str, Callable[[str], bytes]] = {
    "untouched": signed,
    "packed": lambda kind: signed(kind, paper(packed=True)),
    "linearised": lambda kind: signed(kind, paper(linear=True)),
    "linearised-packed": lambda kind: signed(kind, paper(packed=True, linear=True)),
    "with-picture": lambda kind: signed(kind, shown=visible(BESIDE, RING)),
    "certified": lambda kind: signed(kind, closing=Closing.CERTIFY_FINAL),
    "second-seal": _second,
    "third-seal-over-words": _thrice,
    "second-seal-packed": lambda kind: signed(kind, signed(kind, paper(packed=True)), field="Seal2"),
    "document-stamp": _stamped,
    "archive-data-renewed": _archived,
    "certified-then-stamped": lambda kind: with_document_stamp(
        signed(kind, closing=Closing.CERTIFY_FINAL), region_of(kind).tsa
    ),
    "properties": _titled,
    "line-end": lambda kind: signed(kind) + b"\n",
    "line-end-crlf": lambda kind: _second(kind) + b"\r\n",
}


def quiet(report: Report, *besides: str) -> bool:
    return all(item.severity is Severity.INFO or item.code in besides for item in report.findings)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("kind", KINDS)
def test_no_alarm(kind: str, name: str) -> None:
    report = ask(kind, GOOD[name](kind))
    assert (report.verdict, report.intact) == (Verdict.GENUINE, True), told(report)
    assert quiet(report), told(report)
    assert all(change.allowed for signature in report.signatures for change in signature.changes)


@pytest.mark.parametrize("kind", ["sm2", "rsa"])
@pytest.mark.parametrize(
    ("closing", "change"),
    [
        (Closing.CERTIFY_FILL, shadow_replace_value),
        (Closing.CERTIFY_FILL, shadow_replace_look),
        (Closing.CERTIFY_ANNOTATE, shadow_replace_value),
        (Closing.CERTIFY_ANNOTATE, eaa_highlight),
    ],
    ids=["value", "look", "value-p3", "comment"],
)
def test_what_a_person_permitted_is_told_and_no_more(
    kind: str, closing: Closing, change: Callable[[File], bytes]
) -> None:
    data = change(File(signed(kind, closing=closing, signer="person")))
    report = ask(kind, data)
    assert report.intact
    assert quiet(report, "file.no_official_seal"), told(report)
    [said] = [item for item in report.findings if item.code == "pdf.changed_as_permitted"]
    assert "1" in said.text.zh
    if change is not shadow_replace_value:
        assert before_after(data, report.signatures[0])[0].boxes


def test_a_prepared_field_may_be_signed_by_anybody_and_show_itself_there() -> None:
    """The author put the place there; a stranger's signature in it stays a stranger's."""
    with pikepdf.open(BytesIO(paper())) as document:
        field = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Sig, T="Approver",
                Rect=list(OVER), P=document.pages[0].obj, F=4,
            )
        )  # fmt: skip
        document.Root.AcroForm.Fields.append(field)
        document.pages[0].Annots.append(field)
        out = BytesIO()
        document.save(out, deterministic_id=True)
    first = signed("sm2", out.getvalue() + b"\n", closing=Closing.CERTIFY_FILL)
    report = ask("sm2", signed("sm2", first, field="Approver", signer="person"))
    assert report.verdict is Verdict.GENUINE, told(report)
    assert quiet(report), told(report)


def test_the_report_tells_changes_in_both_languages_and_as_json() -> None:
    report = ask("sm2", _second("sm2"))
    told_changes = report.to_json()["signatures"][0]["changes"]
    [change] = [one for one in told_changes if one["kind"] == "signature"]
    assert change == {
        "revision": 2, "kind": "signature", "allowed": True, "page": 1, "box": [60.0, 5.0, 200.0, 30.0],
        "field": "Seal2", "text_zh": "第 1 页，域“Seal2”：加盖了签章",
        "text_en": 'page 1, field "Seal2": it was signed',
    }  # fmt: skip

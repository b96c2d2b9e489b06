"""Certifications and locks: what our first signatures forbid, and what others' signatures forbid us."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec

from ca.chain import chain
from ca.suites import Suite
from foundation.errors import InvalidInput
from seal.orders import PdfOrder, Placement
from seal.pdf.problems import PdfRefused
from seal.pdf_forms import Certification
from seal.places import InField, Places
from seal.stamp import stamp_pdf
from tests.seal import oracles, papers
from tests.seal.conftest import Region
from tests.seal.placed import genuine, verdict
from tests.seal.strangers import stranger
from verify.report import Verdict

PLACE = Placement(1, 150, 240)


def seal(region: Region, document: bytes, place: Places = PLACE, **more: object) -> bytes:
    suites = more.pop("suites", (Suite.SM2,))
    order = PdfOrder(document, region.seal_id, place, region.key(), suites, **more)  # type: ignore[arg-type]
    return stamp_pdf(region.room, region.principal, order).document


def form(*names: str) -> bytes:
    """A page with text fields that have no appearance of their own."""
    with pikepdf.open(BytesIO(papers.pdf())) as pdf:
        made = [
            pdf.make_indirect(
                pikepdf.Dictionary(
                    Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T=name,
                    Rect=[72, 700 - 40 * number, 272, 720 - 40 * number], DA=pikepdf.String("/Helv 12 Tf 0 g"), F=4,
                )
            )
            for number, name in enumerate(names)
        ]  # fmt: skip
        pdf.pages[0].Annots = pikepdf.Array(made)
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array(made), DA=pikepdf.String("/Helv 0 Tf 0 g"))
        out = BytesIO()
        pdf.save(out)
    return out.getvalue()


def with_field(document: bytes, name: str = "Second") -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(document))
    fields.append_signature_field(writer, SigFieldSpec(name, on_page=0, box=(50, 50, 250, 250)))
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def filled(document: bytes, name: str, value: str) -> bytes:
    """Filled in by pyHanko in an incremental update."""
    writer = IncrementalPdfFileWriter(BytesIO(document))
    for reference in writer.root["/AcroForm"]["/Fields"]:
        field = reference.get_object()
        if field.get("/T") == name:
            field["/V"] = generic.TextStringObject(value)
            writer.mark_update(reference)
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def root(region: Region) -> bytes:
    return chain(region.room.ca, region.market.certificates[1])[-1]


# --- ours forbid -----------------------------------------------------------------------------------------------------


def test_a_certified_file_says_what_may_follow(one_region: Region) -> None:
    for level in Certification:
        sealed = seal(one_region, form("name"), certify=level, closing=False)
        with pikepdf.open(BytesIO(sealed)) as pdf:
            signature = pdf.Root.Perms.DocMDP
            assert int(signature.Reference[0].TransformParams.P) == level
        assert genuine(one_region, sealed)


def permitted(region: Region, document: bytes) -> bool:
    """As pyHanko judges what our RSA signature allows."""
    status, _ = oracles.pyhanko_rsa(document, "Seal1", root(region), region.clock.now())
    assert status.intact
    return bool(status.docmdp_ok)


def test_filling_in_is_allowed_from_level_2_and_not_at_1(one_region: Region) -> None:
    for level in (Certification.NOTHING, Certification.FILL_AND_SIGN):
        sealed = seal(one_region, form("name"), suites=(Suite.RSA,), certify=level)
        assert permitted(one_region, sealed)
        assert permitted(one_region, filled(sealed, "name", "late")) == (level is Certification.FILL_AND_SIGN)


def test_an_existing_field_of_a_certified_file_takes_the_second_seal(one_region: Region, tmp_path: Path) -> None:
    first = seal(one_region, with_field(papers.pdf()), certify=Certification.FILL_AND_SIGN)
    with pytest.raises(PdfRefused) as refused:
        seal(one_region, first)
    assert refused.value.code == "pdf.certified"
    assert "Seal1" in refused.value.detail.zh
    assert "Seal1" in refused.value.detail.en
    both = seal(one_region, first, InField("Second"), suites=(Suite.RSA,))
    assert "Signature is Valid." in oracles.pdfsig(tmp_path, both)
    assert genuine(one_region, both)


def test_dual_under_a_certification_stays_open_for_forms(one_region: Region, tmp_path: Path) -> None:
    sealed = seal(one_region, form("name"), suites=(Suite.SM2, Suite.RSA), certify=Certification.FILL_AND_SIGN)
    assert oracles.pdfsig(tmp_path, sealed)[1] == "Signature is Valid."
    assert genuine(one_region, sealed)


def test_a_locked_field_may_not_change_and_another_may(one_region: Region) -> None:
    document = form("name", "note")
    sealed = seal(one_region, document, suites=(Suite.RSA,), certify=Certification.FILL_AND_SIGN, lock=("name",))
    assert permitted(one_region, filled(sealed, "note", "late"))
    assert not permitted(one_region, filled(sealed, "name", "late"))


def test_what_makes_no_sense_is_refused(one_region: Region) -> None:
    cases: list[tuple[Callable[[], bytes], str]] = [
        (lambda: seal(one_region, form("name"), lock=("name",)), "seal.lock_closing"),
        (lambda: seal(one_region, form("name"), closing=False, lock=("other",)), "seal.lock_unknown"),
        (
            lambda: seal(one_region, seal(one_region, papers.pdf(), closing=False), certify=Certification.NOTHING),
            "seal.certify_first",
        ),
    ]
    for attempt, code in cases:
        with pytest.raises(InvalidInput) as refused:
            attempt()
        assert refused.value.code == code


# --- others forbid us ------------------------------------------------------------------------------------------------


def test_a_strangers_signature_outlives_our_stamp(one_region: Region, tmp_path: Path) -> None:
    for kind in ("rsa", "p256"):
        who = stranger(kind)
        signed = who.sign(papers.pdf())
        sealed = seal(one_region, signed, suites=(Suite.RSA,))
        assert sealed.startswith(signed)
        assert oracles.pdfsig(tmp_path, sealed) == ["Signature is Valid."] * 2
        status = who.judge(sealed)
        assert status.intact
        assert status.valid
        assert status.docmdp_ok
        assert not status.modification_level or status.bottom_line


@pytest.mark.parametrize(
    ("perms", "lock", "code"),
    [
        (MDPPerm.NO_CHANGES, None, "pdf.locked"),
        (MDPPerm.FILL_FORMS, None, "pdf.certified"),
        (MDPPerm.ANNOTATE, None, "pdf.certified"),
        (None, FieldMDPSpec(FieldMDPAction.ALL), "pdf.locked"),
        (None, FieldMDPSpec(FieldMDPAction.EXCLUDE, ["name"]), "pdf.locked"),
        (None, FieldMDPSpec(FieldMDPAction.INCLUDE, ["Seal1"]), None),
    ],
    ids=["p1", "p2", "p3", "all-fields", "all-but", "one-field"],
)
def test_a_strangers_certification_is_honoured(
    one_region: Region, perms: MDPPerm | None, lock: FieldMDPSpec | None, code: str | None
) -> None:
    signed = stranger("rsa").sign(papers.pdf(), certify=perms, lock=lock)
    if code is None:
        assert stranger("rsa").judge(seal(one_region, signed, suites=(Suite.RSA,))).docmdp_ok
        return
    with pytest.raises(PdfRefused) as refused:
        seal(one_region, signed)
    assert refused.value.code == code
    assert "Stranger" in refused.value.detail.zh


def test_a_field_a_stranger_locked_stays_closed_to_us(one_region: Region) -> None:
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, ["Second"])
    signed = stranger("rsa").sign(with_field(papers.pdf()), lock=lock)
    with pytest.raises(PdfRefused) as refused:
        seal(one_region, signed, InField("Second"))
    assert refused.value.code == "pdf.locked"
    assert "Second" in refused.value.detail.en


def test_usage_rights_are_not_voided_silently(one_region: Region) -> None:
    with pikepdf.open(BytesIO(papers.pdf())) as pdf:
        pdf.Root.Perms = pikepdf.Dictionary(UR3=pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Sig)))
        out = BytesIO()
        pdf.save(out)
    with pytest.raises(PdfRefused) as refused:
        seal(one_region, out.getvalue())
    assert refused.value.code == "pdf.usage_rights"


def test_an_sm2_signature_outlives_a_second_seal(one_region: Region) -> None:
    first = seal(one_region, papers.pdf(), closing=False)
    both = seal(one_region, first, Placement(1, 60, 100))
    report = verdict(one_region, both)
    assert report.verdict is Verdict.GENUINE
    assert len(report.signatures) == 2

"""What may follow a seal (PAdES B-LT, B-LTA): archive data and document time stamps, and nothing else."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from io import BytesIO

import pikepdf
import pytest
from asn1crypto import x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore

from foundation.clock import FixedClock
from seal.pdf.revision import Closing
from tests.verify import pki, sealing
from tests.verify.pki import NOW, Entity, Region
from tests.verify.test_sealed import told
from verify.judge import Context, judge
from verify.report import Report, Sub, Verdict
from verify.trust import TrustStore

DAY = timedelta(days=1)


@pytest.fixture
def region() -> Region:
    return pki.region("archive")


def verdict(region: Region, data: bytes, now: object = NOW, *, crls: list[bytes] | None = None) -> Report:
    trust = TrustStore.build(
        [region.root.certificate], intermediates=[region.issuing.certificate], crls=crls or region.crls()
    )
    return judge(data, name=None, context=Context(trust, FixedClock(now)))  # type: ignore[arg-type]


def with_archive_data(data: bytes, region: Region) -> bytes:
    """A DSS dictionary with certificates, as the nightly job of a B-LT archive adds."""
    out = BytesIO(data)
    hole = PdfFileReader(BytesIO(data)).embedded_signatures[0].pkcs7_content
    certificates = [x509.Certificate.load(region.issuing.certificate)]
    DocumentSecurityStore.add_dss(out, sig_contents=hole, certs=certificates)
    return out.getvalue()


def with_document_stamp(
    data: bytes, tsa: Entity, *, at: object = NOW, broken: bool = False, field: str = "DocTS"
) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(data))
    steps = PdfCMSEmbedder().write_cms(field, writer)
    next(steps)
    steps.send(SigObjSetup(sig_placeholder=DocumentTimestamp(bytes_reserved=8192)))
    prepared, output = steps.send(SigIOSetup(md_algorithm=tsa.scheme.digest.value))
    digest = prepared.document_digest
    token = sealing.token(tsa, digest, at=at, altered=broken, digested=True)  # type: ignore[arg-type]
    prepared.fill_with_cms(output, token)
    return bytes(output.getvalue())


def test_archive_data_after_the_seal_is_fine(region: Region) -> None:
    sealed = sealing.pdf(region.seal, chain=(region.issuing,), tsa=region.tsa)
    report = verdict(region, with_archive_data(sealed, region))
    assert report.verdict is Verdict.GENUINE, told(report)
    assert report.intact
    assert report.has("pdf.extended")
    assert report.signatures[0].coverage == "revision"
    assert report.signatures[0].unprotected != ()


def test_a_document_time_stamp_proves_the_time_of_a_seal_without_one(region: Region) -> None:
    sealed = sealing.pdf(region.seal, chain=(region.issuing,))
    stamped = with_document_stamp(sealed, region.tsa, at=NOW - 2 * DAY)
    report = verdict(region, stamped)
    assert report.verdict is Verdict.GENUINE, told(report)
    assert [signature.kind for signature in report.signatures] == ["seal", "timestamp"]
    region.issuing.revoke(region.seal, at=NOW - DAY, reason=5)
    assert verdict(region, stamped).verdict is Verdict.GENUINE
    assert verdict(region, sealed).signatures[0].sub_indication is Sub.REVOKED_NO_POE


def test_a_broken_document_time_stamp_spoils_the_file(region: Region) -> None:
    sealed = sealing.pdf(region.seal, chain=(region.issuing,), tsa=region.tsa)
    report = verdict(region, with_document_stamp(sealed, region.tsa, broken=True))
    assert report.verdict is Verdict.NOT_GENUINE
    assert report.has("time.broken"), told(report)


def test_a_filled_field_after_an_approval_signature(region: Region) -> None:
    """Shadow replace: a form field below an open signature is filled later; pyHanko calls that harmless."""
    with pikepdf.open(BytesIO(sealing.papers.pdf())) as document:
        field = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T="to", V="charity",
                Rect=[100, 100, 300, 120], P=document.pages[0].obj,
            )
        )  # fmt: skip
        document.pages[0].Annots = document.make_indirect(pikepdf.Array([field]))
        document.Root.AcroForm = document.make_indirect(pikepdf.Dictionary(Fields=pikepdf.Array([field])))
        out = BytesIO()
        document.save(out)
    sealed = sealing.pdf(
        region.seal, chain=(region.issuing,), tsa=region.tsa, document=out.getvalue() + b"\n", closing=Closing.OPEN
    )
    assert verdict(region, sealed).verdict is Verdict.GENUINE
    writer = IncrementalPdfFileWriter(BytesIO(sealed))
    target = next(f.get_object() for f in writer.root["/AcroForm"]["/Fields"] if f.get_object()["/T"] == "to")
    target["/V"] = generic.pdf_string("somebody else")
    writer.update_container(target)
    changed = BytesIO()
    writer.write(changed)
    report = verdict(region, changed.getvalue())
    assert report.verdict is Verdict.NOT_GENUINE
    assert report.has("pdf.changed_after_sealing"), told(report)
    assert "to" in next(f.text.en for f in report.findings if f.code == "pdf.changed_after_sealing")


def test_event_loops_are_not_needed() -> None:
    """The verifier is synchronous: it may run inside somebody else's loop."""

    async def inside() -> Verdict:
        region = pki.region("archive")
        return verdict(region, sealing.pdf(region.seal, chain=(region.issuing,))).verdict

    assert asyncio.run(inside()) is Verdict.GENUINE

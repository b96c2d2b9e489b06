"""Extending a sealed PDF (签章延长): B-T → B-LT → B-LTA → renewed, each step one revision behind what was sealed.

A document time stamp is made over the data that vouches for everything before it, so the next verifier needs nobody:
EN 319 142-1 5.5, each stamp judged at the time of the one after it.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp

from foundation.errors import Damaged
from foundation.text import Text
from seal.longlife import archive
from seal.longlife.archive import joined
from seal.longlife.gathering import gather
from seal.longlife.levels import ChainBroken, ChainCheck, Level, NotExtendable, Sources, Stamper
from seal.longlife.needs import signatures
from seal.pdf.pages import entry, items
from seal.pdf.problems import PdfRefused, damaged, reading
from seal.pdf.writer import open_writer


def extend(
    pdf: bytes, level: Level, sources: Sources, *, stamper: Stamper | None = None, check: ChainCheck | None = None
) -> bytes:
    """`pdf` at `level`. For a file that already has document time stamps, B-LTA renews the chain: `check` first."""
    if level is Level.B_T:
        return pdf
    found = _look(pdf)
    if check is not None:
        check(pdf)
    elif found.stamped:
        raise ChainBroken("nobody judged it")
    longer = _with_data(pdf, sources, anew=found.stamped)
    if level is Level.B_LT:
        return longer
    if stamper is None:
        raise NotExtendable("没有可用的时间戳服务", "there is no time stamping authority")
    return _with_stamp(longer, stamper)


class _Look:
    """What the file says before anything is written."""

    def __init__(self, pdf: bytes) -> None:
        if not pdf.startswith(b"%PDF-"):
            raise PdfRefused("not_pdf", "这不是 PDF 文件。", "This is not a PDF file.")
        with reading():
            writer = open_writer(pdf)
            if "/Encrypt" in writer.prev.trailer:
                raise PdfRefused(
                    "encrypted", "这个 PDF 已加密，不能延长有效期。", "This PDF is encrypted and cannot be extended."
                )
            self.signatures = signatures(writer.prev)
        self.stamped = any(one.is_stamp for one in self.signatures)
        if any(one.time is None for one in self.signatures) and not self.stamped:
            raise NotExtendable("签章没有时间戳", "a signature in it carries no time stamp")


_look = _Look


def _with_data(pdf: bytes, sources: Sources, *, anew: bool) -> bytes:
    with reading():
        writer = open_writer(pdf if pdf.endswith((b"\n", b"\r")) else pdf + b"\n")
        held = archive.read(writer.root).material
        known = signatures(writer.prev)
    found = [(one, part) for one in known if (part := gather(one, sources, held, anew=anew)) is not None]
    if all(one.is_stamp for one, _ in found):
        raise NotExtendable("签章者不属于本区域", "its signers belong to nobody we have data about")
    whole = joined(material for _, material in found)
    with reading():
        if not archive.add(writer, whole, [(one.contents, part) for one, part in found if not one.is_stamp]):
            return pdf
        return _written(pdf, writer)


def _written(pdf: bytes, writer: Any) -> bytes:
    out = BytesIO()
    writer.write(out)
    data = out.getvalue()
    if not data.startswith(pdf):
        raise Damaged(
            "seal.extended_other", Text("写入结果与原文件不一致。", "What was written does not begin with the file.")
        )
    return data


def _with_stamp(pdf: bytes, stamper: Stamper) -> bytes:
    with reading():
        writer = open_writer(pdf if pdf.endswith((b"\n", b"\r")) else pdf + b"\n")
        steps = PdfCMSEmbedder().write_cms(_field(writer), writer)
        next(steps)
        steps.send(SigObjSetup(sig_placeholder=DocumentTimestamp(bytes_reserved=2 * stamper.reserved)))
        prepared, output = steps.send(SigIOSetup(md_algorithm=stamper.digest.value))
    token = stamper.token(prepared.document_digest)
    if len(token) > stamper.reserved:
        raise Damaged(
            "seal.stamp_too_large",
            Text(
                "时间戳超出预留空间。", f"The time stamp takes {len(token)} octets, {stamper.reserved} were reserved."
            ),
        )
    prepared.fill_with_cms(output, token)
    data = bytes(output.getvalue())
    if not data.startswith(pdf):
        raise damaged()
    return data


def _field(writer: Any) -> str:
    """A name nobody uses."""
    taken = {name for name, _, _ in enumerate_sig_fields(writer)}
    taken.update(str(entry(one, "/T", "")) for one in items(entry(entry(writer.root, "/AcroForm", {}), "/Fields", [])))
    return next(name for number in range(1, len(taken) + 2) if (name := f"DocTimeStamp{number}") not in taken)

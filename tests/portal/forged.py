"""Files for the verification page (核验页样本): changed after sealing, signed by nobody we know."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic as untyped
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.verify import sealing
from tests.verify.pki import region

generic: Any = untyped
PAINTED = b"q 1 1 1 rg 612 114 140 24 re f Q q 0 0 0 rg BT /YX 12 Tf 640 121 Td (2099-11-22) Tj ET Q"


def painted_over(sealed: bytes) -> bytes:
    """A white box with a later day over the end of validity, in a revision of its own: hide-and-replace."""
    reader = PdfFileReader(BytesIO(sealed), strict=False)
    writer: Any = IncrementalPdfFileWriter.from_reader(reader)
    page = reader.root["/Pages"]["/Kids"][0].get_object()
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    named = {generic.pdf_name(key): generic.pdf_name(value) for key, value in font.items()}
    resources = page["/Resources"]
    fonts = resources.setdefault("/Font", generic.DictionaryObject())
    fonts[generic.pdf_name("/YX")] = generic.DictionaryObject(named)
    written = page.raw_get("/Contents")
    before = list(page["/Contents"]) if isinstance(page["/Contents"], generic.ArrayObject) else [written]
    added = writer.add_object(generic.StreamObject(stream_data=b" " + PAINTED))
    page[generic.pdf_name("/Contents")] = generic.ArrayObject([*before, added])
    writer.update_container(page)
    writer.update_container(resources)
    writer.update_container(fonts)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def by_a_stranger() -> bytes:
    """Sealed soundly by a department of a region nobody here trusts."""
    foreign = region("strangers")
    return sealing.pdf(foreign.seal, chain=(foreign.issuing,))

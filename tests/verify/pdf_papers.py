"""Papers for attacks on PDFs (受攻击的文件样本): pages, a form, a layer, words in one object and figures in another.

Everything an attacker changes is there before signing, as the published attacks have it (facts: sealing 5.3).
"""

from __future__ import annotations

import re
from functools import cache
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name

from seal.pdf.appearance import Appearance
from seal.pdf.revision import Closing, Visible
from tests.seal import papers
from tests.verify import pki, sealing
from tests.verify.pki import Region
from tests.verify.test_seals import seal as make_seal

KINDS = ("sm2", "rsa", "ses")


@cache
def region_of(kind: str) -> Region:
    from hsm.keys import Algorithm

    return pki.region(f"pdf {kind}", Algorithm.RSA_2048 if kind == "rsa" else Algorithm.SM2)


@cache
def paper(*, packed: bool = False, linear: bool = False) -> bytes:
    """Two pages: a sum drawn by a form XObject, a field, a layer, a spare picture and a spare font nobody uses yet."""
    with pikepdf.open(BytesIO(papers.pdf(2))) as document:
        page = document.pages[0]
        helvetica = document.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        document.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Symbol))
        amount = _form(document, b"BT /F9 24 Tf 72 60 Td (TOTAL 100) Tj ET", helvetica)
        layer = document.make_indirect(Dictionary(Type=Name.OCG, Name="clause"))
        page.Resources.XObject = Dictionary(Amount=amount)
        page.Resources.Properties = Dictionary(Layer=layer)
        page.contents_add(b"q /Amount Do Q /OC /Layer BDC BT /F1 12 Tf 300 760 Td (UNLESS REVOKED) Tj ET EMC")
        document.Root.OCProperties = Dictionary(OCGs=[layer], D=Dictionary(ON=[layer], OFF=[]))
        document.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=[]))
        field = document.make_indirect(_field(document, page.obj, helvetica))
        page.Annots = document.make_indirect(Array([field]))
        fonts = Dictionary(Font=Dictionary(F9=helvetica))
        document.Root.AcroForm = document.make_indirect(Dictionary(Fields=[field], DR=fonts))
        out = BytesIO()
        mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
        document.save(out, deterministic_id=True, object_stream_mode=mode, linearize=linear)
    return out.getvalue() if out.getvalue().endswith(b"\n") else out.getvalue() + b"\n"


def _form(document: pikepdf.Pdf, content: bytes, font: object) -> pikepdf.Object:
    made = document.make_stream(content, Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 595, 842])
    made.Resources = Dictionary(Font=Dictionary(F9=font))
    return made


def _field(document: pikepdf.Pdf, page: object, font: object) -> Dictionary:
    look = document.make_stream(
        b"/Tx BMC BT /F9 12 Tf 2 4 Td (charity) Tj ET EMC", Type=Name.XObject, Subtype=Name.Form
    )
    look.BBox, look.Resources = Array([0, 0, 200, 20]), Dictionary(Font=Dictionary(F9=font))
    return Dictionary(
        Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T="payee", V="charity", Rect=[300, 100, 500, 120],
        P=page, F=4, DA="/F9 12 Tf 0 g", AP=Dictionary(N=look),
    )  # fmt: skip


def visible(rectangle: tuple[float, float, float, float], operators: bytes = b"1 1 1 rg 0 0 500 200 re f") -> Visible:
    """The picture of a signature; a white box unless told otherwise."""
    import zlib

    return Visible(1, rectangle, 0, Appearance(150, 60, zlib.compress(operators)))


@cache
def signed(
    kind: str,
    document: bytes | None = None,
    *,
    closing: Closing = Closing.OPEN,
    field: str = "Seal1",
    shown: Visible | None = None,
    signer: str = "seal",
) -> bytes:
    """Sealed by this kind of seal, stamped in time; `signer` "person" is nobody's official seal."""
    region = region_of(kind)
    who = region.seal if signer == "seal" else person(kind)
    made = make_seal(region.maker, who) if kind == "ses" and signer == "seal" else None
    chain = (region.issuing,)
    paper_ = document or paper()
    return sealing.pdf(who, chain=chain, document=paper_, closing=closing, field=field, visible=shown, seal=made)


@cache
def person(kind: str) -> pki.Entity:
    region = region_of(kind)
    return pki.make(f"pdf person {kind}", region.issuing, algorithm=region.issuing.algorithm)


# --- an attacker's tools ----------------------------------------------------------------------------------------------


class File:
    """A file opened for tampering: its objects by number, as text, and updates appended by hand."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        with pikepdf.open(BytesIO(data)) as document:
            self.objects = {
                item.objgen[0]: item.unparse(resolved=True)
                for item in document.objects
                if item.objgen[0] and not isinstance(item, pikepdf.Stream)
            }
            self.root = int(document.Root.objgen[0])
            self.pages = [int(page.objgen[0]) for page in document.pages]
            self.content = [_number(page.obj.Contents) for page in document.pages]
            self.amount = int(document.pages[0].Resources.XObject.Amount.objgen[0])
            self.form = int(document.Root.AcroForm.objgen[0])
            self.annots = int(document.pages[0].Annots.objgen[0])
            self.field = next(f.objgen[0] for f in document.Root.AcroForm.Fields if str(f.T) == "payee")
            self.look = int(document.pages[0].Annots[0].AP.N.objgen[0])
            self.font = int(document.Root.AcroForm.DR.Font.F9.objgen[0])
            self.size = max(int(size) for size in re.findall(rb"/Size (\d+)", data))

    def entry(self, number: int, key: str, value: str) -> bytes:
        """The object with one entry of its outermost dictionary replaced or added."""
        with pikepdf.open(BytesIO(self.data)) as document:
            holder = document.get_object(number, 0)
            holder[key] = Name.InsteadOfThis
            return bytes(holder.unparse(resolved=True)).replace(b"/InsteadOfThis", value.encode(), 1)

    def update(self, objects: dict[int, bytes], *, offsets: dict[int, int] | None = None, root: int = 0) -> bytes:
        """Append `objects`; `offsets` redirects numbers to octets that are there already."""
        data = self.data
        previous = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
        size = max([self.size, *(number + 1 for number in objects)])
        out, places = bytearray(data if data.endswith(b"\n") else data + b"\n"), dict(offsets or {})
        for number, body in objects.items():
            places[number] = len(out)
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        table = len(out)
        out += b"xref\n"
        for number, place in sorted(places.items()):
            out += b"%d 1\n%010d 00000 n \n" % (number, place)
        head = (size, root or self.root, previous, table)
        out += b"trailer\n<</Size %d/Root %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % head
        return bytes(out)


def _number(value: pikepdf.Object) -> int:
    return int((value[0] if isinstance(value, Array) else value).objgen[0])


def stream(content: bytes, more: bytes = b"") -> bytes:
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(content), more, content)

"""A seal as a one-page OFD (矢量印模 OFD): the picture type "ofd" that tax seals of GB/T 38540 carry."""

from __future__ import annotations

from seal.drawing.colour import SEAL_RED
from seal.drawing.ofd import write as path_data
from seal.drawing.shapes import Drawing
from seal.ofd.package import NAMESPACE, write

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMED = f'xmlns:ofd="{NAMESPACE}"'


def vector_picture(drawing: Drawing, document_id: str) -> bytes:
    """An OFD whose only page is the seal; `document_id` is 32 hexadecimal digits."""
    box = f"0 0 {drawing.width:g} {drawing.height:g}"
    root = (
        f'<ofd:OFD {_NAMED} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo><ofd:DocID>{document_id}</ofd:DocID>'
        "</ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    )
    document = (
        f"<ofd:Document {_NAMED}><ofd:CommonData><ofd:MaxUnitID>3</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>{box}"
        "</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData><ofd:Pages>"
        '<ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>'
    )
    page = (
        f'<ofd:Page {_NAMED}><ofd:Content><ofd:Layer ID="2"><ofd:PathObject ID="3" Boundary="{box}" Stroke="false" '
        f'Fill="true" Rule="NonZero"><ofd:FillColor Value="{SEAL_RED.ofd}"/><ofd:AbbreviatedData>'
        f"{path_data(drawing)}</ofd:AbbreviatedData></ofd:PathObject></ofd:Layer></ofd:Content></ofd:Page>"
    )
    parts = {"OFD.xml": root, "Doc_0/Document.xml": document, "Doc_0/Pages/Page_0/Content.xml": page}
    return write({name: (_DECLARATION + content).encode() for name, content in parts.items()})

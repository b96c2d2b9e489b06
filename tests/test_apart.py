"""Who opens pages, pictures and spreadsheets of strangers (外来文件隔离): modules that run in confined processes."""

from __future__ import annotations

import ast
import importlib

import pytest

from foundation.apart import keeper
from tests.test_architecture import dotted, imports, inside, named, sources, tree

READERS = ("pypdfium2", "zxingcpp", "openpyxl", "PIL", "fitz", "pyzbar", "cv2")
"""Native code, or nearly unbounded by itself. XML of OFD and the objects of PDF have bounds of their own."""
APART = {
    "ca/registration/spreadsheet.py", "seal/pdf/finder.py", "seal/pdf/page_fonts.py", "seal/pdf/painter.py",
    "verify/code_pictures.py", "verify/exhibits/child.py", "verify/exhibits/ofd_sheets.py",
    "verify/exhibits/pdf_sheets.py", "verify/exhibits/seal_pictures.py", "verify/pdf/drawing.py",
    "verify/pdf/pixels.py",
}  # fmt: skip
DRAWS_ITS_OWN = {"licence/code_image.py", "licence/render/qr.py"}
"""Writes pictures and opens none."""
STARTS = {
    "foundation/apart/started.py",
    "verify/sandbox/worker.py",
    "server/signer_child.py",
    "server/signer_process.py",
}
WORKS = (
    "seal.pdf.painter:work", "seal.pdf.finder:work", "seal.drawing.artwork_apart:work", "verify.pdf.drawing:work",
    "verify.exhibits.child:work", "verify.code_pictures:work", "ca.registration.spreadsheet:work",
)  # fmt: skip


def test_only_confined_modules_import_the_readers() -> None:
    found = {
        named(path) for path in sources() for _, name in imports(path) if any(inside(name, one) for one in READERS)
    }
    assert found == (APART - {"verify/exhibits/ofd_sheets.py"}) | DRAWS_ITS_OWN


def test_nobody_else_imports_them() -> None:
    modules = {name.removesuffix(".py").replace("/", ".") for name in APART}
    found = [
        f"{named(path)}:{line} {name}"
        for path in sources()
        for line, name in imports(path)
        if named(path) not in APART and any(inside(name, module) for module in modules)
    ]
    assert not found, found


def test_no_other_process_of_ours_is_started() -> None:
    """Every interpreter that is started is a confined one, or the signer's."""
    found = {
        named(path)
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and dotted(node) == "sys.executable"
    }
    assert found == STARTS


@pytest.mark.parametrize("work", WORKS)
def test_every_work_is_found_and_answers_rubbish_with_a_reason(work: str) -> None:
    module = importlib.import_module(work.partition(":")[0])
    assert callable(module.work)
    told = keeper.ask(work, {"page": 1, "dpi": 96, "picture": True, "kind": "pdf", "names": [], "compare": None,
                             "ends": [5, 9], "pages": [1], "covering": [], "pictures": False, "most": 3, "text": "a",
                             "first": 1, "last": 1}, [b"%PDF-1.7 rubbish"])  # fmt: skip
    assert told.parts or told.refusal or told.why, "never silence"

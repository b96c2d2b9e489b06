"""What earlier signatures of a PDF forbid (先前签章的限制): DocMDP, FieldMDP, usage rights. ISO 32000-2 12.8.2.

A stamp that would break an earlier signature is refused, and the refusal names that signature.
"""

from __future__ import annotations

from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, enumerate_sig_fields

from seal.pdf.pages import entry, items
from seal.pdf.problems import PdfRefused

_MOST_NAME = 60


def fields_and_locks(reader: PdfFileReader, root: Any, wanted: str | None) -> tuple[frozenset[str], bool]:
    """Names in use, and whether it is signed; refuses when an earlier signature forbids another one.

    `wanted` is the existing field to sign. A certified document takes no new signature field at any level: levels 2
    and 3 speak of signing fields that exist (12.8.2.2.2), and pyHanko and Acrobat judge it so.
    """
    permissions = entry(root, "/Perms", {})
    if "/UR3" in permissions or "/UR" in permissions:
        raise PdfRefused(
            "usage_rights",
            "文件带有阅读器扩展权限（使用权签名），任何改动都会使其失效。请用原程序另存为普通 PDF 后再签章。",
            "The file carries usage rights for extended features, which any change voids. Save it as a plain PDF.",
        )
    names: set[str] = set()
    signed = False
    certifying: PdfRefused | None = None
    for name, value, _ in enumerate_sig_fields(reader):
        names.add(name)
        if value is None:
            continue
        signed = True
        try:
            names |= _refuse(value.get_object(), name, wanted)
        except PdfRefused as refused:
            if refused.reason == "locked":
                raise
            certifying = certifying or refused  # a later signature may lock everything, and says more
    if certifying is not None:
        raise certifying
    certified = entry(permissions, "/DocMDP")
    if certified is not None:
        _refuse(certified, "/Perms", wanted, level=2)
    names.update(str(entry(field, "/T", "")) for field in items(entry(entry(root, "/AcroForm", {}), "/Fields", [])))
    return frozenset(names), signed


def _refuse(signature: Any, name: str, wanted: str | None, level: int | None = None) -> set[str]:
    """Every transform this signature binds later revisions by; `level` is what a certification says by being one.

    Answers the names it locks, which no new field may bear.
    """
    locked: set[str] = set()
    for reference in items(entry(signature, "/Reference", [])):
        parameters = entry(reference, "/TransformParams", {})
        method = entry(reference, "/TransformMethod")
        if method == "/DocMDP":
            level = int(entry(parameters, "/P", 2))
        elif method == "/FieldMDP":
            locked |= _refuse_locked_field(parameters, name, wanted)
    if level == 1:
        raise _locked(name, "认证级别 1：不允许任何改动", "certified, level 1: no changes")
    if level is not None and wanted is None:
        raise PdfRefused(
            "certified",
            f"文件由签名域“{_short(name)}”的签章认证（级别 {level}），只能在文件已有的签名域中用章，不能新增。"
            "请改为在已有签名域（by=field）用章，或从认证前的版本开始。",
            f"The signature in field {_short(name)!r} certifies this file (level {level}): existing signature fields "
            "may be signed, none added. Stamp in an existing field, or start from the version before.",
        )
    return locked


def _refuse_locked_field(parameters: Any, name: str, wanted: str | None) -> set[str]:
    """/P in FieldMDP is what Acrobat writes for "lock the document"; the fields themselves are as its action says.

    A lock on all fields, or on all but some, covers a new field too: pyHanko judges it so.
    """
    level = entry(parameters, "/P")
    if level == 1 or (wanted is None and level in (2, 3)):
        raise _locked(name, "签署后锁定文件", "locks the file after signing")
    lock = FieldMDPSpec.from_pdf_object(parameters)
    if wanted is not None and lock.is_locked(wanted):
        raise _locked(name, f"锁定了签名域“{_short(wanted)}”", f"locks the field {_short(wanted)!r}")
    if wanted is None and lock.action is not FieldMDPAction.INCLUDE:
        raise _locked(name, "锁定了全部表单域", "locks all fields")
    return set(lock.fields or ())


def _locked(name: str, zh: str, en: str) -> PdfRefused:
    return PdfRefused(
        "locked",
        f"文件已被签名域“{_short(name)}”的签章锁定（{zh}），不允许再增加签章。如需多方签章，请从未锁定的版本开始。",
        f"The signature in field {_short(name)!r} locks this file ({en}); no further one may be added. Start from the "
        "version before it.",
    )


def _short(name: str) -> str:
    """Somebody else's text in our sentence: printable and bounded."""
    plain = "".join(char if char.isprintable() else "?" for char in name)
    return plain if len(plain) <= _MOST_NAME else plain[:_MOST_NAME] + "…"

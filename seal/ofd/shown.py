"""Comparing where a sealed OFD shows the seal with what was ordered (签章外观复核): each mark, nothing else."""

from __future__ import annotations

from seal.errors import SealedDiffers
from seal.held import Held
from seal.ofd.document import child, children
from seal.ofd.package import Package
from seal.ofd.sheets import OfdSheets
from seal.placing import Mark

_NEAR = 0.001
"""Millimetres lost in writing three decimals."""


def check_shown(package: Package, held: Held, sheets: OfdSheets, marks: tuple[Mark, ...]) -> None:
    """The last signature's StampAnnots are the marks. That every other file is untouched, `check_ofd` has proved."""
    listed = sheets.body.list_name
    last = children(package.xml(listed), "Signature")[-1]
    info = child(package.xml(package.resolve(last.get("BaseLoc", ""), base=listed)), "SignedInfo")
    found = children(info, "StampAnnot") if info is not None else []
    if len(found) != len(marks) or len({one.get("ID") for one in found}) != len(marks):
        raise SealedDiffers("number of marks")
    width, height = held.appearance.width, held.appearance.height
    for one, mark in zip(found, marks, strict=True):
        cut = None if mark.part_width == width else [mark.part_left, 0.0, mark.part_width, height]
        holds = (
            one.get("PageRef") == sheets.elements[mark.page - 1].get("ID")
            and near(one.get("Boundary"), [mark.left, mark.top, width, height])
            and (one.get("Clip") is None if cut is None else near(one.get("Clip"), cut))
        )
        if not holds:
            raise SealedDiffers("place of a mark")


def near(text: str | None, wanted: list[float]) -> bool:
    values = [float(part) for part in (text or "").split()]
    return len(values) == len(wanted) and all(
        abs(value - want) <= _NEAR for value, want in zip(values, wanted, strict=True)
    )

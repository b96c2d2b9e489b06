"""The form of the design desk (印模设计表单): what was typed becomes a `Design`, faults find their field.

Words stand here with their English, beside the kinds they belong to, and not in the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from foundation.errors import InvalidInput
from foundation.text import Text
from seal.drawing import ofd
from seal.drawing.artwork import Artwork
from seal.drawing.artwork_reading import read_artwork
from seal.drawing.centre import Centre
from seal.drawing.design import Design
from seal.drawing.kinds import KINDS, PictureKind
from seal.drawing.shapes import Drawing
from seal.drawing.square import SUFFIXES

FIELDS = (
    "kind",
    "text",
    "line",
    "number",
    "code",
    "suffix",
    "width",
    "height",
    "centre",
    "double_ring",
    "artwork_path",
)
MOST_KEPT = 400_000
"""Longest artwork that travels with the form; a longer one has to be chosen again for each download."""
_FAULT_FIELDS = {
    "seal.missing_glyph": "text",
    "seal.does_not_fit": "text",
    "seal.text_form": "text",
    "seal.emblem_missing": "artwork",
    "seal.emblem_unreadable": "artwork",
    "seal.artwork": "artwork",
    "seal.code_form": "code",
    "seal.number_and_centre": "number",
    "seal.design_size": "width",
}

WORDS: Mapping[str, Text] = {
    "title": Text("印模设计", "Design a seal"),
    "lead": Text(
        "按种类填写印文，预览印模，并下载矢量和位图文件。此处不登记任何内容，制章须另行申请。",
        "Fill in the texts for a kind of seal, look at it and download it. Nothing is recorded here; a seal is made on "
        "application only.",
    ),
    "errors": Text("请更正后再预览", "Please correct this, then preview again"),
    "kind": Text("种类与法定尺寸", "Kind and lawful size"),
    "text": Text("环形印文（方章填姓名）", "Text round the seal (a name for square seals)"),
    "text_hint": Text(
        "4 至 36 字；方章连同后缀 2 至 6 字。", "4 to 36 characters; 2 to 6 with the suffix for a name seal."
    ),
    "line": Text("横文（用途）", "Line of purpose"),
    "line_hint": Text("如：行政审批专用章，不超过 12 字。", "Such as 行政审批专用章, at most 12 characters."),
    "number": Text("号码（椭圆章中央）", "Number (middle of an oval)"),
    "number_hint": Text("发票专用章填 18 位纳税人识别号。", "The 18-character tax number of an invoice seal."),
    "code": Text("下方编码", "Lower code"),
    "code_hint": Text("公安备案的 13 位编码。", "The 13 digits registered with the police."),
    "suffix": Text("名章后缀", "After the name"),
    "no_suffix": Text("无", "Nothing"),
    "width": Text("直径或宽（毫米）", "Diameter or width (mm)"),
    "height": Text("高（毫米，仅椭圆章）", "Height (mm, ovals only)"),
    "size_hint": Text("留空即用该种类的常用尺寸。", "Leave empty for the usual size of the kind."),
    "centre": Text("中央图案", "In the middle"),
    "centre_usual": Text("按种类", "As the kind says"),
    "star": Text("五角星", "Star"),
    "emblem": Text("徽图案（须上传）", "Emblem (upload it)"),
    "blank": Text("空白", "Nothing"),
    "double_ring": Text("双边框（外粗内细）", "Double ring"),
    "artwork": Text("徽图案文件（SVG 或路径）", "Emblem file (SVG or path list)"),
    "artwork_hint": Text(
        "单色填充路径，不超过 512 KB。本系统不附带国徽等图案，请使用经授权的文件。",
        "One-colour filled paths, at most 512 KB. No emblem comes with this system; use licensed artwork.",
    ),
    "artwork_kept": Text("已使用上次上传的图案。", "The artwork uploaded before is used."),
    "optional": Text("（选填）", "(optional)"),
    "preview": Text("预览", "Preview"),
    "picture": Text("印模预览", "Preview"),
    "nothing": Text(
        "填写后点“预览”，印模显示在这里。", "Fill in the form and choose “Preview”; the seal appears here."
    ),
    "size": Text("实际尺寸", "True size"),
    "download": Text("下载", "Download"),
    "enlarged": Text("屏幕上放大显示，下载文件为实际尺寸。", "Enlarged on screen; the files have the true size."),
}


class _BadSize(InvalidInput):
    def __init__(self) -> None:
        super().__init__(
            "seal.design_size", Text("尺寸请填毫米数，例如 42。", "Give the size in millimetres, for example 42.")
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """What the preview says about the picture."""

    width: float
    height: float
    picture: str
    """Address of the picture with its data inside."""


def blank() -> dict[str, str]:
    return dict.fromkeys(FIELDS, "") | {"kind": "organ"}


def given(form: Mapping[str, str]) -> dict[str, str]:
    """The fields as typed, bounded."""
    return {name: form.get(name, "").strip()[: MOST_KEPT if name == "artwork_path" else 60] for name in FIELDS}


def artwork_of(typed: Mapping[str, str], uploaded: bytes) -> Artwork | None:
    """The file just chosen, or the outlines that came back with the form; raises `InvalidInput`."""
    if uploaded:
        return read_artwork(uploaded)
    return read_artwork(typed["artwork_path"].encode()) if typed["artwork_path"] else None


def kept_path(artwork: Artwork | None) -> str:
    """Bare outlines in a form's hidden field; they are read like any stranger's file when they come back."""
    if artwork is None:
        return ""
    text = ofd.write(Drawing(artwork.width, artwork.height, artwork.contours))
    return text if len(text) <= MOST_KEPT else ""


def design_of(typed: Mapping[str, str], artwork: Artwork | None) -> Design:
    """Raises `InvalidInput` for a size that is no number; everything else is the drawing's business."""
    centre = Centre(typed["centre"]) if typed["centre"] in set(Centre) else None
    kind = KINDS.get(typed["kind"])
    wants = centre is Centre.EMBLEM or (centre is None and kind is not None and kind.centres[0] is Centre.EMBLEM)
    return Design(
        text=typed["text"],
        kind=typed["kind"],
        line=typed["line"] or None,
        number=typed["number"] or None,
        code=typed["code"] or None,
        suffix=typed["suffix"] if typed["suffix"] in SUFFIXES else "",
        width=_number(typed["width"]),
        height=_number(typed["height"]),
        centre=centre,
        double_ring=typed["double_ring"] == "yes",
        artwork=artwork if wants else None,
    )


def faults_of(error: InvalidInput, text: str) -> dict[str, str]:
    return {_FAULT_FIELDS.get(error.code, "kind"): text}


def size_of(kind: PictureKind) -> str:
    low, high = kind.sizes
    across = f"{low:g}" if low == high else f"{low:g}–{high:g}"
    if kind.height is None:
        return f"{across} mm"
    low, high = kind.height
    return f"{across} × {low:g} mm" if low == high else f"{across} × {low:g}–{high:g} mm"


def _number(text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise _BadSize from None
    if not 1 <= value <= 100:
        raise _BadSize
    return value

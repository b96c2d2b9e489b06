"""Pages of a PDF/A (ISO 19005-2 6.2 and 6.3): colours, transparency, fonts and annotations of what is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from tests.seal import pdfa_fonts

MOST_NESTING = 28
INTENTS = {"RelativeColorimetric", "AbsoluteColorimetric", "Perceptual", "Saturation"}
MODELS = {"rg": "RGB", "RG": "RGB", "k": "CMYK", "K": "CMYK", "g": "GRAY", "G": "GRAY"}
DEVICES = {"/DeviceRGB": "RGB", "/DeviceCMYK": "CMYK", "/DeviceGray": "GRAY"}
DEFAULTS = {"RGB": "/DefaultRGB", "CMYK": "/DefaultCMYK", "GRAY": "/DefaultGray"}
ANNOTATIONS = {
    "Text", "Link", "FreeText", "Line", "Square", "Circle", "Polygon", "PolyLine", "Highlight", "Underline",
    "Squiggly", "StrikeOut", "Stamp", "Caret", "Ink", "Popup", "FileAttachment", "Widget", "PrinterMark", "TrapNet",
    "Watermark", "Redact",
}  # fmt: skip


SPACES = {"/CalRGB", "/CalGray", "/Lab", "/ICCBased", "/Pattern"}


def violations(page: Any, profile: str | None, part: str, conformance: str) -> Iterator[str]:
    if "/AA" in page:
        yield "6.5.2: actions of a page"
    if "/PresSteps" in page:
        yield "6.10: presentation steps"
    seen: set[tuple[int, int]] = set()
    clear = yield from _drawn(page, page.get("/Resources", Dictionary()), profile, conformance, seen)
    for annotation in page.get("/Annots", Array()):
        yield from _annotation(annotation)
        look = annotation.get("/AP", Dictionary()).get("/N")
        if isinstance(look, Stream):
            clear |= yield from _drawn(look, look.get("/Resources", Dictionary()), profile, conformance, seen)
    if part == "1" and (clear or page.get("/Group", Dictionary()).get("/S") == Name.Transparency):
        yield "1: 6.4: transparency"
    if clear and profile is None and "/CS" not in page.get("/Group", Dictionary()):
        yield "6.2.10: transparency on a page without a blending colour space"


def _drawn(
    holder: Any, resources: Any, profile: str | None, conformance: str, seen: set[tuple[int, int]]
) -> Iterator[str]:
    """What one content stream uses. Returns (to `yield from`) whether it is transparent."""
    clear = _is_clear(resources)
    named = dict(resources.get("/ColorSpace", Dictionary()))
    nesting = 0
    for operands, operator in pikepdf.parse_content_stream(holder):
        name = str(operator)
        nesting += {"q": 1, "Q": -1}.get(name, 0)
        if nesting > MOST_NESTING:
            yield "6.1.13: more than 28 nested q"
        if name == "ri" and str(operands[0])[1:] not in INTENTS:
            yield "6.2.6: rendering intent"
        yield from _colour(name, operands, named, profile)
    if nesting:
        yield "6.2.2: q and Q do not balance"
    for font in dict(resources.get("/Font", Dictionary())).values():
        yield from pdfa_fonts.violations(font, unicode=conformance in ("U", "A"))
    for item in dict(resources.get("/XObject", Dictionary())).values():
        if item.get("/SMask") is not None or "/S" in item.get("/Group", Dictionary()):
            clear = True
        if item.get("/Subtype") == Name.Form and item.objgen not in seen:
            seen.add(item.objgen)
            clear |= yield from _drawn(item, item.get("/Resources", Dictionary()), profile, conformance, seen)
    return clear


def _colour(name: str, operands: Any, named: dict[str, Any], profile: str | None) -> Iterator[str]:
    chosen = str(operands[0]) if name in ("cs", "CS") else None
    if chosen in named and str(named[chosen][0]) not in SPACES:
        yield f"6.2.4: colour space {named[chosen][0]}"
    model = DEVICES.get(chosen) if chosen is not None else MODELS.get(name)
    if model is not None and not _told(model, set(named), profile):
        yield f"6.2.4.3: device colour {model} beside an output intent of {profile}"


def _told(model: str, spaces: set[str], profile: str | None) -> bool:
    """A device colour means something: by a default space, or by the output intent."""
    return DEFAULTS[model] in spaces or profile == model or (model == "GRAY" and profile is not None)


def _is_clear(resources: Any) -> bool:
    return any(
        state.get("/BM", Name.Normal) not in (Name.Normal, Name.Compatible)
        or float(state.get("/ca", 1)) < 1 or float(state.get("/CA", 1)) < 1
        or state.get("/SMask", Name("/None")) != Name("/None")
        for state in dict(resources.get("/ExtGState", Dictionary())).values()
    )  # fmt: skip


def _annotation(item: Any) -> Iterator[str]:
    kind = str(item.get("/Subtype", ""))[1:]
    if kind not in ANNOTATIONS:
        yield f"6.3.1: annotation {kind}"
    if kind == "Popup":
        return
    flags = int(item.get("/F", 0))
    if "/F" not in item or not flags & 0b100 or flags & 0b100100011:
        yield f"6.3.2: flags {flags} of a {kind} annotation"
    if kind == "Widget" and ("/AA" in item or "/A" in item):
        yield "6.4.1: a widget with an action"
    x0, y0, x1, y1 = (float(value) for value in item.Rect)
    if "/AP" in item:
        if set(item.AP.keys()) != {"/N"}:
            yield "6.3.3: appearances beside the normal one"
        elif not isinstance(item.AP.N, Stream) and item.get("/FT") != Name.Btn:
            yield "6.3.3: the appearance is no stream"
    elif kind != "Link" and (x0 != x1 or y0 != y1):
        yield f"6.3.3: a {kind} annotation without an appearance"

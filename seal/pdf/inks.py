"""Which colours and which blending a document allows its seal (印章用色), when it claims to be a PDF/A.

Device RGB wants an output intent of RGB (ISO 19005-2 6.2.4.3, 19005-1 6.2.3.3); blending wants an output intent, and
PDF/A-1 knows none at all (19005-2 6.2.10, 19005-1 6.4). Where a rule forbids, the same red is said in CalRGB, and the
seal is painted without blending. Every other file gets the plain ink.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from seal.pdf.pages import entry, items

MOST_METADATA = 1024 * 1024
_CLAIM = re.compile(rb"pdfaid:part\b(?:\s*=\s*[\"']|[^>=]{0,20}(?:=[^>]{1,99})?>)\s*([1-9])")
_RGB_COLOUR = re.compile(rb"(?<!\S)([\d.]+ [\d.]+ [\d.]+) rg(?=\s)")
_GREY_COLOUR = re.compile(rb"(?<!\S)([\d.]+) g(?=\s)")
_SRGB: dict[str, tuple[float, ...]] = {
    "/WhitePoint": (0.9505, 1.0, 1.089),
    "/Gamma": (2.2, 2.2, 2.2),
    "/Matrix": (0.4124, 0.2126, 0.0193, 0.3576, 0.7152, 0.1192, 0.1805, 0.0722, 0.9505),
}
"""IEC 61966-2-1 as a CalRGB space (ISO 32000-2 8.6.5.3)."""


@dataclass(frozen=True, slots=True)
class Ink:
    device: bool = True
    """Device RGB; else CalRGB, which says by itself what it means."""
    clear: bool = True
    """Blend mode Multiply: what is printed under the seal stays legible. Else the red covers it."""

    def resources(self) -> generic.DictionaryObject:
        """What the operators of a seal name."""
        blend = generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/ExtGState"),
                pdf_name("/BM"): pdf_name("/Multiply" if self.clear else "/Normal"),
            }
        )
        made = generic.DictionaryObject({pdf_name("/ExtGState"): generic.DictionaryObject({pdf_name("/Seal"): blend})})
        if not self.device:
            made[pdf_name("/ColorSpace")] = generic.DictionaryObject({pdf_name("/Ink"): _space()})
        return made

    def deflated(self, deflated: bytes) -> bytes:
        """The operators with their colours said in this ink."""
        if self.device:
            return deflated
        said = _RGB_COLOUR.sub(rb"/Ink cs \1 sc", zlib.decompress(deflated))
        return zlib.compress(_GREY_COLOUR.sub(rb"/Ink cs \1 \1 \1 sc", said), 9)


PLAIN = Ink()


def ink_for(root: Any) -> Ink:
    """By what the catalogue's metadata claim and its output intent says."""
    part = _claim(entry(root, "/Metadata"))
    if part is None:
        return PLAIN
    channels = _channels(root)
    return Ink(device=channels == 3, clear=part != b"1" and channels is not None)


def _claim(metadata: Any) -> bytes | None:
    if not isinstance(metadata, generic.StreamObject):
        return None
    octets = metadata.encoded_data
    if "/Filter" in metadata:
        if entry(metadata, "/Filter") != "/FlateDecode":
            return None
        try:
            octets = zlib.decompressobj().decompress(octets, MOST_METADATA)
        except zlib.error:
            return None
    found = _CLAIM.search(octets[:MOST_METADATA].replace(b"\x00", b""))  # the packet may be UTF-16
    return found[1] if found else None


def _channels(root: Any) -> int | None:
    """Of the profile of the PDF/A output intent: 1, 3 or 4."""
    for intent in items(entry(root, "/OutputIntents", [])):
        profile = entry(intent, "/DestOutputProfile") if isinstance(intent, generic.DictionaryObject) else None
        if isinstance(profile, generic.StreamObject) and entry(intent, "/S") == "/GTS_PDFA1":
            return int(entry(profile, "/N", 0))
    return None


def _space() -> generic.ArrayObject:
    numbers = {
        pdf_name(key): generic.ArrayObject(generic.FloatObject(f"{value:.4f}") for value in values)
        for key, values in _SRGB.items()
    }
    return generic.ArrayObject([pdf_name("/CalRGB"), generic.DictionaryObject(numbers)])

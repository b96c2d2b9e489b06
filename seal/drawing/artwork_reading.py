"""Reading a customer's artwork (读取徽图案): SVG, OFD AbbreviatedData or PDF path operators, by the first octet."""

from __future__ import annotations

from seal.drawing.artwork import MOST_OCTETS, Artwork, BadArtwork, too_much
from seal.drawing.artwork_lists import read_path_list
from seal.drawing.artwork_svg import read_svg
from seal.drawing.winding import TooIntricate


def read_artwork(data: bytes) -> Artwork:
    """The artwork in `data`; raises `BadArtwork` with the reason."""
    if len(data) > MOST_OCTETS:
        raise too_much()
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    try:
        return Artwork.of(read_svg(text) if text.startswith(b"<") else read_path_list(text))
    except TooIntricate as error:
        raise BadArtwork("镂空关系过于复杂", "its holes are nested too intricately") from error

"""A customer's artwork, read in a confined process (徽图案隔离读取): XML and curves of strangers stay outside ours.

What comes back is checked for shape only by `Artwork.from_text`: numbers and four letters.
"""

from __future__ import annotations

from typing import Any

from foundation.apart import keeper
from foundation.apart.child import Tell
from foundation.apart.limits import USUAL
from seal.drawing.artwork import MOST_OCTETS, MOST_SEGMENTS, Artwork, BadArtwork, too_much

WORK = "seal.drawing.artwork_apart:work"
LIMITS = USUAL
_OPERATORS = {"M": 3, "L": 3, "C": 7}


def read(data: bytes) -> Artwork:
    """As `artwork_reading.read_artwork`; raises `BadArtwork` with the reason."""
    if len(data) > MOST_OCTETS:
        raise too_much()
    told = keeper.ask(WORK, None, [data], LIMITS)
    match told.parts:
        case ({"path": str(text)},) if told.whole:
            return _checked(text)
        case ({"bad": [str(zh), str(en)]},) if told.whole:
            raise BadArtwork(zh[:300], en[:300])
    raise BadArtwork("过于复杂，限定的时间和内存内读不完", "it is too intricate to be read within the limits")


def _checked(text: str) -> Artwork:
    try:
        artwork = Artwork.from_text(text)
        parts = [part for contour in artwork.contours for part in contour]
        numbers = [number for part in parts for number in part[1:]]
        sound = (
            0 < len(parts) <= MOST_SEGMENTS
            and all(_OPERATORS.get(str(part[0])) == len(part) for part in parts)
            and all(isinstance(number, int | float) and abs(number) < 1e6 for number in numbers)
            and 0 < artwork.width < 1e6
            and 0 < artwork.height < 1e6
        )
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        sound = False
    if not sound:
        raise BadArtwork("读取结果不可用", "what was read is no drawing")
    return artwork


def warm() -> None:
    work(None, (b'<svg xmlns="http://www.w3.org/2000/svg"><circle cx="5" cy="5" r="5"/></svg>',), lambda _: None)


def work(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    from seal.drawing.artwork_reading import read_artwork

    del question
    try:
        tell({"path": read_artwork(documents[0]).text()})
    except BadArtwork as bad:
        tell({"bad": [bad.zh, bad.en]})

"""Two pictures of one page (像素比对): which areas differ, and whether something readable was hidden."""

from __future__ import annotations

from PIL import Image, ImageChops

Pixels = tuple[int, int, int, int]
"""Left, top, right, bottom."""
CELL = 8
MOST_BOXES = 12
_NOISE = 24
_TILE = 12
_CONTRAST = 48
"""Less than this between ink and paper was hardly readable in the first place."""


def differing(before: Image.Image, after: Image.Image) -> list[Pixels]:
    """Boxes around connected areas that differ, the largest first."""
    noise = _channels_max(ImageChops.difference(before, after)).point([0] * _NOISE + [255] * (256 - _NOISE))
    grid = noise.reduce(CELL)
    width, height = grid.size
    left = {(x, y) for y in range(height) for x in range(width) if grid.getpixel((x, y))}
    boxes: list[Pixels] = []
    while left:
        area = _connected(left)
        across, down = [x for x, _ in area], [y for _, y in area]
        found = min(across) * CELL, min(down) * CELL, (max(across) + 1) * CELL, (max(down) + 1) * CELL
        boxes.append((found[0], found[1], min(found[2], before.size[0]), min(found[3], before.size[1])))
    return sorted(boxes, key=lambda box: (box[0] - box[2]) * (box[3] - box[1]))[:MOST_BOXES]


def _connected(left: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Takes one area out of `left`; cells two apart still belong together, as the words of a line do."""
    start = next(iter(sorted(left)))
    left.discard(start)
    area, waiting = {start}, [start]
    while waiting:
        x, y = waiting.pop()
        near = {(x + dx, y + dy) for dx in (-2, -1, 0, 1, 2) for dy in (-1, 0, 1)} & left
        left -= near
        area |= near
        waiting += near
    return area


def hidden_part(before: Image.Image, after: Image.Image, area: Pixels) -> float:
    """How much of what could be read inside `area` no longer can: the part of its tiles that lost their contrast.

    A transparent red seal over black words leaves them readable; a white or black box does not.
    """
    one, two = before.crop(area), after.crop(area)
    told = lost = 0
    for top in range(0, one.size[1], _TILE):
        for left in range(0, one.size[0], _TILE):
            tile = (left, top, min(left + _TILE, one.size[0]), min(top + _TILE, one.size[1]))
            was = _contrast(one.crop(tile), one.crop(tile))
            if was >= _CONTRAST:
                told += 1
                lost += _contrast(one.crop(tile), two.crop(tile)) < 0.35 * was
    return lost / told if told else 0.0


def _contrast(guide: Image.Image, shown: Image.Image) -> float:
    """Between the pixels that are ink in `guide` and those that are paper, as `shown` has them: the best channel."""
    grey = list(guide.convert("L").getdata())
    middle = (min(grey) + max(grey)) / 2
    ink = [index for index, value in enumerate(grey) if value < middle]
    if not ink or len(ink) == len(grey):
        return 0.0
    inked = set(ink)
    paper = [index for index in range(len(grey)) if index not in inked]
    best = 0.0
    for channel in shown.split():
        values = list(channel.getdata())
        dark, light = (sum(values[index] for index in part) / len(part) for part in (ink, paper))
        best = max(best, abs(light - dark))
    return best


def _channels_max(picture: Image.Image) -> Image.Image:
    red, green, blue = picture.split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)

"""Turning outlines so that one rule fills them all (填充规则): everything on a seal is filled by non-zero winding.

Artwork may be meant for the even-odd rule, and one element may run the other way than its neighbour; both would tear
holes where outlines meet. Nesting is found by one point of each outline, for emblems do not cross themselves.
"""

from __future__ import annotations

from seal.drawing.shapes import Contour, Segment, extent, flatten

MOST_LOOKS = 3_000_000
"""Corners looked at while finding the nesting of one element; more is refused, for the work grows with their square."""


class TooIntricate(Exception):  # noqa: N818 - it becomes the reader's own refusal
    pass


def even_odd(contours: list[Contour]) -> list[Contour]:
    """The same picture for the non-zero rule: outlines at odd depth run against those at even depth."""
    polygons = flatten(contours, _tolerance(contours))
    boxes = [_box(polygon) for polygon in polygons]
    turned, looks = [], 0
    for index, contour in enumerate(contours):
        x, y = polygons[index][0]
        depth = 0
        for at, (left, top, right, bottom) in enumerate(boxes):
            if at == index or not (left <= x <= right and top <= y <= bottom):
                continue
            looks += len(polygons[at])
            if looks > MOST_LOOKS:
                raise TooIntricate
            depth += _inside(x, y, polygons[at])
        clockwise = area(polygons[index]) > 0
        turned.append(contour if clockwise == (depth % 2 == 0) else reverse(contour))
    return turned


def outward(contours: list[Contour]) -> list[Contour]:
    """One element for the non-zero rule with its largest outline clockwise, so that elements agree with each other."""
    if not contours:
        return contours
    areas = [area(polygon) for polygon in flatten(contours, _tolerance(contours))]
    if max(areas, key=abs) > 0:
        return contours
    return [reverse(contour) for contour in contours]


def area(polygon: list[tuple[float, float]]) -> float:
    """Twice the signed area; positive runs clockwise where y points down."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(polygon, [*polygon[1:], polygon[0]], strict=True))


def reverse(contour: Contour) -> Contour:
    ends = [part[-2:] for part in contour]
    parts: list[Segment] = [("M", *ends[-1])]
    for index in range(len(contour) - 1, 0, -1):
        part, end = contour[index], ends[index - 1]
        if part[0] == "C":
            parts.append(("C", part[3], part[4], part[1], part[2], *end))
        else:
            parts.append(("L", *end))
    return tuple(parts)


def _inside(x: float, y: float, polygon: list[tuple[float, float]]) -> bool:
    inside = False
    for (x0, y0), (x1, y1) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            inside = not inside
    return inside


def _box(polygon: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    across, down = [x for x, _ in polygon], [y for _, y in polygon]
    return min(across), min(down), max(across), max(down)


def _tolerance(contours: list[Contour]) -> float:
    return max(extent(contours) / 200, 1e-9)

"""The printed code as a picture of its own (二维码图片), for screens and letters."""

from __future__ import annotations

import io

from PIL import Image

from licence.render.qr import matrix

QUIET = 4
"""Light modules around the symbol, as ISO/IEC 18004 asks."""
_SCALE = 8


def png(text: str) -> bytes:
    rows = matrix(text)
    size = len(rows) + 2 * QUIET
    image = Image.new("L", (size, size), 255)
    image.paste(Image.frombytes("L", (len(rows), len(rows)), b"".join(rows)), (QUIET, QUIET))
    target = io.BytesIO()
    image.resize((size * _SCALE, size * _SCALE), Image.Resampling.NEAREST).convert("1").save(target, "PNG")
    return target.getvalue()


def svg(text: str) -> bytes:
    """One path of unit squares; no style, no script, so a strict content policy takes it."""
    rows = matrix(text)
    size = len(rows) + 2 * QUIET
    squares = "".join(
        f"M{x + QUIET} {y + QUIET}h1v1h-1z" for y, row in enumerate(rows) for x, value in enumerate(row) if not value
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{squares}"/></svg>'
    ).encode()

"""What a lasting process loaded, it keeps (常驻对象): left out when Python looks for garbage.

A look through everything the rooms and their libraries brought along takes a fifth of a second, and comes after every
few hundred stamps; what a request leaves behind is all that needs it.
"""

from __future__ import annotations

import gc


def settle() -> None:
    """Once, when everything is loaded and before the first request."""
    gc.collect()
    gc.freeze()

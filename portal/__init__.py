"""portal 门户: the pages, in Chinese first (citizen, department console, window, public verification, admin).

Pages parse, authorise, call one function of a room and render. Nothing is decided here.
"""

from __future__ import annotations

from portal.blueprints import BLUEPRINTS, install

__all__ = ["BLUEPRINTS", "install"]

"""The key under page tokens (表单令牌密钥): from the ground's MAC, as soon as it is to be had.

While the key store is sealed pages stay up on a key of this process alone. Forms opened then must be loaded again once
it is open; what they would do needs the key store anyway.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from flask import Flask

from foundation.errors import Unavailable

if TYPE_CHECKING:
    from foundation.ground import Ground

_LOOK_AGAIN_SECONDS = 2.0


def install(app: Flask, ground: Ground) -> None:
    if _settled(app, ground):
        return
    app.config["SECRET_KEY"] = ground.ids.random(32)
    asked = [monotonic()]

    @app.before_request
    def look_again() -> None:
        if asked and monotonic() - asked[0] > _LOOK_AGAIN_SECONDS:
            asked[0] = monotonic()
            if _settled(app, ground):
                asked.clear()


def _settled(app: Flask, ground: Ground) -> bool:
    try:
        app.config["SECRET_KEY"] = ground.mac.mac("web.secret-key", b"v1")
    except Unavailable:
        return False
    return True

"""Named places where a test may end the process (故障注入点).

`reach("licence.sealed_pdf")` does nothing unless the environment names the point; then the process dies as with
`kill -9`, so no handler, no flush and no rollback helps it. `YINXIN_FAILPOINT=name` dies at the first pass,
`name:3` at the third.
"""

from __future__ import annotations

import os
import signal

_passes: dict[str, int] = {}


def reach(name: str) -> None:
    wanted = os.environ.get("YINXIN_FAILPOINT")
    if not wanted:
        return
    target, _, count = wanted.partition(":")
    if target != name:
        return
    _passes[name] = _passes.get(name, 0) + 1
    if _passes[name] >= int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)

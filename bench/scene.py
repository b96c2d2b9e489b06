"""A region of its own for measuring (测速场景), in a temporary folder: SQLite as a new user runs it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundation.settings import Settings
from server import sample, upkeep
from server.house import House, open_house
from server.settled import settle


@contextmanager
def scene(*, apart: bool = False) -> Iterator[House]:
    """`apart`: with the signer in a process of its own, as `yinxin serve` runs it."""
    with (
        tempfile.TemporaryDirectory(prefix="yinxin-bench-") as home,
        open_house(Settings(home=Path(home)), upgrade=True, resident=apart) as house,
    ):
        upkeep.start(house)
        sample.establish_departments(house)
        settle()  # as `yinxin serve` does
        yield house

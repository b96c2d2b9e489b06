"""A region of its own for measuring (测速场景), in a temporary folder: SQLite as a new user runs it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundation.settings import Settings
from server import sample, upkeep
from server.house import House, open_house


@contextmanager
def scene() -> Iterator[House]:
    with (
        tempfile.TemporaryDirectory(prefix="yinxin-bench-") as home,
        open_house(Settings(home=Path(home)), upgrade=True) as house,
    ):
        upkeep.start(house)
        sample.establish_departments(house)
        yield house

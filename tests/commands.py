"""`yinxin` commands (命令行) as an operator runs them, in forks of a process that has imported the house once.

Starting Python and importing it takes most of a command's time; `make run`, the demo and `--help` are started whole.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from server.cli import main
from tests.dying import together

for _module in ("demo", "doctor", "house", "reconcile", "sample", "upkeep"):  # commands import them when they need them
    importlib.import_module(f"server.{_module}")


def yinxin(
    folder: Path, *arguments: str | Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run in `folder`, with this environment alone, or ours."""
    words = list(map(str, arguments))
    with tempfile.TemporaryDirectory(prefix="yinxin-said-") as said:
        told = dict(os.environ if environment is None else environment)
        (code,) = together("tests.commands:command", said, str(folder), words, told, points=[""])
        out, err = ((Path(said) / name).read_text(encoding="utf-8") for name in ("out", "err"))
    return subprocess.CompletedProcess(words, code, out, err)


def command(said: str, folder: str, words: list[str], environment: dict[str, str]) -> None:
    """What the fork does; it never returns."""
    for number, name in ((1, "out"), (2, "err")):
        with (Path(said) / name).open("wb") as file:
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["yinxin", *words]
    main()

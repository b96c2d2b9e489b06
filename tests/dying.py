"""Work that is killed on its way (半路杀死): one process imports once, then forks a child for each piece of work.

`killed("tests.ca.crash_child:main", *words, point="ca.signed")` calls that function in a fork which dies at the
fail-point; starting Python and importing the rooms anew for each would take ten times the work itself.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KILLED = -signal.SIGKILL
_SECONDS = 300
"""A child that hangs is ended, and its test fails."""


def killed(what: str, *words: Any, point: str) -> None:
    """Fails when the child came to its end, or to another."""
    assert together(what, *words, points=[point]) == [KILLED], _process.said()


def run(what: str, *words: Any, point: str = "") -> int:
    """How the child ended: 0, or `KILLED`."""
    (code,) = together(what, *words, points=[point])
    assert code in (0, KILLED), _process.said()
    return code


def together(what: str, *words: Any, points: list[str]) -> list[int]:
    """The same work in as many processes as there are points, all at once; "" is a point nobody comes to."""
    return _process.ask({"what": what, "words": words, "points": points})


# --- here ------------------------------------------------------------------------------------------------------------


@dataclass
class _Forking:
    """Started when it is first asked; ends with this process, whose end closes its input."""

    child: subprocess.Popen[str] | None = None
    log: Any = None
    owner: int = field(default_factory=os.getpid)

    def ask(self, told: dict[str, Any]) -> list[int]:
        child = self.child if self.child is not None else self._start()
        assert self.owner == os.getpid(), "a fork asks its own"
        assert child.stdin is not None
        assert child.stdout is not None
        self.log.truncate(0)
        child.stdin.write(json.dumps(told) + "\n")
        child.stdin.flush()
        line = child.stdout.readline()
        assert line, self.said()
        answered: list[int] = json.loads(line)
        return answered

    def said(self) -> str:
        self.log.seek(0)
        return str(self.log.read())

    def _start(self) -> subprocess.Popen[str]:
        self.log = tempfile.TemporaryFile("a+", encoding="utf-8", errors="replace")  # noqa: SIM115 - as long as we live
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self.log}
        self.child = subprocess.Popen([sys.executable, "-m", "tests.dying"], cwd=ROOT, text=True, **pipes)
        atexit.register(self._end)
        return self.child

    def _end(self) -> None:
        if self.child is not None and self.owner == os.getpid():
            self.child.communicate()
            self.log.close()


_process = _Forking()


# --- there -----------------------------------------------------------------------------------------------------------


def _fork(told: dict[str, Any], point: str) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    signal.alarm(_SECONDS)
    try:
        os.environ["YINXIN_FAILPOINT"] = point
        os.dup2(2, 1)  # the parent alone writes answers
        module, _, name = told["what"].partition(":")
        getattr(sys.modules[module], name)(*told["words"])
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - a fork must say why and end, not go on as the parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    for line in sys.stdin:
        told = json.loads(line)
        importlib.import_module(told["what"].partition(":")[0])
        children = [_fork(told, point) for point in told["points"]]
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        sys.stdout.write(json.dumps(codes) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

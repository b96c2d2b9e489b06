"""Forks `yinxin worker` on demand (批次测速的工作进程): imports once, for a worker that is killed is replaced at once.

A line on standard input starts one; its number comes back on standard output. What runs in it is `server.serve.work`.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback

from server import serve
from server.cli import load_settings


def main() -> None:
    settings = load_settings()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            answer = os.dup(1)
            os.dup2(2, 1)
            os.close(answer)
            try:
                serve.work(settings)
            except BaseException:  # noqa: BLE001 - a fork must say why and end, not go on as the parent
                traceback.print_exc()
            finally:
                os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()

"""Start both sample systems (启动两个示例系统) and keep them until Ctrl-C. Register them first: `register.py`."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from pathlib import Path

from systems import require_libraries, systems


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issuer", default="http://127.0.0.1:8000")
    parser.add_argument("--port-a", type=int, default=8101)
    parser.add_argument("--port-b", type=int, default=8102)
    parser.add_argument("--keys", type=Path, default=None, help="folder for the systems' keys, instead of their own")
    given = parser.parse_args()
    require_libraries()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # both ways of stopping end the two as well
    started: list[subprocess.Popen[bytes]] = []
    try:
        for system in systems(given.port_a, given.port_b):
            if system.port is not None:
                place = ["--issuer", given.issuer, "--port", str(system.port)]
                started.append(subprocess.Popen([*system.command, *place, *system.key(given.keys)]))
                print(f"{system.name_zh} / {system.name_en}: {system.address}", flush=True)
        while all(process.poll() is None for process in started):
            time.sleep(0.5)
        sys.exit("有系统已自行停止，见上文 / a system stopped by itself, see above")
    except KeyboardInterrupt:
        print("已停止 / stopped")
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=10)


if __name__ == "__main__":
    main()

"""Register the sample systems with a running region (登记示例系统). For one of your own: `yinxin sso add-client`.

Each system makes its own key and hands over the public half; no secret passes through here. `YINXIN_HOME` names the
region (default `var`, what `make run` made). Doing it again registers the keys anew.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from systems import System, require_libraries, systems

from foundation.errors import Conflict
from foundation.ground import Ground
from foundation.principal import SYSTEM
from foundation.settings import Settings
from server.house import open_house
from server.sample import DEPARTMENTS
from sso import clients
from sso.clients import NewClient

USCC = {department.slug: department.uscc for department in DEPARTMENTS}


def register(ground: Ground, system: System, keys: Path | None) -> str:
    """Ask the system for its public key and put it into the register. Returns what was done."""
    command = [*system.command, *system.key(keys), "--public-jwks"]
    public = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)["keys"]
    new = NewClient(
        system.client_id,
        system.name_zh,
        system.name_en,
        USCC[system.department],
        redirect_uris=[f"{system.address}/back"] if system.address else [],
        post_logout_redirect_uris=[f"{system.address}/goodbye"] if system.address else [],
        jwks=public,
        scopes=system.scopes,
        consent_free=True,
    )
    try:
        clients.add_client(ground, SYSTEM, new)
    except Conflict:
        clients.set_keys(ground, SYSTEM, system.client_id, public)
        return "已更新公钥 / keys replaced"
    return "已登记 / registered"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port-a", type=int, default=8101)
    parser.add_argument("--port-b", type=int, default=8102)
    parser.add_argument("--keys", type=Path, default=None, help="folder for the systems' keys, instead of their own")
    given = parser.parse_args()
    require_libraries()
    settings = Settings()
    if not settings.database.url and not (settings.home / "yinxin.db").exists():
        sys.exit(f"{settings.home} 中没有区域，请先 make run / there is no region in {settings.home}: make run first")
    with open_house(settings) as house:
        for system in systems(given.port_a, given.port_b):
            done = register(house.ground, system, given.keys)
            print(f"{system.client_id:<15} {done}  {system.address or ''}".rstrip(), flush=True)


if __name__ == "__main__":
    main()

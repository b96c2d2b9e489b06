"""The sample systems (示例系统清单): how each is started, and how it stands in the register."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class System:
    client_id: str
    command: tuple[str, ...]
    name_zh: str
    name_en: str
    department: str  # its short name in the sample region
    scopes: tuple[str, ...]
    port: int | None = None

    @property
    def address(self) -> str | None:
        return None if self.port is None else f"http://127.0.0.1:{self.port}"

    def key(self, folder: Path | None) -> list[str]:
        """Where its private key is, unless it keeps it beside itself."""
        return ["--key", str(folder / f"{self.client_id}.json")] if folder else []


def systems(port_a: int = 8101, port_b: int = 8102) -> tuple[System, ...]:
    """The program has no pages: it is what a curl call with `assertion.py` speaks for."""
    person = ("openid", "profile")
    return (
        System(
            "department-a",
            (sys.executable, str(HERE / "department_a" / "app.py")),
            "部门系统甲",
            "Department A",
            "market",
            (*person, "licence:read"),
            port_a,
        ),
        System(
            "department-b",
            ("node", str(HERE / "department_b" / "app.mjs")),
            "部门系统乙",
            "Department B",
            "transport",
            person,
            port_b,
        ),
        System(
            "market-program",
            (sys.executable, str(HERE / "assertion.py")),
            "市场监管局发证程序",
            "Licence program of the market bureau",
            "market",
            ("licence:issue", "licence:read"),
        ),
    )


def require_libraries() -> None:
    """`make test` installs them; `make run` alone does not, for the service itself needs neither."""
    missing = [name for name in ("jose", "requests") if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f"缺少 / missing: {' '.join(missing)}\n  make examples")
    if shutil.which("node") is None or not (HERE.parent / "node_modules" / "openid-client").is_dir():
        sys.exit("缺少 / missing: node 20, openid-client\n  make examples")

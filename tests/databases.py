"""Databases for tests: a SQLite file, or a database of a private PostgreSQL cluster made from a migrated template."""

from __future__ import annotations

import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if not found:
        raise RuntimeError("PostgreSQL is not installed; `make test` installs it (Debian package postgresql)")
    return found[-1].parent


def _as_postgres(command: list[str], *, cwd: Path) -> None:
    """Initdb and pg_ctl refuse to run as root, so root hands over to the postgres account."""
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)


@contextmanager
def private_cluster(*, durable: bool = False) -> Iterator[str]:
    """A cluster on a Unix socket; yields a SQLAlchemy URL prefix ending before the database name.

    Without fsync, which tests do not need and figures do (`durable`).
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="yx-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    tools, data = _binaries(), folder / "data"
    _as_postgres(
        [
            f"{tools}/initdb",
            "-D",
            str(data),
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--no-locale",
            "--data-checksums",
        ],
        cwd=folder,
    )
    fsync = "on" if durable else "off"
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync={fsync} -c max_connections=1000"
    _as_postgres(
        [f"{tools}/pg_ctl", "-D", str(data), "-w", "-o", options, "-l", str(folder / "log"), "start"], cwd=folder
    )
    try:
        yield f"postgresql+psycopg://postgres@/{{name}}?host={folder}"
    finally:
        _as_postgres([f"{tools}/pg_ctl", "-D", str(data), "-m", "immediate", "stop"], cwd=folder)
        # a copy of all tables for each test is a million files: nobody waits for their end
        subprocess.run(["sh", "-c", 'rm -rf "$0" >/dev/null 2>&1 &', str(folder)], check=True)


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True) as connection:
        connection.execute(statement.encode())

"""Write the next migration from the models (生成迁移).

`--initial` rewrites 0001, only before the first release; `--redo` rewrites the newest one in place, only while it has
not been released. The file is written beside the history and moved into it, so nobody ever reads half a history.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from foundation.database import open_database
from foundation.settings import Settings
from server import schema

VERSIONS = schema.FOLDER / "versions"


def main(arguments: list[str]) -> None:
    message = next((a for a in arguments if not a.startswith("-")), "first tables")
    history = sorted(VERSIONS.glob("0*.py"))
    replaced = history if "--initial" in arguments else history[-1:] if "--redo" in arguments else []
    kept = [version for version in history if version not in replaced]
    with tempfile.TemporaryDirectory() as folder:
        scripts = Path(folder) / "scripts"
        shutil.copytree(schema.FOLDER, scripts, ignore=shutil.ignore_patterns("__pycache__"))
        for version in replaced:
            (scripts / "versions" / version.name).unlink()
        made = _write(scripts, Path(folder), message, f"{len(kept) + 1:04}")
        for version in replaced:
            if version.name != made.name:
                version.unlink()
        shutil.copyfile(made, VERSIONS / f".{made.name}")
        (VERSIONS / f".{made.name}").replace(VERSIONS / made.name)


def _write(scripts: Path, home: Path, message: str, number: str) -> Path:
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    db = open_database(Settings(home=home))
    with db.engine.connect() as connection:
        config.attributes["connection"] = connection
        if number != "0001":
            command.upgrade(config, "head")
        command.revision(config, message=message, autogenerate=True, rev_id=number)
    db.dispose()
    return next((scripts / "versions").glob(f"{number}_*.py"))


if __name__ == "__main__":
    main(sys.argv[1:])

"""Write the next migration from the models (生成迁移). `--initial` rewrites 0001; only before the first release."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from foundation.database import open_database
from foundation.settings import Settings
from server import schema

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> None:
    initial = "--initial" in arguments
    message = next((a for a in arguments if not a.startswith("-")), "first tables")
    versions = sorted((schema.FOLDER / "versions").glob("0*.py"))
    if initial:
        for version in versions:
            version.unlink()
        versions = []
    with tempfile.TemporaryDirectory() as folder:
        db = open_database(Settings(home=Path(folder)))
        schema.upgrade(db)
        config = Config()
        config.set_main_option("script_location", str(schema.FOLDER))
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        with db.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.revision(config, message=message, autogenerate=True, rev_id=f"{len(versions) + 1:04}")


if __name__ == "__main__":
    main(sys.argv[1:])

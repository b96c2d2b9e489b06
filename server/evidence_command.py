"""`yinxin seal evidence FILE`: the evidence record of a sealed file (命令行取证据记录), written to FILE.er."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click

from hsm.digests import Digest
from seal.longlife.evidence.handing_out import for_file
from seal.room import SealRoom

LINES = (Digest.SM3, Digest.SHA256, Digest.SHA384, Digest.SHA512)


def command(room: Callable[[], AbstractContextManager[SealRoom]]) -> click.Command:
    @click.command("evidence")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option(
        "--line", type=click.Choice([one.value for one in LINES]), default="sm3", show_default=True,
        help="记录起始的摘要算法 / algorithm the record begins with",
    )  # fmt: skip
    @click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="输出文件 / where to write it")
    def evidence(file: Path, line: str, out: Path | None) -> None:
        """取出已盖章文件的证据记录 / the evidence record (RFC 4998) of a file sealed here."""
        target = out or file.with_name(file.name + ".er")
        with room() as seals:
            handed = for_file(seals, file.read_bytes(), Digest(line))
        target.write_bytes(handed.record)
        click.echo(f"已写入 / written: {target}")

    return evidence

"""`yinxin seal stamp`: one PDF from file to file (命令行用章), of any size, with the seal of any department.

For the operator of this machine; who runs it holds the region's data already. It is on record like every use.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path

import click

from ca.suites import Suite
from foundation.errors import NotFound
from foundation.principal import SYSTEM
from foundation.text import Text
from seal.find import by_code
from seal.orders import PdfOrder, Placement
from seal.pdf_forms import Level, PdfForm
from seal.room import SealRoom
from seal.stamp_large import stamp_pdf_file

SUITES = ("sm2", "rsa", "p256", "sm2,rsa", "sm2,p256")


def command(room: Callable[[], AbstractContextManager[SealRoom]]) -> click.Command:
    @click.command("stamp")
    @click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
    @click.option("--seal", "code", required=True, help="印章编码（14 位） / seal code, 14 digits")
    @click.option("--page", default=1, show_default=True, help="页码 / page")
    @click.option("--x", "x_mm", required=True, type=float, help="印章中心距左边（毫米） / centre, mm from the left")
    @click.option("--y", "y_mm", required=True, type=float, help="印章中心距上边（毫米） / centre, mm from the top")
    @click.option("--suites", type=click.Choice(SUITES), default="sm2", show_default=True, help="签名算法 / algorithms")
    @click.option("--form", type=click.Choice([str(one) for one in PdfForm]), default="pades", show_default=True)
    @click.option("--level", type=click.Choice(["b-b", "b-t"]), default="b-t", show_default=True)
    @click.option("--open", "stays_open", is_flag=True, help="不锁定，允许他人再签 / leave open for others")
    @click.option("--key", help="用章编号，重试时不变；缺省按文件名 / order key, the same when tried again")
    def stamp(  # noqa: PLR0917 - click hands every option over by name
        source: Path,
        target: Path,
        code: str,
        page: int,
        x_mm: float,
        y_mm: float,
        suites: str,
        form: str,
        level: str,
        stays_open: bool,  # noqa: FBT001 - a click flag
        key: str | None,
    ) -> None:
        """对 PDF 文件用章，可处理大文件 / stamp a PDF of any size, from file to file."""
        own = key or "cli:" + sha256(f"{code}|{target.resolve()}".encode()).hexdigest()
        chosen = tuple(Suite(name) for name in suites.split(","))
        with room() as seals:
            found = by_code(seals, code)
            if found is None:
                raise NotFound("seal.unknown", Text("没有这个编码的印章。", "There is no seal of this code."))
            order = PdfOrder(
                b"", found.id, Placement(page, x_mm, y_mm), own, chosen, closing=not stays_open,
                form=PdfForm(form), level=Level(level),
            )  # fmt: skip
            done = stamp_pdf_file(seals, SYSTEM, order, source, target)
        click.echo(f"已用章 / stamped: {done.path}  ({done.order_id})")

    return stamp

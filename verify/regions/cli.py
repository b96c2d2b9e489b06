"""`yinxin trust …` (信任库命令): our own list out, others' lists in, and what is believed now.

Whose signatures count is agreed by two people (pages or API), so taking in a list needs nobody's word but theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import click

from ca.reading import read_certificate
from foundation.errors import YinxinError
from foundation.principal import SYSTEM
from verify import trust_files as files
from verify.regions import editions, publishing
from verify.regions.room import RegionsRoom
from verify.regions.shapes import MOST_OCTETS
from verify.regions.signed import Pins, verified


class Say(Protocol):
    def __call__(self, data: object, *, as_json: bool, lines: list[str]) -> None: ...


def add_commands(trust: click.Group, house: Callable[[], AbstractContextManager[RegionsRoom]], say: Say) -> None:
    @trust.command("regions")
    @click.option("--json", "as_json", is_flag=True, help="机器可读 / for programs")
    def regions(as_json: bool) -> None:  # noqa: FBT001 - a click flag
        """列出信任的区域 / the regions that are believed, and their scopes."""
        with house() as room:
            found = editions.book(room.ground).regions
        rows = [
            {"code": one.code, "name": one.name_zh, **_shown(root.rules.regions, root.rules.licence_types),
             "root": root.certificate.fingerprint}
            for one in found for root in one.roots
        ]  # fmt: skip
        lines = [
            f"{r['code']}  {r['root'][:16]}  {r['regions']:<12} {r['licence_types']:<24} {r['name']}" for r in rows
        ]
        say(rows, as_json=as_json, lines=lines or ["没有登记其他区域 / no other region"])

    @trust.command("publish")
    @click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
    def publish(folder: Path) -> None:
        """写出本区域的信任列表和签署证书 / our own signed list, and the certificate others pin."""
        with house() as room:
            octets, certificate = publishing.current(room), publishing.signer_certificate(room)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "regions.json").write_bytes(octets)
        (folder / "list-signer.cer").write_bytes(certificate)
        print_ = read_certificate(certificate).fingerprint
        click.echo(
            f"已写入 / written: {folder}\n请经另一渠道核对签署证书指纹 / compare over a second channel: {print_}"
        )

    @trust.command("import")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    def take_in(file: Path) -> None:
        """导入已签名的信任列表 / take in a signed list of regions."""
        with house() as room:
            taken = editions.take_in(room, SYSTEM, files.bounded(file, MOST_OCTETS))
        click.echo(f"已导入 / taken in: {taken.scheme} #{taken.number}, {len(taken.regions)} regions")

    @trust.command("check")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--signer", "signers", multiple=True, required=True, type=click.Path(exists=True, path_type=Path))
    @click.option("--threshold", default=1, show_default=True, type=click.IntRange(1, 16))
    def check(file: Path, signers: tuple[Path, ...], threshold: int) -> None:
        """核对一份信任列表，不导入 / check a list against its signers, and take nothing in."""
        known = [one for path in signers for one in files.certificates(path, files.bounded(path, files.MOST_SMALL))]
        with house() as room:
            now = room.ground.clock.now()
        try:
            found = verified(files.bounded(file, MOST_OCTETS), Pins(tuple(known), threshold), now)
        except YinxinError as error:
            raise click.ClickException(f"{error.detail.zh}\n{error.detail.en}") from error
        click.echo(f"✔ {found.list.scheme} #{found.list.number} → {found.list.next_update:%Y-%m-%d}")
        for region in found.list.regions:
            click.echo(f"  {region.code} {region.name_zh} {region.name_en}: {len(region.roots)} roots")


def _shown(*limits: frozenset[str] | None) -> dict[str, str]:
    names = ("regions", "licence_types")
    return {name: ",".join(sorted(one)) if one else "*" for name, one in zip(names, limits, strict=True)}

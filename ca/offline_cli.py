"""`yinxin ca csr`, `install`, `install-list`, `keep-transcript` (离线根命令): to a ceremony, and back from it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click

from ca.ceremonies import checked, keep
from ca.offline import Delivered, install, install_list, request
from ca.room import CaRoom
from ca.suites import Suite
from foundation.principal import SYSTEM
from hsm.digests import sha256
from hsm.pem import octets_of, written

OpenRoom = Callable[[], AbstractContextManager[CaRoom]]
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SUITE = click.option("--suite", required=True, type=click.Choice([one.value for one in Suite]))


def add_commands(group: click.Group, open_room: OpenRoom) -> None:
    @group.command("csr")
    @_SUITE
    @click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
    def csr(suite: str, out: Path) -> None:
        """生成签发 CA 的证书请求，交离线根签发 / the issuing CA's request, for the offline root to sign."""
        with open_room() as room:
            octets = written("CERTIFICATE REQUEST", request(room, Suite(suite))).encode()
        out.write_bytes(octets)
        click.echo(f"{out}\nSHA-256 {sha256(octets).hex()}")

    @group.command("install")
    @_SUITE
    @click.option("--root", required=True, type=_FILE, help="离线根证书 / the offline root's certificate")
    @click.option("--certificate", required=True, type=_FILE, help="签发 CA 证书 / the issuing CA's certificate")
    @click.option("--crl", required=True, type=_FILE, help="根撤销列表 / the root's list")
    @click.option(
        "--transcript", type=_FILE, help="仪式记录，入库备查 / transcript; it is kept, and its digest on record"
    )
    def install_(*, suite: str, root: Path, certificate: Path, crl: Path, transcript: Path | None) -> None:
        """安装仪式产物 / take root, issuing certificate and list of a ceremony into service."""
        record = _record_of(transcript)
        delivered = Delivered(
            octets_of(root.read_bytes(), "CERTIFICATE"),
            octets_of(certificate.read_bytes(), "CERTIFICATE"),
            octets_of(crl.read_bytes(), "X509 CRL"),
            sha256(record).hex() if record is not None else None,
        )
        with open_room() as room:
            install(room, SYSTEM, Suite(suite), delivered)
            if record is not None:
                keep(room, SYSTEM, record)
        click.echo("已安装 / installed")

    @group.command("install-list")
    @_SUITE
    @click.option("--transcript", type=_FILE, help="仪式记录，入库备查 / transcript; it is kept")
    @click.argument("crl", type=_FILE)
    def install_list_(suite: str, crl: Path, transcript: Path | None) -> None:
        """安装新的根撤销列表 / take a later list of the offline root into service."""
        record = _record_of(transcript)
        with open_room() as room:
            install_list(room, SYSTEM, Suite(suite), octets_of(crl.read_bytes(), "X509 CRL"))
            if record is not None:
                keep(room, SYSTEM, record)
        click.echo("已安装 / installed")

    @group.command("keep-transcript")
    @click.argument("transcript", type=_FILE)
    def keep_transcript(transcript: Path) -> None:
        """仪式记录入库 / keep a ceremony's transcript, to be shown under /authority/ceremonies."""
        with open_room() as room:
            identifier = keep(room, SYSTEM, transcript.read_bytes())
        click.echo(str(identifier))


def _record_of(transcript: Path | None) -> bytes | None:
    """Read before anything is installed: an unreadable one stops the installation."""
    if transcript is None:
        return None
    octets = transcript.read_bytes()
    checked(octets)
    return octets

"""`yinxin backup` (备份命令): create, verify, restore, relearn."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from foundation.clock import SystemClock
from foundation.database import open_database
from foundation.ids import SystemIds
from foundation.principal import SYSTEM
from foundation.settings import Settings
from foundation.storage import open_storage
from hsm import libcrypto
from hsm.pem import private_octets, public_octets
from hsm.sealed_file import head_of
from hsm.sealed_to import Recipient, Secret, ToKey, ToPassphrase
from server.backup.create import KIND, Source, create
from server.backup.relearn import Relearnt, relearn
from server.backup.restore import Restored, digest_of, restore
from server.backup.verify import Checked, verify
from server.cli import load_settings
from server.house import House, open_house

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW = click.Path(dir_okay=False, path_type=Path)
_PASSPHRASE = click.option("--passphrase-file", type=_FILE, help="从文件读口令 / read the passphrase from a file")
_PRIVATE = click.option("--private-key", type=_FILE, help="传输私钥 PEM / private half of the transport key")
_OUTSIDE = (
    click.option("--audit", type=_FILE, help="别处保存的审计导出 / rows exported by `yinxin audit export`"),
    click.option(
        "--crl", "lists", multiple=True, type=_FILE, help="别处保存的 <ca>.crl / the newest lists anybody kept"
    ),
)


def group() -> click.Group:
    @click.group("backup")
    def backup() -> None:
        """整体备份与恢复 / backup and restore of the whole service."""

    for add in (_add_create, _add_verify, _add_restore, _add_relearn):
        add(backup)
    return backup


@contextmanager
def _source(settings: Settings) -> Iterator[Source]:
    """No key is needed for any of this, and none is opened."""
    libcrypto.configure(settings.keys.libcrypto)
    settings.home.mkdir(parents=True, exist_ok=True)
    clock = SystemClock()
    db = open_database(settings)
    try:
        yield Source(settings, db, open_storage(settings), clock, SystemIds(clock))
    finally:
        db.dispose()


def _add_create(backup: click.Group) -> None:
    @backup.command("create")
    @click.option("--out", required=True, type=_NEW)
    @click.option("--to-key", type=_FILE, help="以此公钥加密（SM2 或 RSA） / seal for this public key instead")
    @_PASSPHRASE
    def create_(*, out: Path, to_key: Path | None, passphrase_file: Path | None) -> None:
        """备份并核验 / write a backup, read it back and check that nothing is missing."""
        recipient: Recipient
        if to_key is not None:
            recipient = ToKey(public_octets(to_key.read_bytes()))
        else:
            recipient = ToPassphrase(_passphrase(passphrase_file, new=True))
        with _source(load_settings()) as source:
            _tell(create(source, out, recipient))
        click.echo(f"已写入并核验 / written and verified: {out}")


def _add_verify(backup: click.Group) -> None:
    @backup.command("verify")
    @click.argument("file", type=_FILE)
    @_PRIVATE
    @_PASSPHRASE
    def verify_(*, file: Path, private_key: Path | None, passphrase_file: Path | None) -> None:
        """核验备份 / read a backup in full and check that nothing is missing in it."""
        libcrypto.configure(None)
        _tell(verify(file, _secret(file, private_key, passphrase_file)))
        click.echo("✓")


def _add_restore(backup: click.Group) -> None:
    @backup.command("restore")
    @click.argument("file", type=_FILE)
    @_PRIVATE
    @_PASSPHRASE
    @_OUTSIDE[0]
    @_OUTSIDE[1]
    def restore_(
        *,
        file: Path,
        private_key: Path | None,
        passphrase_file: Path | None,
        audit: Path | None,
        lists: tuple[Path, ...],
    ) -> None:
        """恢复到空的系统 / restore into an empty installation; the settings say where, the KEK must be there."""
        settings = load_settings()
        with _source(settings) as source:
            done = restore(source, file, _secret(file, private_key, passphrase_file))
        _tell(done.checked)
        if done.set_aside is not None:
            click.echo(f"较长的检查点已移至 / the longer ledger is in {done.set_aside}: -{done.lost_audit_rows}")
        with open_house(settings) as house:
            sound = finish(house, done, digest_of(file), audit, lists)
        if not sound:
            sys.exit(1)


def finish(house: House, done: Restored, digest: str, audit: Path | None, lists: tuple[Path, ...]) -> bool:
    """With the keys open: say in the trail what happened, learn again what was lost, prove the trail."""
    payload: dict[str, str | int] = {
        "backup": digest,
        "created_at": done.manifest.created_at.isoformat(),
        "lost_audit_rows": done.lost_audit_rows,
    }
    with house.ground.db.begin() as session:
        house.ground.audit.record(session, SYSTEM, action="backup.restore", object="installation:self", payload=payload)
    _learnt(relearn(house.ca, journal=house.settings.journal_dir, audit=audit, lists=lists))
    house.checkpoint()
    report = house.verify_audit()
    for fault in report.faults:
        click.echo(f"✗ {fault.text.zh} / {fault.text.en}")
    return report.sound


def _add_relearn(backup: click.Group) -> None:
    @backup.command("relearn")
    @click.option("--journal", type=click.Path(exists=True, file_okay=False, path_type=Path))
    @_OUTSIDE[0]
    @_OUTSIDE[1]
    def relearn_(*, journal: Path | None, audit: Path | None, lists: tuple[Path, ...]) -> None:
        """补记丢失的签发与撤销 / learn again what was issued and revoked after the backup."""
        with open_house(load_settings()) as house:
            _learnt(relearn(house.ca, journal=journal or house.settings.journal_dir, audit=audit, lists=lists))


def _passphrase(file: Path | None, *, new: bool) -> str:
    if file is not None:
        return file.read_text("utf-8").strip()
    return str(click.prompt("备份口令 / passphrase", hide_input=True, confirmation_prompt=new, err=True))


def _secret(file: Path, private_key: Path | None, passphrase_file: Path | None) -> Secret:
    with file.open("rb") as source:
        how = head_of(source, KIND).sealed_to.get("how")
    if how == "key":
        if private_key is None:
            raise click.UsageError("此备份须用 --private-key 打开 / this backup opens with --private-key")
        return Secret(private_key=private_octets(private_key.read_bytes()))
    return Secret(passphrase=_passphrase(passphrase_file, new=False))


def _tell(checked: Checked) -> None:
    found = checked.manifest
    click.echo(
        f"{found.created_at:%Y-%m-%d %H:%M}Z  {found.dialect} {found.revision}  "
        f"keys {checked.keys}, lists {checked.lists}, audit {checked.audit_rows}, journal {checked.journal_records}, "
        f"rows {sum(found.rows.values())}, files {sum(1 for one in found.members if one.name.startswith('objects/'))}"
    )
    if found.kek is not None:
        kek = found.kek
        click.echo(f"主密钥不在其中，另需 / the KEK is not inside, it needs: {kek.method} ({kek.where})")
    for backend, count in found.keys.items():
        if backend != "software":
            click.echo(f"设备中的密钥另行备份 / in the device, back up there: {backend} {count}")


def _learnt(found: Relearnt) -> None:
    click.echo(
        f"补记证书 / certificates known again: {found.certificates}; "
        f"补记撤销 / revocations: {found.revocations}; 新撤销列表 / new lists: {found.lists}"
    )

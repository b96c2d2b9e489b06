"""The rooms' commands over an opened house (各库命令). Kept apart from `cli`, so that small commands start fast."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import click

from ca.credentials.cli import group as credential_group
from ca.offline_cli import add_commands as add_offline_commands
from ca.recheck.cli import command as recheck_command
from ca.revocation_cli import add_commands as add_revocation_commands
from ca.room import CaRoom
from foundation.settings import Settings
from licence.cli import group as licence_group
from licence.room import LicenceRoom
from seal.room import SealRoom
from server import upkeep
from server.cli import as_json as json_flag
from server.cli import load_settings, say
from server.house import House, open_house
from sso.room import SsoRoom
from verify.cli import command as verify_command
from verify.judge import Context
from verify.regions.cli import add_commands as add_trust_commands
from verify.regions.room import RegionsRoom


@contextmanager
def _working_house() -> Iterator[House]:
    with open_house(load_settings()) as house:
        upkeep.start(house)
        yield house


@contextmanager
def _licence_room() -> Iterator[LicenceRoom]:
    with _working_house() as house:
        yield house.licence


def licence() -> click.Group:
    return licence_group(_licence_room)


@contextmanager
def _ca_room() -> Iterator[CaRoom]:
    with _working_house() as house:
        yield house.ca


@contextmanager
def _quiet_ca_room() -> Iterator[CaRoom]:
    """For looking only: nothing is renewed or recovered on the way."""
    with open_house(load_settings()) as house:
        yield house.ca


def verify() -> click.Command:
    return verify_command(_own_context)


def _own_context() -> AbstractContextManager[Context] | None:
    settings = load_settings()
    return _region_context(settings) if _exists(settings) else None


def _exists(settings: Settings) -> bool:
    """A region is here: verifying a file must not create one."""
    if settings.database.url:
        return True
    return (settings.home / "yinxin.db").exists()


@contextmanager
def _region_context(settings: Settings) -> Iterator[Context]:
    with open_house(settings) as house:
        yield house.verify.context()


@contextmanager
def _regions_room() -> Iterator[RegionsRoom]:
    with _working_house() as house:
        yield house.regions


def trust() -> click.Group:
    @click.group("trust")
    def trust() -> None:
        """信任库 / trust folders."""

    @trust.command("export")
    @click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
    def export(folder: Path) -> None:
        """导出本区域信任库 / write what others need to judge our files without calling us."""
        from server import trust_folder

        with _working_house() as house:
            trust_folder.write(house, folder)
        click.echo(f"已写入 / written: {folder}")

    add_trust_commands(trust, _regions_room, say)
    return trust


@contextmanager
def _unestablished() -> Iterator[CaRoom]:
    """Before there is a hierarchy, so without `upkeep.start`, which would want to make one."""
    with open_house(load_settings()) as house:
        yield house.ca


def ca() -> click.Group:
    from ca.chain import authorities
    from ca.kmc.cli import kmc

    @click.group("ca")
    def ca() -> None:
        """证书 / certificates."""

    @ca.command("list")
    @json_flag
    def list_(as_json: bool) -> None:  # noqa: FBT001 - a click flag
        """列出本区域 CA / our certificate authorities."""
        with open_house(load_settings()) as house:
            rows = [
                {
                    "name": one.slug,
                    "parent": one.parent,
                    "subject": one.certificate.subject.text,
                    "not_after": one.certificate.not_after,
                }
                for one in authorities(house.ca)
            ]
        say(rows, as_json=as_json, lines=[f"{r['name']:<14} {r['not_after']:%Y-%m-%d}  {r['subject']}" for r in rows])

    ca.add_command(credential_group(_ca_room))
    ca.add_command(recheck_command(_quiet_ca_room, say))
    ca.add_command(kmc)
    add_revocation_commands(ca, _ca_room)
    add_offline_commands(ca, _unestablished)
    return ca


def seal() -> click.Group:
    from seal.find import seals_of

    @click.group("seal")
    def seal() -> None:
        """电子印章 / electronic seals."""

    @seal.command("list")
    @click.argument("department")
    @json_flag
    def list_(department: str, as_json: bool) -> None:  # noqa: FBT001 - a click flag
        """列出某单位的印章 / the seals of a department (统一社会信用代码)."""
        with open_house(load_settings()) as house:
            seals = seals_of(house.seal, department)
        rows = [
            {"code": one.code, "name": one.name, "state": one.state, "valid_until": one.valid_until} for one in seals
        ]
        say(rows, as_json=as_json, lines=[f"{r['code']}  {r['state']:<10} {r['name']}" for r in rows])

    @contextmanager
    def room() -> Iterator[SealRoom]:
        with _working_house() as house:
            yield house.seal

    from server.evidence_command import command as evidence
    from server.stamp_command import command as stamp

    seal.add_command(stamp(room))
    seal.add_command(evidence(room))
    return seal


def sso() -> click.Group:
    from sso.cli import group

    @contextmanager
    def room() -> Iterator[SsoRoom]:
        with _working_house() as house:
            yield house.sso

    made: click.Group = group(room)
    return made


def hsm() -> click.Group:
    from server.hsm_commands import group

    return group()


def ceremony() -> click.Group:
    from server.ceremony_commands import group

    return group()


def backup() -> click.Group:
    from server.backup_commands import group

    return group()

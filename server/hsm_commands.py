"""`yinxin hsm` (密钥命令): the commands of the key room, with `sso` saying who is typing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from foundation.principal import Principal
from hsm.life.cli import add_commands
from hsm.room import HsmRoom
from server import device_commands
from server.cli import load_settings
from server.house import open_house
from sso.console import sign_in


@contextmanager
def _room() -> Iterator[HsmRoom]:
    with open_house(load_settings()) as house:
        yield house.hsm


def _sign_in(room: HsmRoom, account: str, password: str) -> Principal:
    return sign_in(room.ground, account, password)


def group() -> click.Group:
    @click.group("hsm")
    def hsm() -> None:
        """密钥 / keys: their life under dual control, and the devices they are in."""

    add_commands(hsm, _room, _sign_in)
    device_commands.add_commands(hsm)
    return hsm

"""Running the OCSP listener (运行 OCSP 监听): one process of one purpose, behind the proxy for `/ocsp/`."""

from __future__ import annotations

import signal

import click

from ca.ocsp_listener import Listener
from foundation import logs
from foundation.settings import Settings
from server.house import open_house


def serve(settings: Settings, host: str, port: int) -> None:
    logs.configure(settings.log)
    with open_house(settings, resident=True) as house:
        listener = Listener(house.ca, host, port)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: listener.stop())
        click.echo(f"OCSP 监听已启动 / listening: http://{host}:{listener.port}/ocsp/")
        listener.run()

"""Running it (运行): the embedded process (waitress and job threads together) and the worker of its own."""

from __future__ import annotations

import signal
import sys
import threading

import click
from waitress.server import create_server

from foundation import logs
from foundation.settings import Settings
from server import upkeep
from server.app import create_app
from server.house import House, open_house
from server.sample import Login, establish


def serve(settings: Settings, *, sample: bool) -> None:
    logs.configure(settings.log)
    embedded = settings.database_url.startswith("sqlite")
    with open_house(settings, upgrade=embedded) as house:
        upkeep.start(house)
        logins = establish(house) if sample else []
        app = create_app(house, sample_logins=logins)
        worker = upkeep.worker(house)
        if settings.jobs.threads:
            worker.start(settings.jobs.threads, upkeep.periodic(house))
        web = settings.web
        server = create_server(  # type: ignore[no-untyped-call]  # waitress has no types
            app,
            host=web.host,
            port=web.port,
            threads=web.threads,
            ident="yinxin",
            clear_untrusted_proxy_headers=True,
        )
        # waitress ends in order on SystemExit: requests under way are finished; closing the socket alone would leave
        # it waiting for every idle keep-alive connection.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        click.echo(banner(house, logins))
        try:
            server.run()
        finally:
            worker.stop()
            house.checkpoint()


def work(settings: Settings) -> None:
    """Jobs and periodic work without a web server; as many as there are machines."""
    logs.configure(settings.log)
    with open_house(settings) as house:
        upkeep.start(house)
        worker = upkeep.worker(house)
        worker.start(max(1, settings.jobs.threads), upkeep.periodic(house))
        done = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: done.set())
        click.echo("印信后台任务已启动 / worker running")
        done.wait()
        worker.stop()


def banner(house: House, logins: list[Login]) -> str:
    url = house.settings.web.public_url
    lines = [
        "",
        f"印信 Yinxin · {house.settings.region.name_zh}    {url}",
        "",
        f"  首页 home           {url}/",
        f"  真伪核验 verify     {url}/verify",
        f"  接口文档 API        {url}/docs",
    ]
    if logins:
        lines += [
            f"  示例短信 SMS codes  {url}/outbox",
            "",
            "  示例账号 sample logins（短信验证码见“示例短信”页 / codes on the SMS page）",
        ]
        lines += [
            f"    {login.username:<10} {login.password:<18} {login.role_zh} / {login.role_en}" for login in logins
        ]
    return "\n".join([*lines, "", "  Ctrl+C 停止 / stops", ""])

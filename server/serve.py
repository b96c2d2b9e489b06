"""Running it (运行): the embedded process (waitress and job threads together) and the worker of its own."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import click
import structlog
from waitress.server import create_server

from ca import crl_schedule
from foundation import logs
from foundation.apart import keeper
from foundation.errors import Unavailable
from foundation.settings import Settings
from hsm.errors import Sealed
from hsm.process import close_to_others
from server import upkeep
from server.app import create_app
from server.house import House, open_house
from server.sample import LOGINS, Login, establish
from server.settled import settle
from verify.sandbox.pool import shared

PICTURES = ("seal.pdf.painter:work", "verify.exhibits.child:work", "verify.code_pictures:work")
"""What people wait for: pages to be approved, pictures of a judged file, codes."""
log = structlog.get_logger("serve")
_LOOK_AGAIN_SECONDS = 2.0


def serve(settings: Settings, *, sample: bool) -> None:
    logs.configure(settings.log)
    close_to_others()  # where namespaces are not permitted, a reader of foreign files has our account
    embedded = settings.database_url.startswith("sqlite")
    with open_house(settings, upgrade=embedded, resident=True) as house:
        logins = list(LOGINS) if sample else []
        start_when_open(partial(_start, house, sample=sample))
        app = create_app(house, sample_logins=logins)
        shared().start()  # so that the first file does not wait for its reader
        keeper.load(*PICTURES)
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
        settle()
        try:
            server.run()
        finally:
            worker.stop()
            with suppress(Unavailable):  # a sealed signer signs no last checkpoint either
                house.checkpoint()


def work(settings: Settings) -> None:
    """Jobs and periodic work without a web server; as many as there are machines."""
    logs.configure(settings.log)
    close_to_others()
    with open_house(settings, resident=True) as house:
        start_when_open(partial(_start, house, sample=False))
        worker = upkeep.worker(house)
        worker.start(max(1, settings.jobs.threads), upkeep.periodic(house))
        done = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: done.set())
        click.echo("印信后台任务已启动 / worker running")
        settle()
        done.wait()
        worker.stop()


def _start(house: House, *, sample: bool) -> None:
    upkeep.start(house)
    if sample:
        establish(house)
    crl_schedule.refresh(house.ca)  # nobody who asks in the first minutes finds a list missing


def start_when_open(start: Callable[[], None]) -> None:
    """Now, or as soon as people have opened the signer; until then pages are up and signing answers 503."""
    try:
        start()
    except Sealed as error:
        click.echo(f"{error.detail.zh}\n{error.detail.en}")
        threading.Thread(target=_start_later, args=(start,), name="start-later", daemon=True).start()


def _start_later(start: Callable[[], None]) -> None:
    while True:
        time.sleep(_LOOK_AGAIN_SECONDS)
        try:
            start()
        except Unavailable as error:
            log.info("start.waiting", code=error.code)
        else:
            log.info("start.done")
            return


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

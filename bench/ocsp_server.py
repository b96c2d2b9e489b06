"""One OCSP server for measuring: the listener, or the web server with the front before an app that has nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from waitress import serve

from ca.ocsp_front import OcspFront
from ca.ocsp_listener import Listener
from foundation.clock import SystemClock
from tests.ca.conftest import build_room

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def nothing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    del environ
    start_response("503 Service Unavailable", [])
    return ()


def main(home: str, url: str, port: str, kind: str) -> None:
    room = build_room(Path(home), url, SystemClock())  # type: ignore[arg-type]
    if kind == "listener":
        Listener(room, "127.0.0.1", int(port)).run()
    else:
        serve(OcspFront(nothing, room), host="127.0.0.1", port=int(port), threads=8, ident="yinxin")  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main(*sys.argv[1:])

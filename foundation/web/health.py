"""Health and metrics (健康检查与指标): `/healthz` for the process, `/readyz` for what it stands on, `/metrics`.

`/readyz` says which check failed and never why: the reason is in the log, where strangers do not read.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Response, abort, jsonify
from sqlalchemy import text

from foundation import metrics
from foundation.errors import YinxinError
from foundation.web.context import address

if TYPE_CHECKING:
    from foundation.ground import Ground

log = structlog.get_logger("web.health")
REMEMBERED = 1.0
"""Seconds an answer is repeated, so that probes cannot become a load."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing we stand on. `run` raises when it does not hold."""

    name: str
    run: Callable[[], object]
    deadline: float = 2.0


class Readiness:
    """Runs the checks side by side, each with its deadline; one that still hangs is not started again."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self._checks = tuple(checks)
        self._pool = ThreadPoolExecutor(max_workers=max(1, len(checks)), thread_name_prefix="readyz")
        self._hanging: dict[str, Future[object]] = {}
        self._lock = threading.Lock()
        self._known: tuple[float, dict[str, str]] | None = None

    def report(self) -> dict[str, str]:
        with self._lock:
            if self._known is None or monotonic() - self._known[0] > REMEMBERED:
                self._known = (monotonic(), self._ask())
            return self._known[1]

    def _ask(self) -> dict[str, str]:
        began = monotonic()
        running = {check.name: self._begin(check) for check in self._checks}
        return {check.name: self._end(check, running[check.name], began) for check in self._checks}

    def _begin(self, check: Check) -> Future[object] | None:
        old = self._hanging.get(check.name)
        if old is not None and not old.done():
            return None
        self._hanging.pop(check.name, None)
        return self._pool.submit(check.run)

    def _end(self, check: Check, future: Future[object] | None, began: float) -> str:
        if future is None:
            return "late"
        try:
            future.result(timeout=max(0.0, check.deadline - (monotonic() - began)))
        except Late:
            if future.done():
                log.warning("ready.failed", check=check.name)
                return "failed"
            self._hanging[check.name] = future
            log.warning("ready.late", check=check.name)
            return "late"
        except YinxinError as error:
            log.warning("ready.failed", check=check.name, code=error.code)
            return error.condition
        except Exception:  # the frame's own boundary: whatever a check raises means "not ready"
            log.warning("ready.failed", check=check.name, exc_info=True)
            return "failed"
        return "ok"


def blueprint(checks: Sequence[Check], ground: Ground) -> Blueprint:
    pages = Blueprint("health", __name__)
    readiness = Readiness((Check("database", lambda: _database(ground)), *checks))

    @pages.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @pages.get("/readyz")
    def readyz() -> tuple[Response, int]:
        report = readiness.report()
        good = all(state == "ok" for state in report.values())
        return jsonify(status="ready" if good else "not ready", checks=report), 200 if good else 503

    @pages.get("/metrics")
    def show_metrics() -> Response:
        if not _inside():
            abort(404)
        return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)

    return pages


def _database(ground: Ground) -> None:
    with ground.db.read() as session:
        session.execute(text("SELECT 1"))


def _inside() -> bool:
    """Metrics are for our own network; the public listener's callers get a 404."""
    try:
        caller = ipaddress.ip_address(address())
    except ValueError:
        return False
    return caller.is_loopback or caller.is_private

"""What to alarm on (撤销指标): ages of lists and answers, failures, disagreements.

Gauges: in several processes the newest value counts. Labels are our own CAs and kinds of list.
"""

from __future__ import annotations

from datetime import datetime

from prometheus_client import Counter, Gauge

from foundation.metrics import REGISTRY

_SECONDS_LEFT = Gauge(
    "yinxin_crl_seconds_left",
    "Time until the next update of a list passes",
    ("list",),
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
_AGE = Gauge(
    "yinxin_crl_age_seconds",
    "Time since the last update of a list",
    ("list",),
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
_LATE = Gauge(
    "yinxin_crl_late",
    "1 while a list is past half of its life and was not replaced",
    ("list",),
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
OCSP_SECONDS_LEFT = Gauge(
    "yinxin_ocsp_seconds_left",
    "Time until the oldest stored OCSP answer of a CA is over",
    ("authority",),
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
OCSP_ANSWERS = Counter(
    "yinxin_ocsp_answers_total",
    "OCSP answers by where they came from: stored, signed, refused",
    ("source",),
    registry=REGISTRY,
)
DISAGREEMENTS = Gauge(
    "yinxin_revocation_disagreements",
    "Faults the last check of store, lists and OCSP answers found",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
CLOCK_OFF = Gauge(
    "yinxin_clock_off_seconds",
    "How far the clock is from the reference server, or jumped since the start",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)


def observe_list(
    scope: str, this_update: datetime | None, next_update: datetime | None, now: datetime, *, late: bool
) -> None:
    _LATE.labels(scope).set(int(late))
    if this_update is not None and next_update is not None:
        _AGE.labels(scope).set((now - this_update).total_seconds())
        _SECONDS_LEFT.labels(scope).set((next_update - now).total_seconds())

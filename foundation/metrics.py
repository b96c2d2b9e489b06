"""Metrics (指标): one Prometheus registry for all rooms. Labels are few and never personal.

With several processes set `PROMETHEUS_MULTIPROC_DIR` to an empty, writable folder before the start.
"""

from __future__ import annotations

import os

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST
REGISTRY = CollectorRegistry()

HTTP_SECONDS = Histogram(
    "yinxin_http_request_seconds",
    "Duration of requests by endpoint",
    ("endpoint", "method", "status"),
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
SIGNATURE_SECONDS = Histogram(
    "yinxin_signature_seconds",
    "Duration of signatures by algorithm and purpose",
    ("algorithm", "purpose"),
    registry=REGISTRY,
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5),
)
REVOCATIONS_OPEN = Gauge(
    "yinxin_revocation_requests_open",
    "Revocation requests not carried out yet, by the time they may take",
    ("allowed",),
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
REVOCATIONS_OVERDUE = Gauge(
    "yinxin_revocation_requests_overdue",
    "Revocation requests that took longer than they may (BR 4.9.1.1): alarm at once",
    ("allowed",),
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
SANDBOX_SECONDS = Histogram(
    "yinxin_verify_file_seconds",
    "Duration of judging one foreign file, in its own process",
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
SANDBOX_ENDED = Counter(
    "yinxin_verify_ended_total",
    "Files nobody could finish reading: time, memory, gone (the process broke), fault (ours: look into the log)",
    ("why",),
    registry=REGISTRY,
)
SANDBOX_REFUSED = Counter(
    "yinxin_verify_refused_total", "Files refused because too many were waiting", registry=REGISTRY
)
SANDBOX_BUSY = Gauge("yinxin_verify_busy", "Files being read now", registry=REGISTRY, multiprocess_mode="livesum")
SANDBOX_WAITING = Gauge(
    "yinxin_verify_waiting", "Files waiting to be read", registry=REGISTRY, multiprocess_mode="livesum"
)
APART_ENDED = Counter(
    "yinxin_apart_ended_total",
    "Pages, pictures and tables nobody could finish reading: time, memory, gone (the process broke), fault (ours)",
    ("work", "why"),
    registry=REGISTRY,
)


def exposition() -> bytes:
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
    return generate_latest(REGISTRY)

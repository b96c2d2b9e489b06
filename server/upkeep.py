"""What runs by itself (日常运行): recovery at start, checkpoints, lists, clean-up; in every kind of process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import structlog

from ca import crl_schedule, crl_store, hierarchy, revocation_jobs
from ca import recover as ca_recovery
from ca.acme import jobs as acme_jobs
from ca.acme import nonces as acme_nonces
from ca.cmp import transactions
from ca.frozen import freeze
from ca.kmc import upkeep as kmc_upkeep
from ca.registration import bulk, deadlines, notices
from ca.registration import recover as registrations
from ca.registration.machine import REGISTRAR
from foundation.jobs import Handler, Worker
from foundation.web import idempotency, limits, sessions
from licence import code
from licence import recovery as licence_recovery
from seal import ledger_pictures
from seal.approval import cases_open
from seal.batches import run as batches
from seal.management import adopting, destroying, making
from seal.status_service import publishing
from server import long_life
from server.house import House
from sso import purge as sso_purge

log = structlog.get_logger("upkeep")
Periodic = dict[str, tuple[float, Callable[[], object]]]

ABANDONED = timedelta(minutes=2)
"""An intent this old belongs to no request that still runs; with several processes only those are taken up."""


def handlers(house: House) -> dict[str, Handler]:
    """Jobs by kind. Rooms that enqueue work register its handler here."""
    return {
        **acme_jobs.handlers(house.ca),
        **revocation_jobs.handlers(house.ca),
        bulk.JOB: partial(bulk.work, house.registration),
        cases_open.JOB: partial(cases_open.work, house.seal),
        cases_open.BATCH_JOB: partial(batches.launch, house.seal),
        batches.CHUNK_JOB: partial(batches.work, house.seal),
    }


def start(house: House) -> None:
    """Before the first request: keys, certificates and everything a crash left half-way."""
    freeze(house.ca)
    # Recovery first: the signer takes what a crash left only as long as nothing much newer was signed.
    ca_recovery.recover(house.ca, older_than=timedelta())
    kmc_upkeep.recover(house.ca, older_than=timedelta())
    hierarchy.establish(house.ca)
    code.establish(house.licence)
    house.sso.token_keys.jwks()  # the first token keys are made here, not in somebody's login
    registrations.recover(house.registration, older_than=timedelta())
    adopting.adopt(house.seal)
    making.recover(house.seal, older_than=timedelta())
    publishing.refresh(house.seal)
    outcome = licence_recovery.recover(house.licence)
    for name in ("finished", "undone", "waiting"):
        if ids := getattr(outcome, name):
            log.warning("recovered", outcome=name, licences=len(ids))


def periodic(house: House) -> Periodic:
    interval = float(house.settings.audit.interval_seconds)
    return {
        "checkpoint": (interval, house.checkpoint),
        "lists": (float(house.settings.ca.lists_seconds), lambda: crl_schedule.refresh(house.ca)),
        "revocation": (60.0, lambda: revocation_jobs.tick(house.ca)),
        "seals": (300.0, lambda: _seals(house)),
        "recovery": (60.0, lambda: _recover(house)),
        "certificates": (3600.0, lambda: _renew(house)),
        "registrations": (60.0, lambda: deadlines.alarm(house.registration, REGISTRAR)),
        "seal_cases": (60.0, lambda: cases_open.expire(house.seal)),
        "seal_pictures": (30.0, lambda: ledger_pictures.catch_up(house.seal)),
        "notices": (3600.0, lambda: _remind(house)),
        "sessions": (600.0, lambda: _purge(house)),
        "long-life": (60.0, lambda: long_life.extend(house)),
        "long-life-all": (3600.0, lambda: long_life.extend(house, everything=True)),
        "evidence": (600.0, lambda: long_life.archive(house)),
        "evidence-all": (86400.0, lambda: long_life.archive(house, everything=True)),
        "escrow": (60.0, lambda: kmc_upkeep.stock(house.ca)),
        "cmp": (300.0, lambda: transactions.expire(house.ca, house.ground.clock.now())),
    }


def worker(house: House) -> Worker:
    return Worker(house.ground.db, house.ground.jobs, handlers(house))


def _recover(house: House) -> None:
    ca_recovery.recover(house.ca, older_than=ABANDONED)
    kmc_upkeep.recover(house.ca, older_than=ABANDONED)
    registrations.recover(house.registration, older_than=ABANDONED)
    making.recover(house.seal, older_than=ABANDONED)
    licence_recovery.recover(house.licence, older_than=ABANDONED)


def _seals(house: House) -> None:
    """Seals whose keys the custodians have destroyed; a list of states before half of its life is over."""
    destroying.conclude_all(house.seal)
    publishing.refresh(house.seal)


def _renew(house: House) -> None:
    hierarchy.establish(house.ca)
    code.establish(house.licence)
    house.trust.forget()


def _remind(house: House) -> None:
    """Applications nobody goes on with lapse; holders hear of certificates that end."""
    registrations.expire(house.registration)
    notices.write(house.registration)


def _purge(house: House) -> None:
    """Forget what is over: sessions, one-time secrets, counters, idempotency keys."""
    now = house.ground.clock.now()
    with house.ground.db.begin() as session:
        crl_store.purge(session, now)
        sessions.purge(session, now, house.settings.web)
        sso_purge.purge(session, now)
        limits.Counters(house.ground.clock).purge(session)
        idempotency.purge(session, now)
        acme_nonces.purge(session, now)

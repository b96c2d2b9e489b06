"""The job that proves names (验证任务), with what it needs from settings."""

from __future__ import annotations

from typing import Any

from ca.acme import challenges
from ca.acme.fetch import Fetcher
from ca.room import CaRoom
from foundation.jobs import Handler


def handlers(room: CaRoom) -> dict[str, Handler]:
    acme = room.ground.settings.acme
    fetcher = Fetcher.of(acme.networks, acme.http_port, acme.hosts, acme.seconds)

    def validate(payload: dict[str, Any]) -> None:
        challenges.validate(room, fetcher, payload)

    return {challenges.JOB: validate}

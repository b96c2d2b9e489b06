"""Settings of verification (核验配置)."""

from __future__ import annotations

from ipaddress import ip_network

from pydantic import Field, field_validator

from foundation.setting_group import Group


class VerifySettings(Group):
    fetch_hosts: tuple[str, ...] = Field(
        (), description="Hosts that missing certificates, lists and answers may be fetched from; none: never fetch"
    )
    fetch_networks: tuple[str, ...] = Field(
        (), description="Private networks those hosts may lie in, such as 10.20.0.0/16; public addresses always may"
    )
    fetch_seconds: float = Field(5.0, gt=0, le=30, description="Longest time of one fetch, everything included")
    fetch_bytes: int = Field(4 * 1024 * 1024, ge=1024, le=128 * 1024 * 1024, description="Largest answer taken")
    read_seconds: float = Field(
        5.0, ge=0.1, le=60, description="Longest time a process may read one foreign file; registers do not count"
    )

    @field_validator("fetch_networks")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            ip_network(one)
        return value

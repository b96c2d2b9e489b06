"""Settings of certificates and their keys (证书配置): CA, signer process, automatic certificates, key centre."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from foundation.setting_group import Group


class CaSettings(Group):
    suites: tuple[Literal["sm2", "rsa", "p256", "mldsa"], ...] = Field(
        ("sm2", "rsa"), description="Hierarchies to establish; sm2 and rsa are what seals and licences are made with"
    )
    profiles_dir: Path | None = Field(None, description="Folder of your own certificate profiles (docs/profiles.md)")
    shards: int | None = Field(
        None, ge=1, le=4096, description="Partial revocation lists per issuing CA, may only grow; default 16, sample 2"
    )
    lists_seconds: int = Field(
        180, ge=10, le=3600, description="Longest time until a revocation is on its shard and on the delta list"
    )
    presign_all: bool = Field(
        default=False, description="Pre-sign OCSP answers for every valid certificate, not only for those asked about"
    )
    stamp_ordering: bool = Field(
        default=False, description="Time stamps carry fractions of a second and strictly increase (ordering TRUE)"
    )
    clock_server: str = Field(
        "", description="NTP server host[:port] the clock is compared with; time stamps stop when it is 1 s off"
    )


class SignerSettings(Group):
    mode: Literal["child", "socket", "in-process"] = Field(
        "child",
        description="`child`: serve and worker start the signer beside them; `socket`: it runs as a service of its own"
        " (yinxin signer run); `in-process`: for tests, keys are in the web process",
    )
    socket: Path | None = Field(None, description="Unix socket of the signer; default `home`/signer.sock")
    socket_mode: Literal["0600", "0660"] = Field("0600", description="0660 lets the socket's group connect")
    client_uids: tuple[int, ...] = Field((), description="Accounts of web and worker; empty means the signer's own")
    operator_uids: tuple[int, ...] = Field(
        (), description="Accounts that may seal, unseal and release late intents; empty means the signer's own and root"
    )
    journal_dir: Path | None = Field(None, description="Folder of the signing journal; default `home`/journal")
    wait_seconds: float = Field(5.0, ge=0, le=60, description="How long a request waits for a signer that restarts")
    timeout_seconds: float = Field(20.0, gt=0, le=300, description="Longest wait for an answer of the signer")


class AcmeSettings(Group):
    """Automatic certificates for web servers. Without networks no name can be proven, so the service is off."""

    networks: tuple[str, ...] = Field((), description="Networks where proofs of names may be fetched, as 10.0.0.0/8")
    hosts: dict[str, str] = Field({}, description="Addresses of names that no DNS knows: name to address")
    http_port: int = Field(80, ge=1, le=65535, description="Port proofs are fetched from; RFC 8555 says 80")
    seconds: float = Field(10.0, gt=0, le=60, description="Longest time to fetch one proof")

    @field_validator("networks")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            ip_network(one)
        return value

    @field_validator("hosts")
    @classmethod
    def _are_addresses(cls, value: dict[str, str]) -> dict[str, str]:
        for one in value.values():
            ip_address(one)
        return value


class KmcSettings(Group):
    """The key-management centre (密钥管理中心)."""

    spare_sm2: int = Field(16, ge=0, le=10_000, description="SM2 encryption key pairs made ahead")
    spare_rsa: int = Field(0, ge=0, le=1_000, description="RSA encryption key pairs made ahead; each takes a second")
    user_approvals: int = Field(1, ge=1, le=9, description="People who must agree before a holder gets keys back")
    judicial_approvals: int = Field(2, ge=2, le=9, description="People who must agree to a judicial recovery")
    request_hours: int = Field(72, ge=1, le=720, description="A recovery not approved by then is void")
    approval_hours: int = Field(24, ge=1, le=720, description="An approval not used by then is void")

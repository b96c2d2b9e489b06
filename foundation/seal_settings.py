"""Settings of the seal room (印章配置)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from foundation.setting_group import Group


class SealSettings(Group):
    ses_version: Literal[4, 5] = Field(
        4, description="Structure of new seals: 4 is GB/T 38540-2020; 5 is GM/T 0031-2025, its making time stamped"
    )
    signature_version: Literal[4, 5] = Field(
        4, description="Structure of a seal's signature in an OFD, unless the order says: 4 or 5, as above"
    )
    cert_list: Literal["certificates", "digests"] = Field(
        "certificates", description="How a new seal names who may use it: whole certificates, or their SM3 digests"
    )
    extend_to: Literal["B-T", "B-LT", "B-LTA"] = Field(
        "B-LT", description="What every sealed PDF is brought to by itself; B-T leaves it as sealed, B-LTA archives it"
    )
    extend_when: Literal["next-list", "at-once"] = Field(
        "next-list",
        description="Wait for the first revocation list after the seal, or ask our own responder within the minute",
    )
    evidence_digests: tuple[Literal["sm3", "sha256", "sha384", "sha512"], ...] = Field(
        ("sm3", "sha256"),
        description="Algorithms of the daily evidence records (RFC 4998), a record for each; none: off",
    )
    evidence_weak: tuple[Literal["sm3", "sha256", "sha384", "sha512", "sm2", "rsa"], ...] = Field(
        (), description="Digests and signatures no longer relied on: the records that rest on them are renewed"
    )
    emblem: Path | None = Field(
        None, description="File of the region's licensed emblem (one-colour SVG or path list) for seals that show one"
    )

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
    cert_list: Literal["certificates", "digests"] = Field(
        "certificates", description="How a new seal names who may use it: whole certificates, or their SM3 digests"
    )
    emblem: Path | None = Field(
        None, description="File of the region's licensed emblem (one-colour SVG or path list) for seals that show one"
    )

"""Settings of key devices (密码设备配置): a PKCS#11 token, an SDF device of GM/T 0018. PINs only ever by file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from foundation.setting_group import Group

_RANGES = re.compile(r"\d{1,6}(-\d{1,6})?(,\d{1,6}(-\d{1,6})?)*")
_MOST_INDICES = 100_000


class Pkcs11Settings(Group):
    module: Path = Field(description="Library of the vendor; SoftHSM: /usr/lib/softhsm/libsofthsm2.so")
    token: str = Field(min_length=1, max_length=32, description="Label of the token")
    pin_file: Path = Field(description="File with the user PIN, mode 0600, or a systemd credential")
    timeout_seconds: float = Field(60.0, gt=0, le=600, description="Longest one call may take; RSA-4096 needs a minute")
    tries: int = Field(5, ge=1, le=20, description="Times a call is tried when the device fails in passing")
    sm2_sign_mechanism: int | None = Field(
        None, ge=0, le=0xFFFFFFFF, description="Vendor's number of the SM2 signature mechanism; empty: no SM2 here"
    )
    sm2_generate_mechanism: int | None = Field(
        None, ge=0, le=0xFFFFFFFF, description="Vendor's number of SM2 key pair generation"
    )
    sm2_key_type: int = Field(3, ge=0, le=0xFFFFFFFF, description="Vendor's CKK number of SM2 keys; 3 is CKK_EC")
    sm2_z: Literal["caller", "backend"] = Field(
        "caller", description="Who computes Z: `caller` signs a ready SM3 digest, `backend` gets the message"
    )

    @model_validator(mode="after")
    def _both_or_none(self) -> Pkcs11Settings:
        if (self.sm2_sign_mechanism is None) != (self.sm2_generate_mechanism is None):
            raise ValueError("sm2_sign_mechanism and sm2_generate_mechanism belong together")
        return self


class SdfSettings(Group):
    library: Path = Field(description="Library of the vendor (libsdf.so, libswsds.so, …)")
    device: str | None = Field(
        None, description="Given to SDF_OpenDeviceWithPath where the vendor has it; empty: SDF_OpenDevice"
    )
    password_file: str = Field(
        description="File with the private key access password, mode 0600; {index} in it stands for the key index"
    )
    indices: str = Field(
        description="Indices of ready signing key pairs that Yinxin may assign, as 1-64 or 3,5,8-12; each is used once"
    )
    sessions: int = Field(1, ge=1, le=64, description="Signatures at once; more than 1 after `yinxin hsm test` passed")
    timeout_seconds: float = Field(15.0, gt=0, le=600, description="Longest one call may take")
    tries: int = Field(5, ge=1, le=20, description="Times a call is tried when the device fails in passing")
    field_bits: Literal[512, 256] = Field(
        512, description="ECCref_MAX_BITS of the vendor's header; the standard has 512"
    )
    decrypt_with_algorithm: bool = Field(
        default=True, description="SDF_InternalDecrypt_ECC takes uiAlgID; some vendors leave it out"
    )

    @field_validator("indices")
    @classmethod
    def _ranges(cls, value: str) -> str:
        spaceless = value.replace(" ", "")
        if not _RANGES.fullmatch(spaceless):
            raise ValueError("must look like 1-64 or 3,5,8-12")
        if sum(len(one) for one in index_ranges(spaceless)) > _MOST_INDICES:
            raise ValueError(f"at most {_MOST_INDICES} indices")
        return spaceless


def index_ranges(indices: str) -> list[range]:
    """`1-3,7` → [range(1, 4), range(7, 8)]."""
    found = []
    for part in indices.split(","):
        first, _, last = part.partition("-")
        found.append(range(int(first), int(last or first) + 1))
    return found

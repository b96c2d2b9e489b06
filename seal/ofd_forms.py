"""What a signature in an OFD is (签名类型): words of an order."""

from __future__ import annotations

from enum import StrEnum


class OfdForm(StrEnum):
    """Signature@Type of Signatures.xml (GB/T 33190-2016 18.1)."""

    SEAL = "seal"
    """A seal is shown and signs: SES_Signature of GB/T 38540-2020 or GM/T 0031-2025."""
    SIGN = "sign"
    """A plain digital signature, nothing to see: SignedData of GB/T 35275, as GM/T 0099-2020 asks."""

    @property
    def type(self) -> str:
        return "Seal" if self is OfdForm.SEAL else "Sign"

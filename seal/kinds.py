"""Kinds of electronic seals (印章类型), as data: seal-making code, GM/T 0031 type, words. 国办发〔2025〕33号 2, 4.

The two-digit code is that of seal-making systems (01 unit … 99 other); the type stands in SES_ESPropertyInfo.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from foundation.text import Text

ORGANISATION, PERSON = 1, 2
"""SES_ESPropertyInfo.type; readers treat it as opaque."""


class SealKind(StrEnum):
    NAME = "name"
    """单位名称章 (法定名称章)"""
    ORGAN = "organ"
    """内设机构章"""
    BRANCH = "branch"
    """分支机构、派出机构章"""
    BUSINESS = "business"
    """业务专用章, e.g. 行政审批专用章, 电子证照专用章"""
    FINANCE = "finance"
    INVOICE = "invoice"
    CONTRACT = "contract"
    REPRESENTATIVE = "representative"
    """法定代表人名章"""
    PERSONAL = "personal"
    """个人名章, used on behalf of the organisation"""
    OTHER = "other"

    @property
    def number(self) -> int:
        """GM/T 0031 type."""
        return KINDS[self].gm_type

    @property
    def personal(self) -> bool:
        """It shows a natural person's name."""
        return KINDS[self].gm_type == PERSON


@dataclass(frozen=True, slots=True)
class KindFacts:
    code: str
    """In seal-making systems, two digits."""
    gm_type: int
    words: Text


KINDS: dict[SealKind, KindFacts] = {
    SealKind.NAME: KindFacts("01", ORGANISATION, Text("单位名称章", "seal of the unit's name")),
    SealKind.ORGAN: KindFacts("01", ORGANISATION, Text("内设机构章", "seal of an internal organ")),
    SealKind.BRANCH: KindFacts("01", ORGANISATION, Text("分支机构章", "seal of a branch")),
    SealKind.BUSINESS: KindFacts("99", ORGANISATION, Text("业务专用章", "seal for one business")),
    SealKind.FINANCE: KindFacts("02", ORGANISATION, Text("财务专用章", "finance seal")),
    SealKind.INVOICE: KindFacts("03", ORGANISATION, Text("发票（税务）专用章", "invoice and tax seal")),
    SealKind.CONTRACT: KindFacts("04", ORGANISATION, Text("合同专用章", "contract seal")),
    SealKind.REPRESENTATIVE: KindFacts("05", PERSON, Text("法定代表人名章", "legal representative's name seal")),
    SealKind.PERSONAL: KindFacts("99", PERSON, Text("个人名章（公务）", "personal name seal for official use")),
    SealKind.OTHER: KindFacts("99", ORGANISATION, Text("其他印章", "other seal")),
}

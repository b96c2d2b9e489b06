"""Lints of the subject (主体名称), RFC 5280 4.1.2.6, appendix A.1 and GB/T 20518 5.2.3.6."""

from __future__ import annotations

import re
import unicodedata

from ca import oids
from ca.errors import LintFailed
from ca.lints.proposal import Proposal
from ca.names import WRITTEN_ORDER, write_attributes
from ca.profiles import DEPARTMENT_SEAL
from foundation.numbers import is_uscc

LONGEST = {
    # upper bounds of RFC 5280 appendix A.1, in characters
    oids.COMMON_NAME: 64,
    oids.ORGANIZATION: 64,
    oids.ORGANIZATIONAL_UNIT: 64,
    oids.SERIAL_NUMBER: 64,
    oids.LOCALITY: 128,
    oids.STATE: 128,
    oids.COUNTRY: 2,
}
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_PRINTABLE = re.compile(r"[A-Za-z0-9 '()+,./:=?-]+")
_RARE_HAN_PLANES = (2, 3)
_TEST_WORDS = re.compile(r"测试|試驗|\btest(ing)?\b|example", re.IGNORECASE)


def check_order(p: Proposal) -> None:
    """C, ST, L, O, OU, serialNumber, CN, each at most once (facts: pki 7.2, reversed RDN order)."""
    kinds = [kind for kind, _ in p.tbs.subject.attributes]
    if kinds != [kind for kind in WRITTEN_ORDER if kind in kinds]:
        raise LintFailed(
            "subject_order", "GB/T 20518 5.2.3.6", "主体名称各项顺序不对", "the parts of the subject are out of order"
        )


def check_encoding(p: Proposal) -> None:
    """UTF8String, but PrintableString for country and serialNumber."""
    if write_attributes(p.tbs.subject.attributes) != p.tbs.subject.raw:
        raise LintFailed(
            "subject_encoding", "RFC 5280 4.1.2.4", "主体名称编码不合规范", "the subject is not encoded as prescribed"
        )


def check_allowed(p: Proposal) -> None:
    """No attribute beyond the profile's: what stands in a name is believed, like an organisation a person claims."""
    odd = [oids.SHORT_NAMES[kind] for kind, _ in p.tbs.subject.attributes if kind not in p.profile.allowed]
    if odd:
        names = "、".join(odd)
        raise LintFailed(
            "subject_allowed",
            "GB/T 20518 5.2.3.6",
            f"该模板的主体名称不得有 {names}",
            f"the subject may not have {names}",
        )


def check_required(p: Proposal) -> None:
    missing = [oids.SHORT_NAMES[kind] for kind in p.profile.subject if p.tbs.subject.first(kind) is None]
    if missing:
        names = "、".join(missing)
        raise LintFailed(
            "subject_required", "GB/T 20518 5.2.3.6", f"主体名称缺少 {names}", f"the subject lacks {names}"
        )


def check_lengths(p: Proposal) -> None:
    for kind, text in p.tbs.subject.attributes:
        if not 0 < len(text) <= LONGEST[kind]:
            name = oids.SHORT_NAMES[kind]
            raise LintFailed(
                "subject_length",
                "RFC 5280 A.1",
                f"主体名称的 {name} 须为 1 至 {LONGEST[kind]} 个字符",
                f"{name} must have 1 to {LONGEST[kind]} characters",
            )


def check_characters(p: Proposal) -> None:
    """Nothing invisible: no controls, no direction marks, no private-use characters, no spaces at the ends."""
    for kind, text in p.tbs.subject.attributes:
        if text != text.strip() or (not text.isprintable() and any(_is_hidden(char) for char in text)):
            name = oids.SHORT_NAMES[kind]
            raise LintFailed(
                "subject_characters",
                "RFC 5280 8; UTS 39",
                f"主体名称的 {name} 含有不可见字符或首尾空格",
                f"{name} has invisible characters or spaces at its ends",
            )


def _is_hidden(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Cn":  # rare Han characters are newer than this Python's tables
        return ord(char) >> 16 not in _RARE_HAN_PLANES
    return category in _HIDDEN


def check_printable(p: Proposal) -> None:
    """SerialNumber and country are PrintableString: letters, digits and little else (X.680 41.4)."""
    for kind in (oids.COUNTRY, oids.SERIAL_NUMBER):
        text = p.tbs.subject.first(kind)
        if text is not None and not _PRINTABLE.fullmatch(text):
            name = oids.SHORT_NAMES[kind]
            raise LintFailed(
                "subject_printable", "X.680 41.4", f"{name} 含有不允许的字符", f"{name} has characters it may not have"
            )


def check_country(p: Proposal) -> None:
    country = p.tbs.subject.country
    if country is not None and not (
        len(country) == 2 and country.isascii() and country.isupper() and country.isalpha()
    ):
        raise LintFailed(
            "country", "X.520 6.3.1", "国家代码须为两个大写字母", "the country must be two capital letters"
        )


def check_patterns(p: Proposal) -> None:
    """What the profile says an attribute must look like, whole: CN of a seal is its 14-digit code (GB/T 38540)."""
    for kind, pattern in p.profile.patterns:
        text = p.tbs.subject.first(kind)
        if text is not None and not pattern.fullmatch(text):
            name = oids.SHORT_NAMES[kind]
            raise LintFailed(
                "common_name" if kind == oids.COMMON_NAME else "subject_pattern",
                "GB/T 38540; 国办发〔2025〕33号" if p.profile.name == DEPARTMENT_SEAL.name else "GB/T 20518 5.2.3.6",
                f"{name} 不符合模板规定的格式 {pattern.pattern}",
                f"{name} must match {pattern.pattern}",
            )


def check_seal_organization(p: Proposal) -> None:
    """O of a seal is the USCC directly followed by the name (facts: standards 2.7)."""
    if p.profile.name != DEPARTMENT_SEAL.name:
        return
    organization = p.tbs.subject.organization or ""
    if not is_uscc(organization[:18]) or not organization[18:].strip():
        raise LintFailed(
            "seal_organization",
            "GB 32100; GB/T 38540",
            "O 须为统一社会信用代码加单位名称",
            "O must be the unified social credit code followed by the name",
        )


def check_not_a_test(p: Proposal) -> None:
    """Test names from production keys cost CAs their trust (facts: security 1.2, Symantec, Fina)."""
    if p.production and any(_TEST_WORDS.search(text) for _, text in p.tbs.subject.attributes):
        raise LintFailed(
            "test_name", "BR 4.9.1.1", "正式环境不得签发测试名称的证书", "production issues nothing under a test name"
        )

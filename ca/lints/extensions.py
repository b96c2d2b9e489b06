"""Lints of the extensions (扩展域), RFC 5280 4.2 and GB/T 20518 5.2.4."""

from __future__ import annotations

from ca import oids
from ca.errors import LintFailed
from ca.lints.proposal import Proposal
from ca.profiles import Role
from ca.reading.identity import NO_IDENTITY, IdentityExtensions, identity_of
from ca.reading.shapes import fields
from ca.suites import key_identifier
from foundation import der
from foundation.numbers import is_citizen_number, is_uscc

_IDENTITY_ARCS = (
    oids.IDENTIFY_CODE,
    oids.INSURANCE_NUMBER,
    oids.REGISTRATION_NUMBER,
    oids.ORGANIZATION_CODE,
    oids.TAXATION_NUMBER,
)


def check_set(p: Proposal) -> None:
    """Exactly the profile's extensions in the profile's order, and identity extensions after them."""
    found = [extension.oid for extension in p.tbs.extensions if extension.oid not in _IDENTITY_ARCS]
    if found != _expected(p):
        raise LintFailed(
            "extensions", "GB/T 20518 5.2.4", "扩展项与模板不符", "the extensions are not those of the profile"
        )


def _expected(p: Proposal) -> list[str]:
    root, leaf = p.profile.role is Role.ROOT, p.profile.role is Role.LEAF
    wanted = {
        oids.AUTHORITY_KEY_ID: True,
        oids.SUBJECT_KEY_ID: True,
        oids.KEY_USAGE: True,
        oids.BASIC_CONSTRAINTS: not leaf,
        oids.EXTENDED_KEY_USAGE: bool(p.profile.eku),
        oids.CERTIFICATE_POLICIES: not root,
        oids.CRL_DISTRIBUTION_POINTS: not root and not p.profile.no_check,
        oids.AUTHORITY_INFO_ACCESS: not root,
        oids.OCSP_NO_CHECK: p.profile.no_check,
    }
    return [oid for oid, present in wanted.items() if present]


def check_criticality(p: Proposal) -> None:
    critical = {oids.KEY_USAGE, oids.BASIC_CONSTRAINTS} | (
        {oids.EXTENDED_KEY_USAGE} if p.profile.eku_critical else set()
    )
    for extension in p.tbs.extensions:
        if extension.critical is not (extension.oid in critical):
            raise LintFailed(
                "criticality", "RFC 5280 4.2", "扩展项的关键性标志不对", "an extension has the wrong criticality"
            )


def check_key_usage(p: Proposal) -> None:
    if p.tbs.key_usage != frozenset(p.profile.key_usage):
        raise LintFailed(
            "key_usage",
            "RFC 5280 4.2.1.3; GB/T 20518 5.2.4.2.4",
            "密钥用法与模板不符",
            "the key usage is not the profile's",
        )


def check_basic_constraints(p: Proposal) -> None:
    if (p.tbs.is_ca, p.tbs.path_len) != (p.profile.is_ca, p.profile.path_len):
        raise LintFailed(
            "basic_constraints", "RFC 5280 4.2.1.9", "基本约束与模板不符", "the basic constraints are not the profile's"
        )
    above = p.issuer_certificate
    if above is not None and (not above.is_ca or (p.profile.is_ca and above.path_len == 0)):
        raise LintFailed(
            "basic_constraints", "RFC 5280 6.1.4", "上级证书不能签发该证书", "the CA above may not issue this"
        )


def check_extended_key_usage(p: Proposal) -> None:
    if p.tbs.eku != p.profile.eku:
        raise LintFailed(
            "extended_key_usage",
            "RFC 5280 4.2.1.12",
            "扩展密钥用法与模板不符",
            "the extended key usage is not the profile's",
        )


def check_key_identifiers(p: Proposal) -> None:
    """Ours is derived from this key; the authority's equals the identifier in the CA's own certificate."""
    bits = fields(der.parse(p.tbs.spki), 2, 2, "public key")[1].as_bits()
    if p.tbs.subject_key_id != key_identifier(bits):
        raise LintFailed(
            "key_identifiers", "RFC 5280 4.2.1.2", "主体密钥标识不对", "the subject key identifier is not this key's"
        )
    above = (p.issuer_certificate or p.tbs).subject_key_id
    if p.tbs.authority_key_id != above:
        raise LintFailed(
            "key_identifiers", "RFC 5280 4.2.1.1", "颁发者密钥标识不对", "the authority key identifier is not the CA's"
        )


def check_policies(p: Proposal) -> None:
    expected = () if p.profile.role is Role.ROOT else (p.places.certificate_policy(p.profile),)
    if p.tbs.policies != expected:
        raise LintFailed(
            "policies", "RFC 5280 4.2.1.4", "证书策略与模板不符", "the certificate policy is not the profile's"
        )


def check_addresses(p: Proposal) -> None:
    """Where the CRL, the OCSP responder and the issuer's certificate are: this issuer's, and no other."""
    slug, listed = p.issuer.slug, p.profile.role is not Role.ROOT and not p.profile.no_check
    expected = (
        (p.places.crl(slug, p.shard),) if listed else (),
        (p.places.ocsp(slug),) if listed and p.profile.role is Role.LEAF else (),
        () if p.profile.role is Role.ROOT else (p.places.certificate(slug),),
    )
    if (p.tbs.crl_urls, p.tbs.ocsp_urls, p.tbs.issuer_urls) != expected:
        raise LintFailed(
            "addresses",
            "RFC 5280 4.2.1.13, 4.2.2.1",
            "撤销信息地址不对",
            "the addresses of status information are wrong",
        )


def check_identity(p: Proposal) -> None:
    """Only the numbers the profile allows, at most one IdentifyCode, and each with a right check character."""
    identity = identity_of(p.tbs)
    given = {name for name in IdentityExtensions.__slots__ if getattr(identity, name) is not None}
    if not given <= p.profile.identity:
        raise LintFailed(
            "identity",
            "GB/T 20518 5.2.4.3",
            "该模板不允许此类身份标识",
            "the profile does not allow this identity extension",
        )
    if p.profile.needs_identity and identity == NO_IDENTITY:
        raise LintFailed(
            "identity", "GB/T 20518 5.2.4.3", "该模板必须有身份标识", "the profile needs an identity extension"
        )
    if len(given & {"citizen_number", "military_number", "passport_number"}) > 1:
        raise LintFailed(
            "identity",
            "GB/T 20518 5.2.4.3.1",
            "个人身份标识只能有一种",
            "only one kind of personal identity code may stand",
        )
    if identity.citizen_number is not None and not is_citizen_number(identity.citizen_number):
        raise LintFailed("identity", "GB 11643", "公民身份号码校验未通过", "the citizen number fails its check")
    code = identity.organization_code
    if code is not None and not is_uscc(code):
        raise LintFailed(
            "identity", "GB 32100", "统一社会信用代码校验未通过", "the unified social credit code fails its check"
        )

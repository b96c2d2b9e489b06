"""Lints of the extensions (扩展域), RFC 5280 4.2 and GB/T 20518 5.2.4."""

from __future__ import annotations

from ca import oids
from ca.errors import LintFailed
from ca.extensions import ARCS, IDENTITY_ARCS, constraint_extensions, extension
from ca.lints.proposal import Proposal
from ca.profiles import Role
from ca.reading.identity import NO_IDENTITY, IdentityExtensions, identity_of
from ca.reading.shapes import fields
from ca.suites import key_identifier
from foundation import der
from foundation.numbers import is_citizen_number, is_uscc
from hsm.public_keys import algorithm_of_spki

_CONSTRAINTS = (oids.NAME_CONSTRAINTS, oids.POLICY_CONSTRAINTS, oids.INHIBIT_ANY_POLICY)


def check_set(p: Proposal) -> None:
    """Exactly the profile's extensions in the profile's order, and identity extensions after them."""
    found = [extension.oid for extension in p.tbs.extensions if extension.oid not in IDENTITY_ARCS]
    if found != _expected(p):
        raise LintFailed(
            "extensions", "GB/T 20518 5.2.4", "扩展项与模板不符", "the extensions are not those of the profile"
        )


def _expected(p: Proposal) -> list[str]:
    root, leaf, limits = p.profile.role is Role.ROOT, p.profile.role is Role.LEAF, p.profile.constraints
    wanted = (
        (oids.AUTHORITY_KEY_ID, True),
        (oids.SUBJECT_KEY_ID, True),
        (oids.KEY_USAGE, True),
        (oids.BASIC_CONSTRAINTS, not leaf),
        (oids.EXTENDED_KEY_USAGE, p.profile.eku),
        (oids.CERTIFICATE_POLICIES, not root),
        (oids.NAME_CONSTRAINTS, limits.permitted or limits.excluded),
        (oids.POLICY_CONSTRAINTS, (limits.require_explicit_policy, limits.inhibit_policy_mapping) != (None, None)),
        (oids.INHIBIT_ANY_POLICY, limits.inhibit_any_policy is not None),
        (oids.CRL_DISTRIBUTION_POINTS, p.profile.has_list),
        (oids.AUTHORITY_INFO_ACCESS, not root),
        (oids.OCSP_NO_CHECK, p.profile.no_check),
        (oids.SUBJECT_ALT_NAME, p.profile.names and p.tbs.find(oids.SUBJECT_ALT_NAME)),  # see `check_names`
    )
    return [oid for oid, present in wanted if present]


def check_criticality(p: Proposal) -> None:
    for one in p.tbs.extensions:
        critical = one.oid in _CRITICAL or (one.oid == oids.EXTENDED_KEY_USAGE and p.profile.eku_critical)
        if one.critical is not critical:
            raise LintFailed(
                "criticality", "RFC 5280 4.2", "扩展项的关键性标志不对", "an extension has the wrong criticality"
            )


_CRITICAL = frozenset((oids.KEY_USAGE, oids.BASIC_CONSTRAINTS, *_CONSTRAINTS))


def check_key_usage(p: Proposal) -> None:
    if p.tbs.key_usage != frozenset(p.profile.usage_for(algorithm_of_spki(p.tbs.spki))):
        raise LintFailed(
            "key_usage",
            "RFC 5280 4.2.1.3; GB/T 20518 5.2.4.2.4",
            "密钥用法与模板不符",
            "the key usage is not the profile's",
        )


def check_constraints(p: Proposal) -> None:
    """What a CA below may name and under which policies: to the octet what its profile says, and only on CAs."""
    found = [one for one in p.tbs.extensions if one.oid in _CONSTRAINTS]
    written = b"".join(extension(one.oid, one.value, critical=one.critical) for one in found)
    if written != constraint_extensions(p.profile.constraints) or (found and not p.tbs.is_ca):
        raise LintFailed(
            "constraints",
            "RFC 5280 4.2.1.10, 4.2.1.11, 4.2.1.14",
            "名称约束或策略约束与模板不符",
            "the name or policy constraints are not the profile's",
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
    if p.tbs.policies != p.places.certificate_policies(p.profile):
        raise LintFailed(
            "policies", "RFC 5280 4.2.1.4", "证书策略与模板不符", "the certificate policy is not the profile's"
        )


def check_addresses(p: Proposal) -> None:
    """Where the CRL, the OCSP responder and the issuer's certificate are: this issuer's, and no other."""
    slug = p.issuer.slug
    expected = (
        (p.places.crl(slug, p.shard),) if p.profile.has_list else (),
        (p.places.ocsp(slug),) if p.profile.has_ocsp else (),
        () if p.profile.role is Role.ROOT else (p.places.certificate(slug),),
    )
    if (p.tbs.crl_urls, p.tbs.ocsp_urls, p.tbs.issuer_urls) != expected:
        raise LintFailed(
            "addresses",
            "RFC 5280 4.2.1.13, 4.2.2.1",
            "撤销信息地址不对",
            "the addresses of status information are wrong",
        )


def check_numbering(p: Proposal) -> None:
    """Identity extensions stand under the arcs of one edition, the profile's."""
    arcs = ARCS[p.profile.numbering]
    if any(one.oid in IDENTITY_ARCS and one.oid not in arcs for one in p.tbs.extensions):
        raise LintFailed(
            "numbering",
            "GB/T 20518-2018 5.2.4.3; GM/T 0015-2023",
            "身份标识的对象标识符不是模板规定的版本",
            "an identity extension stands under an arc of another edition",
        )


def check_identity(p: Proposal) -> None:
    """Only the numbers the profile allows, at most one IdentifyCode, and each with a right check character."""
    identity = identity_of(p.tbs)
    if identity == NO_IDENTITY and not p.profile.needs_identity and not p.profile.identities:
        return
    given = {name for name in IdentityExtensions.__slots__ if getattr(identity, name) is not None}
    if not p.profile.identities <= given:
        raise LintFailed(
            "identity",
            "GB/T 20518 5.2.4.3",
            "缺少该模板必需的身份标识",
            "an identity number the profile needs is missing",
        )
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

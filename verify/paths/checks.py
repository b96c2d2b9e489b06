"""What each certificate of a path must satisfy (证书逐项检查), one clause a function: RFC 5280 6.1.3 to 6.1.5.

`BASIC` is asked of every certificate below the anchor, `ISSUING` of those that stand above another one. Each check
returns (sub-indication, finding) pairs; none means nothing to object. Times and revocation are in `timing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ca import oids
from ca.reading import Certificate, KeyUsage
from foundation.der import DerError
from verify.paths.faults import Failures, about, constraint
from verify.paths.inquiry import Inquiry
from verify.paths.names import same_name
from verify.paths.policies import Graph, agreed
from verify.paths.state import PathRules, State, mappings_of, policy_constraints
from verify.paths.subtrees import NotPermitted
from verify.report import Finding, Severity, Sub

PROCESSED = frozenset(
    {
        oids.KEY_USAGE,
        oids.BASIC_CONSTRAINTS,
        oids.EXTENDED_KEY_USAGE,
        oids.SUBJECT_ALT_NAME,
        oids.SUBJECT_KEY_ID,
        oids.AUTHORITY_KEY_ID,
        oids.CERTIFICATE_POLICIES,
        oids.POLICY_MAPPINGS,
        oids.POLICY_CONSTRAINTS,
        oids.INHIBIT_ANY_POLICY,
        oids.NAME_CONSTRAINTS,
        oids.CRL_DISTRIBUTION_POINTS,
        oids.FRESHEST_CRL,
        oids.AUTHORITY_INFO_ACCESS,
        oids.OCSP_NO_CHECK,
    }
)


@dataclass(frozen=True, slots=True)
class Step:
    """One certificate, the one above it, and the state reached there."""

    certificate: Certificate
    issuer: Certificate
    state: State
    graph: Graph | None
    """The policies that reach this certificate (6.1.3 (d), (e)), already without what it does not state."""
    final: bool
    asked: PathRules
    wanted: frozenset[str] | None
    inquiry: Inquiry


def next_graph(certificate: Certificate, state: State, *, final: bool) -> Graph | None:
    """6.1.3 (d) and (e)."""
    if state.graph is None or not certificate.policies:
        return None
    any_allowed = state.inhibit_any > 0 or (not final and certificate.self_issued)
    return state.graph.descend(certificate.policies, any_allowed=any_allowed)


# --- every certificate: 6.1.3 ----------------------------------------------------------------------------------------


def check_signature(step: Step) -> Failures:
    """(a)(1): signed with the working public key. Already known from building, except for inherited parameters."""
    if step.inquiry.signatures.certificate(step.state.spki, step.certificate):
        return []
    text = ("签名与其签发者的密钥不符", "it was not signed with its issuer's key")
    return [constraint("certificate.signature", step.certificate, *text)]


def check_issuer(step: Step) -> Failures:
    """(a)(4): the names chain."""
    if same_name(step.certificate.issuer.raw, step.issuer.subject.raw):
        return []
    text = ("签发者名称与上级证书不符", "its issuer's name is not that of the certificate above it")
    return [constraint("certificate.name_chaining", step.certificate, *text)]


_NAMES = {
    "permitted": (
        "certificate.name_not_permitted",
        "名称不在上级 CA 获准的范围内",
        "a CA above it may not certify its name",
    ),
    "excluded": ("certificate.name_excluded", "名称属于上级 CA 被禁止的范围", "its name is excluded by a CA above it"),
    "unsupported": (
        "certificate.name_unsupported",
        "名称受上级 CA 约束，但无法判断",
        "a CA above it constrains names of a kind that cannot be judged",
    ),
}


def check_names(step: Step) -> Failures:
    """(b) and (c): within the name constraints; self-issued certificates on the way are free."""
    if step.certificate.self_issued and not step.final:
        return []
    try:
        step.state.subtrees.check(step.certificate, step.inquiry.budget)
    except NotPermitted as error:
        code, zh, en = _NAMES[error.how]
        return [constraint(code, step.certificate, zh, en)]
    return []


def check_policies(step: Step) -> Failures:
    """(f), and for the last one 6.1.5 (a), (b), (g): where a policy is demanded, one must be left."""
    explicit, left = step.state.explicit_policy, step.graph is not None
    if step.final:
        explicit = 0 if policy_constraints(step.certificate).require_explicit == 0 else max(explicit - 1, 0)
        left = bool(agreed(step.graph, step.wanted))
    if explicit > 0 or left:
        return []
    text = ("不符合所要求的证书策略", "it does not keep to a certificate policy that is demanded")
    return [constraint("certificate.policy", step.certificate, *text)]


def check_algorithm(step: Step) -> Failures:
    """EN 319 102-1 5.2.8: nobody relies on a signature that can be forged."""
    scheme = step.certificate.scheme
    if step.asked.allow_weak or (scheme is not None and not scheme.weak):
        return []
    text = ("使用了已不安全的算法", "it is signed with an algorithm that is no longer safe")
    return [
        (
            Sub.CRYPTO_CONSTRAINTS_FAILURE,
            about("certificate.weak_algorithm", Severity.UNKNOWN, step.certificate, *text),
        )
    ]


# --- those above another: 6.1.4 --------------------------------------------------------------------------------------


def check_mappings(step: Step) -> Failures:
    """(a): anyPolicy is neither mapped from nor to."""
    found = mappings_of(step.certificate)
    if oids.ANY_POLICY not in found and not any(oids.ANY_POLICY in others for others in found.values()):
        return []
    text = ("把“任意策略”用于策略映射", "it maps anyPolicy")
    return [constraint("certificate.policy_mapping", step.certificate, *text)]


def check_authority(certificate: Certificate) -> Failures:
    """(k): a CA, of version 3."""
    if certificate.is_ca and certificate.version == 3:
        return []
    text = ("不是 CA 证书，却签发了证书", "it is no CA certificate, yet it issued one")
    return [constraint("certificate.not_a_ca", certificate, *text)]


def check_may_certify(certificate: Certificate) -> Failures:
    """(n): its key may sign certificates."""
    if certificate.allows(KeyUsage.KEY_CERT_SIGN):
        return []
    text = ("密钥用法不允许签发证书，却签发了证书", "its key usage does not allow the certificates it issued")
    return [constraint("certificate.may_not_certify", certificate, *text)]


def check_length(step: Step) -> Failures:
    """(l): no more certificates than a CA above allows; self-issued ones do not count."""
    if step.certificate.self_issued or step.state.max_path > 0:
        return []
    text = ("证书路径超过上级 CA 允许的长度", "the path is longer than a CA above it allows")
    return [constraint("certificate.path_length", step.certificate, *text)]


def check_purposes(step: Step) -> Failures:
    """A CA limited to some purposes passes no others on: what every verifier does, beyond RFC 5280."""
    above, own = set(step.issuer.eku), set(step.certificate.eku)
    limited = above and oids.ANY_EXTENDED_KEY_USAGE not in above and step.issuer.is_ca
    if not limited or own <= above:
        return []
    text = ("用途超出签发它的 CA 的用途范围", "its purpose is beyond those of the CA that issued it")
    return [constraint("certificate.purpose", step.certificate, *text)]


def check_critical(certificate: Certificate) -> Failures:
    """6.1.4 (o), 6.1.5 (f): nothing critical that is not understood."""
    unknown = [e.oid for e in certificate.extensions if e.critical and e.oid not in PROCESSED]
    if not unknown:
        return []
    zh, en = f"含有无法处理的关键扩展项 {unknown[0]}", f"critical extension {unknown[0]} is not understood"
    return [constraint("certificate.critical_extension", certificate, zh, en)]


Check = Callable[[Step], Failures]

BASIC: tuple[Check, ...] = (
    check_signature,
    check_issuer,
    check_names,
    check_policies,
    check_algorithm,
    check_purposes,
    lambda step: check_critical(step.certificate),
)
ISSUING: tuple[Check, ...] = (
    check_mappings,
    check_length,
    lambda step: check_authority(step.certificate),
    lambda step: check_may_certify(step.certificate),
)


def run(checks: tuple[Check, ...], step: Step) -> Failures:
    """All of them; a part of the certificate that cannot be read is one more objection."""
    failures: Failures = []
    for check in checks:
        try:
            failures += check(step)
        except DerError:
            failures += [malformed(step.certificate)]
    return list(dict.fromkeys(failures))


def malformed(certificate: Certificate) -> tuple[Sub, Finding]:
    text = ("含有无法解读的扩展项", "one of its extensions cannot be read")
    return constraint("certificate.malformed_extension", certificate, *text)

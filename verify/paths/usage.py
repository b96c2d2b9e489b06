"""What the key of a leaf may do (密钥用途), and what a root may vouch for: RFC 5280 4.2.1.3, RFC 3161 2.3."""

from __future__ import annotations

from ca import oids
from ca.reading import Certificate, KeyUsage
from verify.anchors import Use
from verify.paths.faults import Failures, constraint
from verify.trust import TrustStore


def check_scope(anchor: Certificate, trust: TrustStore, use: Use) -> Failures:
    if trust.may(anchor, use):
        return []
    text = ("该根证书未被授权用于此用途", "the root is not trusted for this use")
    return [constraint("certificate.anchor_scope", anchor, *text)]


def check_leaf(leaf: Certificate, use: Use) -> Failures:
    """What the end-entity key may do (RFC 5280 4.2.1.3, RFC 3161 2.3)."""
    if use is Use.CERTIFICATE:
        return []
    if leaf.is_ca:
        return [constraint("certificate.ca_as_signer", leaf, "CA 证书不得用于签章", "a CA certificate must not seal")]
    signs = leaf.allows(KeyUsage.DIGITAL_SIGNATURE) or leaf.allows(KeyUsage.NON_REPUDIATION)
    stamping = oids.TIME_STAMPING in leaf.eku
    if use is Use.TIMESTAMP:
        extension = leaf.find(oids.EXTENDED_KEY_USAGE)
        fit = signs and leaf.eku == (oids.TIME_STAMPING,) and extension is not None and extension.critical
    else:
        fit = signs and not stamping and oids.OCSP_SIGNING not in leaf.eku
    if fit:
        return []
    return [constraint("certificate.wrong_usage", leaf, "密钥用法不允许此用途", "its key usage does not allow this")]
